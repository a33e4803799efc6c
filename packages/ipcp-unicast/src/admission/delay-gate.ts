import { MachineDriver, type DriverClock } from '@ouroboros/machine';
import { QOS_RAW, qosCube, type Address, type QosCube } from '@ouroboros/model';
import type { AskedFlow } from '../instances/index.js';
import { PathDelays, type PathDelayConfig, type PathDelayInput, type PathDelayOutput } from './path-delays.js';
import { delayInWords } from './words.js';

export interface DelayGateHooks {
  send(to: Address, bytes: Uint8Array, cube: QosCube): void;
  greet(to: Address): void;
  /** The path is fast enough for what the flow asks, as far as anybody knows. */
  pass(asked: AskedFlow): void;
  /** The path is too slow; `lacking` says it in words. */
  refuse(asked: AskedFlow, lacking: string): void;
}

/** Stands before the flow allocator: a flow with a bounded delay waits here until the delay of its path is known. */
export class DelayGate {
  private readonly waiting = new Map<number, AskedFlow>();
  private readonly driver: MachineDriver<PathDelayInput, PathDelayOutput>;

  constructor(
    config: PathDelayConfig,
    clock: DriverClock,
    private readonly hooks: DelayGateHooks,
  ) {
    this.driver = new MachineDriver(new PathDelays(config), clock, (output) => this.act(output));
  }

  ask(asked: AskedFlow): void {
    const { id, to, request } = asked;
    const { delay: boundMs } = request.qos;
    if (boundMs === QOS_RAW.delay) return this.hooks.pass(asked);
    this.waiting.set(id, asked);
    this.driver.input({ kind: 'measure', id, to, cube: qosCube(request.qos), boundMs });
  }

  /** The flow is not wanted any more. Harmless when it does not wait. */
  giveUp(id: number): void {
    this.waiting.delete(id);
  }

  /** What the layer tells of paths and members. */
  learn(news: Exclude<PathDelayInput, { readonly kind: 'measure' }>): void {
    this.driver.input(news);
  }

  stop(): void {
    this.driver.stop();
  }

  private act(output: PathDelayOutput): void {
    if (output.kind === 'greet') this.hooks.greet(output.to);
    else if (output.kind === 'send') this.hooks.send(output.to, output.bytes, output.cube);
    else this.measured(output.id, output.delayMs);
  }

  private measured(id: number, delayMs: number | undefined): void {
    const asked = this.waiting.get(id);
    this.waiting.delete(id);
    if (!asked) return;
    const { delay } = asked.request.qos;
    if (delayMs === undefined || delayMs <= delay) this.hooks.pass(asked);
    else this.hooks.refuse(asked, delayInWords(delay, delayMs));
  }
}
