import { readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContextOptions, type Server, type TlsOptions } from 'node:tls';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';

/** What TLS shows and whom it believes, as paths of PEM files. */
export interface CertificateFiles {
  /** Own certificate and key; null where none is shown. */
  readonly own: { readonly cert: string; readonly key: string } | null;
  /** Authorities that the other side's certificate must come from; null: those of the system. */
  readonly ca: string | null;
  /** Revocation list of the authority; absent = nothing is revoked. */
  readonly crl?: string | null;
}

/** What the files hold now. EINVAL with the field of a file that can't be used. */
export function readCertificateFiles({ own, ca, crl = null }: CertificateFiles): SecureContextOptions {
  const options: SecureContextOptions = {
    minVersion: 'TLSv1.3',
    ...(ca !== null && { ca: contents('ca', ca) }),
    ...(crl !== null && { crl: contents('crl', crl) }),
    ...(own && { cert: contents('cert', own.cert), key: contents('key', own.key) }),
  };
  for (const [field, part] of [
    ['ca', { ca: options.ca }],
    ['crl', { crl: options.crl }],
    ['cert', { cert: options.cert }],
    ['key', { cert: options.cert, key: options.key }],
  ] as const) {
    attempt(field, 'holds nothing that TLS can use', () => createSecureContext(part));
  }
  return options;
}

/**
 * A TLS server that follows its files: what has changed counts from the next connection on; while they can't be used the
 * former contents hold. EINVAL as above.
 */
export function createTlsServer(
  files: CertificateFiles,
  options: TlsOptions,
  accept: (socket: Socket) => void,
): Server {
  let stamp = stampOf(files);
  const server = createServer({ ...readCertificateFiles(files), ...options }, accept);
  server.prependListener('connection', () => {
    const found = stampOf(files);
    if (found === stamp) return;
    stamp = found;
    try {
      server.setSecureContext(readCertificateFiles(files));
    } catch (thrown) {
      if (!(thrown instanceof OuroborosError)) throw thrown;
    }
  });
  return server;
}

/** Equal as long as none of the files has changed. */
const stampOf = ({ own, ca, crl }: CertificateFiles): string =>
  [own?.cert, own?.key, ca, crl].map((path) => (path ? fileStamp(path) : '')).join(' ');

function fileStamp(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino}.${found.size}.${found.mtimeNs}.${found.ctimeNs}` : 'absent';
}

const contents = (field: string, path: string): Buffer => attempt(field, 'cannot be read', () => readFileSync(path));

function attempt<T>(field: string, fault: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    const { message } = toOuroborosError(thrown);
    throw new OuroborosError('EINVAL', `${field}: the file ${fault}: ${message}`, { field, cause: thrown });
  }
}
