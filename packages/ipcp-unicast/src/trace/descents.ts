import { MachineDriver, type DriverClock } from '@ouroboros/machine';
import type { Address, QosCube } from '@ouroboros/model';
import type { LayerBelow } from '@ouroboros/wire';
import {
  Descender,
  type DescenderConfig,
  type DescentAsked,
  type DescentInput,
  type DescentOutput,
} from './descender.js';

export interface DescentHooks {
  send(to: Address, bytes: Uint8Array, cube: QosCube): void;
  /** What another member is told; null: nothing. Never rejects. */
  look(asked: DescentAsked): Promise<LayerBelow | null>;
}

/** Descents of a member as promises. */
export class Descents {
  private readonly machine: Descender;
  private readonly driver: MachineDriver<DescentInput, DescentOutput>;
  private readonly asked = new Map<number, (below: LayerBelow | null) => void>();
  private lastId = 0;

  constructor(
    config: DescenderConfig,
    clock: DriverClock,
    private readonly hooks: DescentHooks,
  ) {
    this.machine = new Descender(config);
    this.driver = new MachineDriver(this.machine, clock, (output) => this.act(output));
  }

  get counters(): Descender['counters'] {
    return this.machine.counters;
  }

  /** What a link of another member is made of; null: that one does not tell, or not in time. */
  ask(member: Address, asked: DescentAsked): Promise<LayerBelow | null> {
    return new Promise((resolve) => {
      const id = (this.lastId += 1);
      this.asked.set(id, resolve);
      this.driver.input({ kind: 'ask', id, member, ...asked });
    });
  }

  message(bytes: Uint8Array): void {
    this.driver.input({ kind: 'message', bytes });
  }

  stop(): void {
    this.driver.stop();
  }

  private act(output: DescentOutput): void {
    switch (output.kind) {
      case 'send':
        return this.hooks.send(output.to, output.bytes, output.cube);
      case 'wanted':
        return void this.look(output);
      case 'told':
        this.asked.get(output.id)?.(output.below);
        this.asked.delete(output.id);
    }
  }

  private async look({ task, ...asked }: DescentOutput & { readonly kind: 'wanted' }): Promise<void> {
    this.driver.input({ kind: 'tell', task, below: await this.hooks.look(asked) });
  }
}
