import { OuroborosError, checkName, exitStatus, isShimType, toOuroborosError, type JsonObject } from '@ouroboros/model';
import { OPEN_POLICY, type IpcpInfo, type Management, type RestartPolicy, type SecurityPolicy } from '@ouroboros/ports';
import { checkType } from './ipcp-types.js';
import { unknownIpcp } from './select-ipcps.js';
import { hasWildcard, wildcardMatch } from './wildcard.js';

/** The configuration for the IPCP's package, or how to make it once the type of an existing IPCP is known. */
export type ConfigSource = JsonObject | ((type: string) => JsonObject);

export interface BootstrapOptions {
  /** Name of the IPCP; `*` is a wildcard over existing ones. */
  readonly name: string;
  readonly layer: string;
  /** Needed to create the IPCP; for a wildcard it narrows the choice. */
  readonly type?: string;
  /** Checked by the IPCP's own package; default empty. */
  readonly config?: ConfigSource;
  /** Bind the IPCP to its own and its layer's name; without effect for shims. Default false. */
  readonly autobind?: boolean;
  /** For an IPCP that is created; default `on-failure`. */
  readonly restart?: RestartPolicy;
  /** What flows over it must have, from before it joins. Default: as it is, for a new one as the node says. */
  readonly security?: Partial<SecurityPolicy>;
}

export interface EnrollOptions {
  /** Name of the IPCP; `*` is a wildcard over existing ones of the type. */
  readonly name: string;
  /** Enrollment in another layer fails. Empty or absent = any, then `dst` is required. */
  readonly layer?: string;
  /** A member's name or the layer's; default `layer`. */
  readonly dst?: string;
  /** Default `unicast`. */
  readonly type?: string;
  readonly config?: ConfigSource;
  /** Default false. */
  readonly autobind?: boolean;
  /** For an IPCP that is created; default `on-failure`. */
  readonly restart?: RestartPolicy;
  /** What flows over it must have, from before it joins. Default: as it is, for a new one as the node says. */
  readonly security?: Partial<SecurityPolicy>;
}

export interface StartedIpcp {
  readonly ipcp: IpcpInfo;
  /** False when the IPCP existed. */
  readonly created: boolean;
  /** Autobind was asked for, but the type has no use for it. */
  readonly autobindIgnored: boolean;
}

interface Start {
  readonly name: string;
  /** Type for a new IPCP, and what an existing one must have when the caller gave it. */
  readonly type: string | undefined;
  readonly typeIsDefault: boolean;
  readonly config: ConfigSource;
  readonly autobind: boolean;
  readonly restart: RestartPolicy | undefined;
  readonly security: SecurityPolicy | undefined;
  readonly join: (name: string, config: JsonObject, autobind: boolean) => Promise<IpcpInfo>;
}

/** Creates the IPCP where it is absent, then bootstraps it; an IPCP made here goes again when that fails. */
export async function bootstrapIpcp(management: Management, options: BootstrapOptions): Promise<StartedIpcp[]> {
  const { layer } = options;
  checkName(layer, 'layer');
  return startIpcps(management, {
    ...common(options),
    type: options.type,
    typeIsDefault: false,
    join: (name, config, autobind) => management.ipcpBootstrap({ name, layer, config, autobind }),
  });
}

/** Creates the IPCP where it is absent, then enrolls it; an IPCP made here goes again when that fails. */
export async function enrollIpcp(management: Management, options: EnrollOptions): Promise<StartedIpcp[]> {
  const layer = options.layer ?? '';
  const dst = options.dst ?? layer;
  if (dst === '')
    throw new OuroborosError('EINVAL', 'layer is required (or dst, to enroll in whatever layer it belongs to)', {
      field: 'layer',
    });
  checkName(dst, 'dst');
  return startIpcps(management, {
    ...common(options),
    type: options.type ?? 'unicast',
    typeIsDefault: options.type === undefined,
    join: (name, config, autobind) => management.ipcpEnroll({ name, dst, layer, config, autobind }),
  });
}

const common = (
  options: BootstrapOptions | EnrollOptions,
): Pick<Start, 'name' | 'config' | 'autobind' | 'restart' | 'security'> => ({
  name: options.name,
  config: options.config ?? {},
  autobind: options.autobind ?? false,
  restart: options.restart,
  security: options.security && { ...OPEN_POLICY, ...options.security },
});

async function startIpcps(management: Management, start: Start): Promise<StartedIpcp[]> {
  checkName(start.name, 'name');
  if (start.type !== undefined) checkType(start.type);
  const existing = await management.ipcpList();
  const targets = existingTargets(start, existing);
  if (targets.length === 0) return [await createAndStart(management, start, existing)];
  const started: StartedIpcp[] = [];
  for (const ipcp of targets) {
    if (start.security) await management.ipcpSecure(ipcp.name, start.security);
    started.push(await startOne(start, ipcp, false));
  }
  return started;
}

function existingTargets(start: Start, ipcps: readonly IpcpInfo[]): IpcpInfo[] {
  if (hasWildcard(start.name)) {
    return ipcps.filter((ipcp) => wildcardMatch(start.name, ipcp.name) && (start.type ?? ipcp.type) === ipcp.type);
  }
  const found = ipcps.filter((ipcp) => ipcp.name === start.name).slice(0, 1);
  for (const ipcp of found) refuseConflict(start, ipcp);
  return found;
}

/** Type and restart policy are given at creation: for an IPCP that exists, others would be silently without effect. */
function refuseConflict(start: Start, ipcp: IpcpInfo): void {
  if (!start.typeIsDefault && start.type !== undefined && start.type !== ipcp.type) {
    throw new OuroborosError('EEXIST', `IPCP "${ipcp.name}" exists and is of type ${ipcp.type}, not ${start.type}`, {
      field: 'type',
    });
  }
  if (start.restart !== undefined && start.restart !== ipcp.restart) {
    throw new OuroborosError(
      'EEXIST',
      `IPCP "${ipcp.name}" exists with restart ${ipcp.restart}; restart is set when an IPCP is created`,
      {
        field: 'restart',
      },
    );
  }
}

async function createAndStart(management: Management, start: Start, known: readonly IpcpInfo[]): Promise<StartedIpcp> {
  const { name, type, restart = 'on-failure', security } = start;
  if (hasWildcard(name)) throw unknownIpcp(name, known);
  if (type === undefined) {
    const unknown = unknownIpcp(name, known);
    throw new OuroborosError('ENAME', `${unknown.message} (give its type to create it)`, { field: 'name' });
  }
  // A configuration that cannot be made must not leave a process behind.
  const config = configOf(start.config, type);
  const ipcp = await management.ipcpCreate({ name, type, restart, ...(security && { security }) });
  try {
    return await startOne({ ...start, config }, ipcp, true);
  } catch (error) {
    // Somebody else who made the same IPCP at the same time has another use for it: then it stays.
    // The first error is the one to report; an IPCP that cannot be destroyed now shows in the list.
    if (!isConflict(error)) await management.ipcpDestroy(name).catch(() => undefined);
    throw error;
  }
}

const isConflict = (error: unknown): boolean => exitStatus(toOuroborosError(error).code) === exitStatus('EEXIST');

async function startOne(start: Start, ipcp: IpcpInfo, created: boolean): Promise<StartedIpcp> {
  const autobindIgnored = start.autobind && isShimType(ipcp.type);
  const joined = await start.join(ipcp.name, configOf(start.config, ipcp.type), start.autobind && !autobindIgnored);
  return { ipcp: joined, created, autobindIgnored };
}

const configOf = (source: ConfigSource, type: string): JsonObject =>
  typeof source === 'function' ? source(type) : source;
