import { OuroborosError, checkName } from '@ouroboros/model';
import type { IpcpInfo, Management } from '@ouroboros/ports';
import { compareIpcps } from './ipcp-types.js';
import { selectIpcps, type IpcpPatterns, type SelectedIpcp } from './select-ipcps.js';

export interface RegistrationResult {
  /** IPCPs at which the name was registered or unregistered. */
  readonly ipcps: readonly IpcpInfo[];
  /** IPCPs that a wildcard or a layer also meant, but whose type has no directory. */
  readonly skipped: readonly IpcpInfo[];
}

type Step = (ipcp: IpcpInfo) => Promise<void>;

/**
 * Registers a name at every IPCP that fits; the name is created (spill) when it is new. All patterns are checked
 * before anything is done.
 */
export async function regName(
  management: Management,
  name: string,
  patterns: IpcpPatterns,
): Promise<RegistrationResult> {
  checkName(name, 'name');
  const selected = (await select(management, patterns)).filter(({ ipcp, byName }) => byName || ipcp.layer !== '');
  if (selected.length === 0)
    throw new OuroborosError('EIPCPSTATE', 'no IPCP that fits is in a layer yet', { field: 'ipcp' });
  return forEach(selected, (ipcp) => management.nameRegister(name, ipcp.name));
}

/** Unregisters a name: at IPCPs found by wildcard or layer only where it is registered. */
export async function unregName(
  management: Management,
  name: string,
  patterns: IpcpPatterns,
): Promise<RegistrationResult> {
  checkName(name, 'name');
  const selected = await select(management, patterns);
  const known = (await management.nameList()).find((info) => info.name === name);
  const targets = known
    ? selected.filter(({ ipcp, byName }) => byName || known.registered.includes(ipcp.name))
    : selected;
  if (targets.length === 0)
    throw new OuroborosError('ENAME', `name "${name}" is not registered at any IPCP that fits`, { field: 'name' });
  return forEach(targets, (ipcp) => management.nameUnregister(name, ipcp.name));
}

async function select(management: Management, patterns: IpcpPatterns): Promise<SelectedIpcp[]> {
  return selectIpcps(patterns, [...(await management.ipcpList())].sort(compareIpcps));
}

async function forEach(selected: readonly SelectedIpcp[], step: Step): Promise<RegistrationResult> {
  const ipcps: IpcpInfo[] = [];
  const skipped: IpcpInfo[] = [];
  for (const { ipcp, byName } of selected) {
    try {
      await step(ipcp);
      ipcps.push(ipcp);
    } catch (error) {
      if (byName || !isUnsupported(error) || skipped.length + 1 === selected.length) throw error;
      skipped.push(ipcp);
    }
  }
  return { ipcps, skipped };
}

const isUnsupported = (error: unknown): boolean => error instanceof OuroborosError && error.code === 'ENOTSUP';
