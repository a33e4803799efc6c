import { OuroborosError } from '@ouroboros/model';
import type { IpcpInfo, Management } from '@ouroboros/ports';
import { compareNames } from './ipcp-types.js';
import { unknownIpcp } from './select-ipcps.js';

/**
 * The resource information base as one tree: the top holds the IPCPs, below each stands what it offers.
 * [spec/wire-control.md §9]
 */
interface RibPath {
  readonly ipcp: string;
  /** Inside the IPCP; empty = its top. */
  readonly path: string;
}

/** Names of IPCPs may hold a slash: the longest name that fits wins. */
function splitPath(path: string, ipcps: readonly IpcpInfo[]): RibPath {
  const fits = ipcps.map((ipcp) => ipcp.name).filter((name) => path === name || path.startsWith(`${name}/`));
  const ipcp = fits.sort((a, b) => b.length - a.length)[0];
  if (ipcp === undefined) throw unknownIpcp(path.split('/')[0]!, ipcps, 'path');
  return { ipcp, path: path.slice(ipcp.length + 1) };
}

const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, '');

/** Entries below `path`; empty = the names of the IPCPs. @throws OuroborosError ENAME, ENOENT */
export async function listRib(management: Management, path: string): Promise<readonly string[]> {
  const ipcps = [...(await management.ipcpList())].sort(compareNames);
  const trimmed = trimSlashes(path);
  if (trimmed === '') return ipcps.map((ipcp) => ipcp.name);
  const at = splitPath(trimmed, ipcps);
  return management.ribList(at.ipcp, at.path);
}

/** Content of the entry `<ipcp>/<path>`. @throws OuroborosError EINVAL, ENAME, ENOENT */
export async function readRib(management: Management, path: string): Promise<string> {
  const at = splitPath(trimSlashes(path), await management.ipcpList());
  if (at.path === '')
    throw new OuroborosError('EINVAL', `path "${path}" is an IPCP, not an entry: give <ipcp>/<path>`, {
      field: 'path',
    });
  return management.ribRead(at.ipcp, at.path);
}
