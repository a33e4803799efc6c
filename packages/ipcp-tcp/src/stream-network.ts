/** Byte streams with an order and an end, as TCP and TLS give them: the port that Node and memory implement. */

import type { Endpoint } from '@ouroboros/model';

/** TLS with certificates from PEM files, which are read again when they have changed. */
export interface TlsFiles {
  /** Own certificate and key; null where a dialing member shows none. */
  readonly own: { readonly cert: string; readonly key: string } | null;
  /** Authorities that the other side's certificate must come from; null: those of the system, and callers need not show one. */
  readonly ca: string | null;
  /** Name that the certificate of a listening member must bear; null: the host that is dialed. */
  readonly name: string | null;
  /** Fingerprint of the key of the listening members that are dialed: it counts in place of authorities and names. Null: those count. */
  readonly pin: string | null;
}

export interface StreamConnection {
  /** Where the other side is, for people. */
  readonly remote: string;
  /**
   * Sends bytes, which belong to the connection from then on. False: enough waits to be sent; `onDrain` is called once when
   * there is room again. What is written in between is not lost, but held in memory.
   */
  write(bytes: Uint8Array): boolean;
  /** The bytes are valid during the call. Set in the turn in which the connection is handed over. */
  onData: ((bytes: Uint8Array) => void) | null;
  onDrain: (() => void) | null;
  /** The connection ended from the other side, or broke; called once, and not after `close`. */
  onEnd: ((why: string) => void) | null;
  /** Ends the connection; what was written is sent, if the other side takes it within a second. */
  close(): void;
}

export interface StreamListener {
  close(): void;
}

export interface StreamNetwork {
  /** Looks whether the files can be used. EINVAL with the field `cert`, `key` or `ca`. */
  check(tls: TlsFiles): Promise<void>;
  /** What others may demand as the `pin` of this member; null: it has no certificate, or none that can be read. */
  ownPin(tls: TlsFiles): string | null;
  /** Accepts connections. EINVAL for an address that is not local, EEXIST for a port in use, EACCES; field `listen`. */
  listen(
    at: Endpoint,
    tls: TlsFiles | null,
    onConnection: (connection: StreamConnection) => void,
  ): Promise<StreamListener>;
  /** Connects; over TLS with the certificate verified. Rejects with what went wrong, in words. */
  dial(to: Endpoint, tls: TlsFiles | null): Promise<StreamConnection>;
}
