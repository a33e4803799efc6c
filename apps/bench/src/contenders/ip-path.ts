import { readFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { end, type Host } from '../hosts/index.js';
import type { ContenderSession, OneWayFigure, ProcessMemory, RoundTripFigure } from './contender.js';
import type { Daemons } from './daemons.js';
import { highestRate } from './highest-rate.js';
import { readTcpReport, readUdpReport, type UdpReport } from './iperf3-report.js';
import { readPings } from './ping-report.js';
import { says, succeeds } from './readiness.js';

export const IP_TOOLS = ['iperf3', 'ping'];

const START_LIMIT_MS = 5000;
/** Beyond the time that a run is to take. */
const GRACE_MS = 30_000;
const BUSY_LIMIT_MS = 2000;
const SEARCH_S = 0.2;
const PINGS = 1000;
/** How often iperf3 catches up with its rate; its 1 ms would be bursts that no socket holds. */
const PACING_US = 100;
/** As deep as the system allows: a receiver that has to wait for a processor is not to lose what it would have had time for. */
const SOCKET_BYTES = 4 * 1024 * 1024;

/** IP from one host to an address of another, be it through a tunnel or not, measured with iperf3 and ping. */
export class IpPath implements ContenderSession {
  private readonly rates = new Map<number, number>();

  private constructor(
    private readonly from: Host,
    private readonly address: string,
    private readonly server: ChildProcess,
    private readonly daemons?: Daemons,
  ) {}

  /** `daemons`: those of the tunnel, which end with the session. */
  static async open(from: Host, to: Host, address: string, daemons?: Daemons): Promise<IpPath> {
    const server = to.spawn(['iperf3', '--server', '--bind', address, '--forceflush'], { stdio: 'pipe' });
    await says(server, /listening/, START_LIMIT_MS);
    return new IpPath(from, address, server, daemons);
  }

  /** At the highest rate of which at most 1 % was lost, looked for at the first call for a size; whole seconds. */
  async oneWay(size: number, seconds: number): Promise<OneWayFigure> {
    const rate = this.rates.get(size) ?? (await highestRate((tried) => this.tryRate(size, tried)));
    this.rates.set(size, rate);
    const { receivedPerS, lostPercent } = await this.udp(size, rate, seconds, '--time', Math.ceil(seconds));
    return { packetsPerS: receivedPerS, gbitPerS: (receivedPerS * size * 8) / 1e9, lostPercent };
  }

  async tcp(seconds: number): Promise<{ readonly gbitPerS: number }> {
    return { gbitPerS: await this.iperf3(readTcpReport, seconds, '--time', String(Math.ceil(seconds))) };
  }

  /** From the process that asks and back to it (`-U`); back to back: the next goes out when the answer is there (`-A`). */
  async roundTrip(size: number, pace: 'back to back' | 2): Promise<RoundTripFigure> {
    const pacing = pace === 2 ? ['-i', String(pace / 1000)] : ['-A'];
    const words = ['ping', '-U', '-n', '-c', String(PINGS), '-s', String(size), ...pacing, this.address];
    return readPings(await this.from.run(words, GRACE_MS));
  }

  async memory(): Promise<ProcessMemory[]> {
    return this.daemons?.memory() ?? [];
  }

  async stop(): Promise<void> {
    await end(this.server);
    await this.daemons?.stop();
  }

  private tryRate(size: number, rate: number): Promise<UdpReport> {
    return this.udp(size, rate, SEARCH_S, '--blockcount', Math.ceil(rate * SEARCH_S));
  }

  private udp(size: number, rate: number, seconds: number, ...end: (string | number)[]): Promise<UdpReport> {
    const pace = ['--bitrate', Math.round(rate * size * 8), '--pacing-timer', PACING_US];
    const words = ['--length', size, '--window', socketBytes(), ...pace, ...end];
    return this.iperf3(readUdpReport, seconds, '--udp', ...words.map(String));
  }

  /** Again, when the server is not done with the last run. */
  private iperf3<T>(read: (json: string) => T, seconds: number, ...words: readonly string[]): Promise<T> {
    const argv = ['iperf3', '--client', this.address, '--json', ...words];
    return succeeds(async () => read(await this.from.run(argv, seconds * 1000 + GRACE_MS)), BUSY_LIMIT_MS);
  }
}

function socketBytes(): number {
  const limits = ['rmem_max', 'wmem_max'].map((name) => Number(readFileSync(`/proc/sys/net/core/${name}`, 'latin1')));
  return Math.min(SOCKET_BYTES, ...limits);
}
