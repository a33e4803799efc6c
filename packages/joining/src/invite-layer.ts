import {
  IPV6,
  OuroborosError,
  fromHex,
  isJsonObject,
  parseEndpoint,
  sameJson,
  type Endpoint,
  type JsonObject,
} from '@ouroboros/model';
import type { Irm } from '@ouroboros/irm';
import type { IpcpInfo, NameInfo } from '@ouroboros/ports';
import type { Step } from './steps.js';
import { SHIM_TYPES, isHost, type ShimPlace, type ShimType } from './shim-place.js';
import { MEMBER_TYPES, type Destination } from './token.js';

export interface InviteOptions {
  readonly layer: string;
  /** Where others reach this host: `HOST` or `HOST:PORT`; default: the address of the IPCP below. */
  readonly address?: string;
  /** The IPCP below; default: the one at which the member is registered, else the only one. */
  readonly over?: string;
}

/** From where a layer can be joined, and what is to be told of it. */
export interface Invitable {
  readonly member: IpcpInfo;
  readonly shim: IpcpInfo;
  readonly destination: Omit<Destination, 'fingerprint'>;
  readonly warnings: readonly string[];
}

/** The name under which a host answers those that it invited to a layer. */
export const joinServiceName = (layer: string): string => `o7s.join.${layer}`;

/**
 * Finds out how a layer of this host can be joined. ENAME: this host is no member; EINVAL: not clear over which IPCP, or no address; ENOTSUP:
 * over none that a token can name.
 */
export async function findInvitable(irm: Irm, options: InviteOptions): Promise<Invitable> {
  const ipcps = await irm.listIpcps();
  const member = ipcps.find(({ layer, type }) => layer === options.layer && isMemberType(type));
  if (!member) throw new OuroborosError('ENAME', noMember(options.layer, ipcps), { field: 'layer' });
  const shim = shimOf(ipcps, await nameOf(irm, member.name), options.over);
  const place = await placeOf(irm, shim, options.address);
  const type = MEMBER_TYPES.find((one) => one === member.type)!;
  const destination = { shim: place, type, layer: options.layer, member: member.name };
  const warnings = 'host' in place && isLoopback(place.host) ? [LOOPBACK(place.host)] : [];
  return { member, shim, destination, warnings };
}

const isMemberType = (type: string): boolean => MEMBER_TYPES.some((one) => one === type);
const isInvitableShim = ({ type, layer }: IpcpInfo): boolean => SHIM_TYPES.some((one) => one === type) && layer !== '';

const LOOPBACK = (host: string): string =>
  `${host} is a loopback address: only this machine reaches it; --address gives the one that others reach`;

const isLoopback = (host: string): boolean => /^127\./.test(host) || host === '::1' || host === 'localhost';

function noMember(layer: string, ipcps: readonly IpcpInfo[]): string {
  const layers = ipcps.filter(({ type }) => isMemberType(type)).map((ipcp) => ipcp.layer);
  const known = [...new Set(layers.filter((one) => one !== ''))];
  const rest = known.length === 0 ? 'it is in none that others can enroll in' : `it is in ${known.join(', ')}`;
  return `this host is no member of a layer "${layer}": ${rest}`;
}

const nameOf = async (irm: Irm, name: string): Promise<NameInfo | undefined> =>
  (await irm.listNames()).find((one) => one.name === name);

function shimOf(ipcps: readonly IpcpInfo[], name: NameInfo | undefined, over: string | undefined): IpcpInfo {
  const all = ipcps.filter(isInvitableShim);
  if (over !== undefined) {
    const named = all.find((ipcp) => ipcp.name === over);
    if (named) return named;
    throw new OuroborosError('ENAME', `there is no IPCP "${over}" of type ${SHIM_TYPES.join(', ')} in a layer`, {
      field: '--over',
    });
  }
  const registered = all.filter((ipcp) => name?.registered.includes(ipcp.name));
  const [first, ...more] = registered.length > 0 ? registered : all;
  if (!first)
    throw new OuroborosError(
      'ENOTSUP',
      `a token leads over a layer of type ${SHIM_TYPES.join(', ')}: this host has none`,
    );
  if (more.length === 0) return first;
  const names = [first, ...more].map((ipcp) => ipcp.name).join(', ');
  throw new OuroborosError('EINVAL', `--over must be one of ${names}`, { field: '--over' });
}

/** Default port of UDP and TCP layers. */
const PORT = 3435;

async function placeOf(irm: Irm, shim: IpcpInfo, address: string | undefined): Promise<ShimPlace> {
  const type = shim.type as ShimType;
  const { layer } = shim;
  const { status } = await irm.showIpcp(shim.name);
  const facts = isJsonObject(status) ? status : {};
  if (type === 'eth-dix' || type === 'eth-llc') {
    if (address !== undefined) throw new OuroborosError('EINVAL', NO_ADDRESS, { field: '--address' });
    return type === 'eth-llc' ? { type, layer } : { type, layer, ethertype: Number(facts['ethertype']) };
  }
  const at = endpointOf(type, shim.name, facts, address);
  return type === 'tcp' ? { type, ...at, layer, pin: pinOf(shim.name, facts) } : { type, ...at, layer };
}

const NO_ADDRESS = '--address has no meaning on Ethernet: all hosts of the segment are asked for the names of this one';

/** The key that who joins is to expect in the certificate of this host; null: the layer has no TLS. */
function pinOf(shim: string, { tls, pin, callersCertified }: JsonObject): Uint8Array | null {
  if (tls !== true) return null;
  if (callersCertified === true) throw new OuroborosError('ENOTSUP', `${shim} ${CERTIFIED}`, { field: '--over' });
  if (typeof pin === 'string') return fromHex(pin);
  throw new OuroborosError('ENOTSUP', `${shim} has no certificate that can be read`, { field: '--over' });
}

const CERTIFIED =
  'takes TLS connections of hosts with a certificate only (ca), and a token cannot bring one before there is a connection';

function endpointOf(
  type: 'udp4' | 'udp6' | 'tcp',
  shim: string,
  facts: JsonObject,
  address: string | undefined,
): Endpoint {
  const listen = typeof facts['listen'] === 'string' ? parseEndpoint(facts['listen'], PORT) : undefined;
  const host = typeof facts['address'] === 'string' ? facts['address'] : (listen?.host ?? '');
  const port = typeof facts['port'] === 'number' ? facts['port'] : (listen?.port ?? PORT);
  const given = address === undefined ? { host, port } : readEndpoint(address, port);
  if (given && given.host !== '0.0.0.0' && given.host !== '::' && isHost(type, given.host)) return given;
  const text =
    address === undefined
      ? `${shim} does not say where others reach it: --address does`
      : `--address must be an address for type ${type}, with :PORT behind it if it is not ${port}; not "${address}"`;
  throw new OuroborosError('EINVAL', text, { field: '--address' });
}

/** Without a port an IPv6 address needs no brackets. */
const readEndpoint = (text: string, port: number): Endpoint | undefined =>
  IPV6.canonical(text) === undefined ? parseEndpoint(text, port) : { host: text, port };

export interface InvitingHost {
  /** The program `irm` and the arguments with which it answers those who join. */
  readonly program: string;
  readonly args: readonly string[];
  /** Set where an authority of this host stands behind the layer. */
  readonly authority: { readonly name: string; readonly certified: boolean; certify(): Promise<unknown> } | null;
}

/** What has to be so that others can join through this host. */
export async function inviteSteps(irm: Irm, { member, shim }: Invitable, host: InvitingHost): Promise<readonly Step[]> {
  const service = joinServiceName(member.layer);
  const names = await irm.listNames();
  const known = names.find(({ name }) => name === service);
  const own = names.find(({ name }) => name === member.name);
  const { program, args, authority } = host;
  const certify: Step[] = authority
    ? [
        {
          command: ['irm', 'pki', 'issue', member.name, 'member', '--authority', authority.name],
          done: authority.certified,
          run: () => authority.certify(),
        },
      ]
    : [];
  return [
    ...certify,
    {
      command: ['irm', 'bind', 'ipcp', member.name, 'name', member.name],
      done: own?.pids.includes(member.pid) ?? false,
      run: () => irm.bindIpcp(member.name, member.name),
    },
    registration(irm, own, member.name, shim),
    {
      command: ['irm', 'name', 'create', service, 'encryption', 'require'],
      done: known !== undefined,
      run: () => irm.createName(service, { balancing: 'round-robin', security: { encryption: 'require' } }),
    },
    {
      command: ['irm', 'bind', 'program', program, 'name', service, 'auto', '--', ...args],
      done:
        known?.programs.some(({ path, args: bound }) => path === program && sameJson([...bound], [...args])) ?? false,
      run: () => irm.bindProgram(program, service, { auto: true, args }),
    },
    registration(irm, known, service, shim),
  ];
}

const registration = (irm: Irm, known: NameInfo | undefined, name: string, shim: IpcpInfo): Step => ({
  command: ['irm', 'name', 'register', name, 'ipcp', shim.name],
  done: known?.registered.includes(shim.name) ?? false,
  run: () => irm.regName(name, { ipcps: [shim.name] }),
});
