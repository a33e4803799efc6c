import type { Caller } from '@ouroboros/registry';
import type {
  ChannelHost,
  CryptoSuite,
  DatagramAnswer,
  DatagramNetwork,
  DatagramPort,
  DatagramQuestion,
  EthernetNetwork,
  EthernetPort,
  Logger,
} from '@ouroboros/ports';
import type { MemoryChannelHost } from './memory-channel.js';
import type { ProcessClock } from './process-clock.js';
import type { SeededRandom } from './seeded-random.js';

/** What a simulated process is made from. */
export interface ProcessParts {
  readonly pid: number;
  readonly uid: number;
  /** Absolute path of what runs. */
  readonly program: string;
  readonly clock: ProcessClock;
  readonly random: SeededRandom;
  /** Loads the cryptography of encrypted flows. */
  readonly crypto: () => Promise<CryptoSuite>;
  readonly logger: Logger;
  readonly channels: MemoryChannelHost;
  readonly datagrams: DatagramNetwork;
  readonly ethernet: EthernetNetwork;
}

/** How a process ended: `code` null when a signal ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One process of a simulated node: its clock, channels, sockets and streams end when it ends. */
export class SimProcess {
  readonly pid: number;
  readonly program: string;
  readonly clock: ProcessClock;
  readonly random: SeededRandom;
  readonly crypto: () => Promise<CryptoSuite>;
  readonly logger: Logger;
  readonly datagrams: DatagramNetwork;
  readonly ethernet: EthernetNetwork;
  readonly caller: Caller;
  /** What SIGTERM does; by default it ends the process. */
  onTerminate: () => void = () => this.end({ code: null, signal: 'SIGTERM' });
  /** Called once, when the process has ended. */
  onEnd: ((end: ProcessEnd) => void) | null = null;
  private readonly memory: MemoryChannelHost;
  private readonly sockets: DatagramPort[] = [];
  private readonly devices: EthernetPort[] = [];
  private readonly endings: (() => void)[] = [];
  private ended = false;

  constructor(parts: ProcessParts) {
    const { pid, uid, program, clock, random, crypto, logger, channels, datagrams, ethernet } = parts;
    this.pid = pid;
    this.program = program;
    this.clock = clock;
    this.random = random;
    this.crypto = crypto;
    this.logger = logger;
    this.memory = channels;
    this.caller = { pid, uid, gid: uid };
    this.datagrams = {
      bind: (address, port) => this.bind(datagrams, address, port),
      ask: (question) => this.ask(datagrams, question),
    };
    this.ethernet = { open: (device, protocol) => this.open(ethernet, device, protocol) };
  }

  get channels(): ChannelHost {
    return this.memory;
  }

  get alive(): boolean {
    return !this.ended;
  }

  /** Something of the process that ends with it. */
  also(ending: () => void): void {
    this.endings.push(ending);
  }

  /** The process is no more from now on: no goodbye to anybody, nothing of it runs again. */
  end(how: ProcessEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.clock.stop();
    this.memory.crash();
    for (const socket of this.sockets) {
      socket.onDatagram = null;
      socket.close();
    }
    for (const device of this.devices) {
      device.onFrame = null;
      device.onLink = null;
      device.close();
    }
    for (const ending of this.endings) ending();
    this.onEnd?.(how);
  }

  private async bind(network: DatagramNetwork, address: string, port: number): Promise<DatagramPort> {
    const socket = await network.bind(address, port);
    this.sockets.push(socket);
    return socket;
  }

  private async open(network: EthernetNetwork, name: string, protocol: number | 'llc'): Promise<EthernetPort> {
    const device = await network.open(name, protocol);
    this.devices.push(device);
    return device;
  }

  /** A process that has ended hears no answer. */
  private ask(network: DatagramNetwork, question: DatagramQuestion): Promise<DatagramAnswer> {
    return new Promise((resolve) => {
      void network.ask(question).then((answer) => {
        if (!this.ended) resolve(answer);
      });
    });
  }
}
