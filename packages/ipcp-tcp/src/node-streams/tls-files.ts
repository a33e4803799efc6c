import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { TlsFiles } from '../stream-network.js';

/** What the files hold now. EINVAL with the field of a file that can't be used. */
export function readTlsFiles({ own, ca }: TlsFiles): SecureContextOptions {
  const options: SecureContextOptions = {
    minVersion: 'TLSv1.3',
    ...(ca !== null && { ca: contents('ca', ca) }),
    ...(own && { cert: contents('cert', own.cert), key: contents('key', own.key) }),
  };
  for (const [field, part] of [
    ['ca', { ca: options.ca }],
    ['cert', { cert: options.cert }],
    ['key', { cert: options.cert, key: options.key }],
  ] as const) {
    attempt(field, 'holds nothing that TLS can use', () => createSecureContext(part));
  }
  return options;
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
