import { OuroborosError, checkName, endpointText, toHex } from '@ouroboros/model';
import type { Irm } from '@ouroboros/irm';
import type { IpcpInfo } from '@ouroboros/ports';
import { joinServiceName } from './invite-layer.js';
import type { ShimType } from './shim-place.js';
import type { Step } from './steps.js';
import type { Destination } from './token.js';

export interface JoinOptions {
  readonly destination: Destination;
  /** As the user gave it: it stands in the command of the step that uses it. */
  readonly token: string;
  /** Name of the IPCP that is to be a member. */
  readonly member: string;
  /** How this host is in the layer below, as far as that must be said. */
  readonly own: OwnPlace;
}

export interface OwnPlace {
  /** Address, in a UDP layer. */
  readonly ip?: string | undefined;
  /** Interface, in a layer on Ethernet. */
  readonly dev?: string | undefined;
}

export interface JoiningHost {
  /** Whether the member has a certificate of the authority that the token names, or needs none. */
  readonly certified: boolean;
  /** Uses the token. */
  redeem(): Promise<unknown>;
}

/**
 * The way from a host that knows nothing of the layer to a member that is connected, as commands. ENAME and EEXIST where an IPCP of
 * this host is in the way.
 */
export async function joinSteps(irm: Irm, options: JoinOptions, host: JoiningHost): Promise<readonly Step[]> {
  const { destination, member, token } = options;
  checkName(member, '--name');
  const ipcps = await irm.listIpcps();
  const joined = memberOf(ipcps, options);
  return [
    below(irm, ipcps, options),
    {
      command: ['irm', 'invite', 'redeem', token, '--name', member],
      // Without an authority nothing but the membership tells that the token was used.
      done: destination.fingerprint === null ? joined : host.certified,
      run: () => host.redeem(),
    },
    {
      command: [
        'irm',
        'ipcp',
        'enroll',
        ...words({ type: destination.type, name: member, layer: destination.layer, dst: destination.member }),
        'autobind',
      ],
      done: joined,
      run: () => {
        const { type, layer, member: dst } = destination;
        return irm.enrollIpcp({ name: member, type, layer, dst, autobind: true });
      },
    },
    {
      command: ['irm', 'ipcp', 'connect', ...words({ name: member, dst: destination.member })],
      done: false,
      run: () => irm.connectIpcp({ name: member, dst: destination.member }),
    },
  ];
}

function memberOf(ipcps: readonly IpcpInfo[], { destination, member }: JoinOptions): boolean {
  const other = ipcps.find(
    ({ layer, type, name }) => layer === destination.layer && type === destination.type && name !== member,
  );
  if (other) {
    const text = `this host is in the layer "${destination.layer}" already, as ${other.name}: --name ${other.name} goes on from there`;
    throw new OuroborosError('EEXIST', text, { field: '--name' });
  }
  const own = ipcps.find(({ name }) => name === member);
  if (own === undefined || own.layer === '' || own.layer === destination.layer) return own?.layer === destination.layer;
  throw new OuroborosError('EEXIST', `IPCP "${member}" is in the layer "${own.layer}"`, { field: '--name' });
}

/** An IPCP of the layer below that is there is used as it is: it must find the inviting host by itself. */
function below(irm: Irm, ipcps: readonly IpcpInfo[], { destination, own }: JoinOptions): Step {
  const { shim } = destination;
  const known = ipcps.find((ipcp) => ipcp.type === shim.type && ipcp.layer === shim.layer);
  const taken = ipcps.some(({ name }) => name === shim.layer);
  const name = known?.name ?? (taken ? `${shim.layer}.${shim.type}` : shim.layer);
  const config = known ? {} : configOf(destination, own);
  return {
    command: ['irm', 'ipcp', 'bootstrap', ...words({ type: shim.type, name, layer: shim.layer, ...config })],
    done: known !== undefined,
    run: () => irm.bootstrapIpcp({ name, type: shim.type, layer: shim.layer, config }),
  };
}

function configOf({ shim, layer, member }: Destination, own: OwnPlace): Readonly<Record<string, string>> {
  const meant = OWN_PLACE[shim.type];
  const needless = (['ip', 'dev'] as const).find((key) => key !== meant && own[key] !== undefined);
  if (needless) throw fault(needless, `has no meaning over a layer of type ${shim.type}`);
  switch (shim.type) {
    case 'tcp':
      return { connect: endpointText(shim), ...(shim.pin && { tls: 'true', pin: toHex(shim.pin) }) };
    case 'eth-dix':
      return { dev: deviceOf(own), ethertype: `0x${shim.ethertype.toString(16)}` };
    case 'eth-llc':
      return { dev: deviceOf(own) };
    default: {
      const hosts = [joinServiceName(layer), member].map((one) => `${one}=${shim.host}`).join(',');
      return { ip: own.ip!, port: String(shim.port), hosts };
    }
  }
}

/** What a host must say of itself in a layer. */
const OWN_PLACE: Readonly<Record<ShimType, keyof OwnPlace | null>> = {
  ...{ udp4: 'ip', udp6: 'ip', tcp: null },
  ...{ 'eth-dix': 'dev', 'eth-llc': 'dev' },
};

function deviceOf({ dev }: OwnPlace): string {
  if (dev !== undefined) return dev;
  throw fault('dev', 'is required: the interface of this host that is on the segment of the inviting host');
}

const fault = (key: keyof OwnPlace, what: string): OuroborosError =>
  new OuroborosError('EINVAL', `--${key} ${what}`, { field: `--${key}` });

const words = (options: Readonly<Record<string, string>>): readonly string[] => Object.entries(options).flat();
