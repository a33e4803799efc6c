import type { Server } from 'node:net';
import { endpointText, OuroborosError, toOuroborosError, type Endpoint } from '@ouroboros/model';

/**
 * Makes a TCP or TLS server listen. EINVAL for an address that is not local, EEXIST for a port in use, EACCES; field
 * `listen`. A connection that cannot be accepted later is no error: it comes again.
 */
export function listenTcp(server: Server, at: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error) => reject(listenError(error, endpointText(at))));
    server.listen(at.port, at.host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, place: string): OuroborosError {
  const field = 'listen';
  const { code } = error;
  if (code === 'EADDRINUSE')
    return new OuroborosError('EEXIST', `TCP ${place} is in use by another process`, { field, cause: error });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new OuroborosError('EINVAL', `listen: ${place} is not an address of this host`, { field, cause: error });
  if (code === 'EACCES')
    return new OuroborosError('EACCES', `no permission to listen at ${place}`, { field, cause: error });
  return toOuroborosError(error);
}
