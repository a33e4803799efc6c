import { MachineDriver, type DriverClock } from '@ouroboros/machine';
import type { Address, QosCube } from '@ouroboros/model';
import { Tracer, type TraceInput, type TraceOutput, type TracerConfig, type TraceStep } from './tracer.js';

type Names = ReadonlyMap<Address, string>;

/** Traces of a member as promises. */
export class Traces {
  private readonly tracer: Tracer;
  private readonly driver: MachineDriver<TraceInput, TraceOutput>;
  private readonly traced = new Map<number, (steps: readonly TraceStep[]) => void>();
  private readonly named = new Map<number, (names: Names) => void>();
  private lastId = 0;

  constructor(
    config: TracerConfig,
    clock: DriverClock,
    private readonly send: (to: Address, bytes: Uint8Array, cube: QosCube) => void,
  ) {
    this.tracer = new Tracer(config);
    this.driver = new MachineDriver(this.tracer, clock, (output) => this.act(output));
  }

  get counters(): Tracer['counters'] {
    return this.tracer.counters;
  }

  /** The members that packets of the cube pass, this one first. */
  to(member: Address, cube: QosCube): Promise<readonly TraceStep[]> {
    return new Promise((resolve) => {
      const id = (this.lastId += 1);
      this.traced.set(id, resolve);
      this.driver.input({ kind: 'trace', id, to: member, cube });
    });
  }

  /** Names of those members that answer. */
  names(members: readonly Address[]): Promise<Names> {
    return new Promise((resolve) => {
      const id = (this.lastId += 1);
      this.named.set(id, resolve);
      this.driver.input({ kind: 'who', id, members });
    });
  }

  message(bytes: Uint8Array): void {
    this.driver.input({ kind: 'message', bytes });
  }

  stop(): void {
    this.driver.stop();
  }

  private act(output: TraceOutput): void {
    switch (output.kind) {
      case 'send':
        return this.send(output.to, output.bytes, output.cube);
      case 'traced':
        this.traced.get(output.id)?.(output.steps);
        return void this.traced.delete(output.id);
      case 'named':
        this.named.get(output.id)?.(output.names);
        this.named.delete(output.id);
    }
  }
}
