import type { PeerCertificate } from 'node:tls';

/** The first common name of a certificate's subject, by which it is known; empty when there is none. */
export function commonNameOf({ subject }: PeerCertificate): string {
  const names = subject?.CN as string | readonly string[] | undefined;
  return (typeof names === 'string' ? names : names?.[0]) ?? '';
}
