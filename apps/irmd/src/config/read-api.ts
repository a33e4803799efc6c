import { resolve } from 'node:path';
import { parseEndpoint } from '@ouroboros/model';
import { REMOTE_PORT } from '@ouroboros/rpc';
import type { ApiSettings } from './configuration.js';
import { keyPath, type Fault } from './fault.js';
import { apiShape, readShape } from './shapes.js';

/** What reading `[api]` asks of the machine. */
interface ApiSurroundings {
  /** Folder that relative paths start from. */
  readonly folder: string;
  readonly isFile: (path: string) => boolean;
}

/** `[api]`; null where there is no such table, or one with faults. */
export function readApi(table: unknown, around: ApiSurroundings, faults: Fault[]): ApiSettings | null {
  if (table === undefined) return null;
  const given = readShape(apiShape, table, ['api'], faults);
  if (!given) return null;
  const fault = (key: string, message: string): void => void faults.push({ path: keyPath('api', key), message });
  const file = (key: 'certificate' | 'key' | 'authority' | 'revoked'): string => {
    const path = resolve(around.folder, given[key] ?? '');
    if (!around.isFile(path)) fault(key, `no file ${path}`);
    return path;
  };
  const listen = parseEndpoint(given.listen, REMOTE_PORT);
  if (!listen) fault('listen', `must be HOST:PORT, an IPv6 address in brackets; port ${REMOTE_PORT} may be left out`);
  if (given.read.length + given.operate.length === 0)
    fault('operate', 'nobody may use the API: name who may in operate or read');
  return {
    listen: listen ?? { host: '', port: 0 },
    ...{ certificate: file('certificate'), key: file('key'), authority: file('authority') },
    revoked: given.revoked === undefined ? null : file('revoked'),
    ...{ read: given.read, operate: given.operate },
  };
}
