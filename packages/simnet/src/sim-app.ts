import { Flow } from '@ouroboros/flow';
import { QOS_RAW, type QosSpec } from '@ouroboros/model';
import type { CancelSignal } from '@ouroboros/ports';
import type { FlowAttachment } from './sim-attachment.js';
import type { SimProcess } from './sim-process.js';

export interface SimAllocOptions {
  readonly qos?: QosSpec;
  /** Default 20 s, as in the flow library. */
  readonly timeoutMs?: number;
  readonly signal?: CancelSignal;
}

export interface SimAcceptOptions {
  readonly timeoutMs?: number;
  readonly signal?: CancelSignal;
}

const ALLOC_TIMEOUT_MS = 20_000;

/** An application on a simulated node: the flow library, and a process that can die. */
export class SimApp {
  constructor(
    readonly process: SimProcess,
    private readonly attachment: FlowAttachment,
  ) {}

  get pid(): number {
    return this.process.pid;
  }

  async alloc(name: string, options: SimAllocOptions = {}): Promise<Flow> {
    const { qos = QOS_RAW, timeoutMs = ALLOC_TIMEOUT_MS, signal } = options;
    return new Flow(await this.attachment.host.alloc({ name, qos, timeoutMs }, signal), this.process.clock);
  }

  /** A flow to all processes that joined the broadcast layer. */
  async join(layer: string): Promise<Flow> {
    const request = { name: layer, timeoutMs: ALLOC_TIMEOUT_MS };
    return new Flow(await this.attachment.host.join(request), this.process.clock);
  }

  async accept({ timeoutMs = 0, signal }: SimAcceptOptions = {}): Promise<Flow> {
    return new Flow(await this.attachment.host.accept({ timeoutMs }, signal), this.process.clock);
  }

  /** Accepts flows as long as the process lives, and hands each to `served`. */
  serve(served: (flow: Flow) => void): void {
    void this.accept().then((flow) => {
      served(flow);
      this.serve(served);
    });
  }

  /** Serves by sending every packet back. */
  echo(): void {
    this.serve((flow) => void echoAll(flow));
  }

  /** Deallocates all flows and ends in order. */
  async close(): Promise<void> {
    await this.attachment.host.close();
    this.process.end({ code: 0, signal: null });
  }

  kill(): void {
    this.process.end({ code: null, signal: 'SIGKILL' });
  }
}

async function echoAll(flow: Flow): Promise<void> {
  for await (const packet of flow) {
    if (!(await flow.write(packet).then(yes, no))) break;
  }
  await flow.dealloc();
}

const yes = (): boolean => true;
/** The flow ended between a read and the write that answers it. */
const no = (): boolean => false;
