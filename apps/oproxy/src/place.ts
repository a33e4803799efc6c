import type { AddressInfo } from 'node:net';
import { OuroborosError, endpointText, type Endpoint, type ErrorCode } from '@ouroboros/model';

const CODES: Readonly<Record<string, ErrorCode>> = { EADDRINUSE: 'EEXIST', EACCES: 'EACCES', EADDRNOTAVAIL: 'EINVAL' };

/** Why a local port cannot be listened on. EEXIST: in use; EACCES, EINVAL. */
export function listenFault(thrown: unknown, { host, port }: Endpoint): OuroborosError {
  const { code = '', message } = thrown as NodeJS.ErrnoException;
  const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on: ${message}`;
  return new OuroborosError(CODES[code] ?? 'EIO', `port ${port} of ${host} ${why}`, { cause: thrown });
}

/** `address:port`, as people write it. */
export const placeOf = ({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string =>
  endpointText({ host: address, port });
