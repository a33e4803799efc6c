import { OuroborosError, nearest } from '@ouroboros/model';
import type { IpcpInfo } from '@ouroboros/ports';
import { hasWildcard, wildcardMatch } from './wildcard.js';

/** "known here: a, b" or a near miss, for errors about a word that nothing answers to. */
export function knownWords(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  return known.length === 0 ? 'there are none' : `known here: ${known.slice(0, MOST_LISTED).join(', ')}`;
}

/** More would push the message itself off the screen. */
const MOST_LISTED = 12;

export function unknownIpcp(name: string, ipcps: readonly IpcpInfo[], field = 'name'): OuroborosError {
  const what = hasWildcard(name) ? `no IPCP matches "${name}"` : `IPCP "${name}" is unknown`;
  return new OuroborosError(
    'ENAME',
    `${what}: ${knownWords(
      name,
      ipcps.map((ipcp) => ipcp.name),
    )}`,
    { field },
  );
}

/** The IPCP of exactly that name. @throws OuroborosError ENAME */
export function ipcpNamed(name: string, ipcps: readonly IpcpInfo[]): IpcpInfo {
  const found = ipcps.find((ipcp) => ipcp.name === name);
  if (!found) throw unknownIpcp(name, ipcps);
  return found;
}

/** IPCPs by patterns of their names and of their layers. */
export interface IpcpPatterns {
  /** Names of IPCPs; `*` is a wildcard. */
  readonly ipcps?: readonly string[];
  /** Names of layers; `*` is a wildcard. IPCPs without a layer fit none. */
  readonly layers?: readonly string[];
}

export interface SelectedIpcp {
  readonly ipcp: IpcpInfo;
  /** Named outright, not found by its layer or a wildcard. */
  readonly byName: boolean;
}

/**
 * All IPCPs that fit at least one pattern, each once, in the order of `ipcps`.
 * @throws OuroborosError ENAME for a pattern that nothing fits, EINVAL when there is no pattern at all
 */
export function selectIpcps(patterns: IpcpPatterns, ipcps: readonly IpcpInfo[]): SelectedIpcp[] {
  const { ipcps: names = [], layers = [] } = patterns;
  if (names.length + layers.length === 0)
    throw new OuroborosError('EINVAL', 'an ipcp or a layer is required', { field: 'ipcp' });
  for (const name of names) {
    if (!ipcps.some((ipcp) => wildcardMatch(name, ipcp.name))) throw unknownIpcp(name, ipcps, 'ipcp');
  }
  for (const layer of layers) {
    if (!ipcps.some((ipcp) => inLayer(layer, ipcp))) throw unknownLayer(layer, ipcps);
  }
  return ipcps
    .filter(
      (ipcp) => names.some((name) => wildcardMatch(name, ipcp.name)) || layers.some((layer) => inLayer(layer, ipcp)),
    )
    .map((ipcp) => ({ ipcp, byName: names.includes(ipcp.name) }));
}

const inLayer = (pattern: string, ipcp: IpcpInfo): boolean => ipcp.layer !== '' && wildcardMatch(pattern, ipcp.layer);

function unknownLayer(layer: string, ipcps: readonly IpcpInfo[]): OuroborosError {
  const known = [...new Set(ipcps.map((ipcp) => ipcp.layer).filter((name) => name !== ''))];
  const what = hasWildcard(layer)
    ? `no layer of this host matches "${layer}"`
    : `layer "${layer}" is unknown at this host`;
  return new OuroborosError('ENAME', `${what}: ${knownWords(layer, known)}`, { field: 'layer' });
}
