import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binFolder } from '@ouroboros/demo';
import { noNamespaces, outputOf, type Hosts } from '../../hosts/index.js';
import type { Contender, ContenderSession, OneWayFigure, ProcessMemory, RoundTripFigure } from '../contender.js';
import { readPings } from '../ping-report.js';
import type { Received, Sent } from '../../programs/c-flow.js';
import { CNetwork, FLOOD, PING, type CPath } from './c-network.js';

const PINGS = 1000;
/** Beyond the time that a figure is to take: C's tools hang now and then. */
const GRACE_MS = 10_000;

/** Ouroboros C 0.23.0, where `OUROBOROS_C_PREFIX` says, with plain flows of raw QoS. */
export const OUROBOROS_C: readonly Contender[] = (['local', 'UDP', 'unicast'] as const).map((path) => ({
  title: `Ouroboros C 0.23.0, ${path}`,
  encrypted: false,
  missing: async () => notThere() ?? (await noNamespaces()),
  start: async (hosts, folder) => {
    const session = new CSession(path, hosts, folder);
    await session.ready();
    return session;
  },
}));

/**
 * One-way is written and counted by processes of ours that call C's library, as C has no program that sends; round trips are those of its oping. A flood
 * leaves some networks of C unable to answer, and some never do: what fails is tried once more in a fresh one.
 */
class CSession implements ContenderSession {
  private network: Promise<CNetwork> | undefined;

  constructor(
    private readonly path: CPath,
    private readonly hosts: Hosts,
    private readonly folder: string,
  ) {}

  ready(): Promise<CNetwork> {
    const start = (): Promise<CNetwork> => CNetwork.start(this.path, this.hosts.hosts, prefix()!, this.folder);
    return (this.network ??= start().catch(start));
  }

  oneWay(size: number, seconds: number): Promise<OneWayFigure> {
    return this.tried((network) => flood(network, size, seconds));
  }

  roundTrip(size: number, pace: 'back to back' | 2): Promise<RoundTripFigure> {
    const pacing = pace === 'back to back' ? ['--flood'] : ['--interval', String(pace)];
    return this.tried(async ({ client }) => {
      const words = ['-n', PING, '--count', String(PINGS), '--size', String(size), ...pacing];
      return readPings(await client.run([client.tool('oping'), ...words], GRACE_MS));
    });
  }

  async memory(): Promise<ProcessMemory[]> {
    return (await this.ready()).memory();
  }

  async stop(): Promise<void> {
    const network = this.network;
    this.network = undefined;
    await (await network?.catch(() => undefined))?.stop();
  }

  private async tried<T>(figure: (network: CNetwork) => Promise<T>): Promise<T> {
    const network = await this.ready();
    try {
      return await figure(network);
    } catch {
      await this.stop();
      return figure(await this.ready());
    }
  }
}

/** Written as fast as the flow takes packets. */
async function flood(network: CNetwork, size: number, seconds: number): Promise<OneWayFigure> {
  const { client, server } = network;
  const limitMs = seconds * 1000 + GRACE_MS;
  const receiver = server.start([process.execPath, cFlow(), 'receive', library()]);
  const counted = outputOf(receiver, limitMs);
  counted.catch(() => {});
  await server.bind(receiver, FLOOD);
  const words = ['send', library(), FLOOD, String(size), String(seconds)];
  const sent = JSON.parse(await client.run([process.execPath, cFlow(), ...words], limitMs)) as Sent;
  const { packets, spanMs } = JSON.parse(await counted) as Received;
  const packetsPerS = packets / (spanMs / 1000);
  return { packetsPerS, gbitPerS: (packetsPerS * size * 8) / 1e9, lostPercent: 100 * (1 - packets / sent.packets) };
}

const prefix = (): string | undefined => process.env['OUROBOROS_C_PREFIX'];
const library = (): string => join(prefix()!, 'lib', 'libouroboros-dev.so');
/** `npm run build` puts it there. */
const cFlow = (): string => join(dirname(dirname(binFolder())), 'apps', 'bench', 'bundle', 'c-flow.cjs');

function notThere(): string | null {
  if (prefix() === undefined) return 'OUROBOROS_C_PREFIX names no installation of Ouroboros C';
  const irmd = join(prefix()!, 'sbin', 'irmd');
  return existsSync(irmd) ? null : `no sbin/irmd below OUROBOROS_C_PREFIX ${prefix()}`;
}
