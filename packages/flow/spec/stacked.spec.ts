/** Two whole stacks with a path between them, in virtual time; no tests here. */
import { loadCrypto } from '@ouroboros/crypto';
import { EMPTY_BYTES, QOS_RAW, type QosSpec } from '@ouroboros/model';
import type { CryptoSuite, FlowCrypto } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import { FlowStack } from '../src/stack/flow-stack.js';
import { Path, type PathConditions, type PathEnd } from './path.spec.js';

export const ALL_OURS = OapFeature.FRAMES | OapFeature.FRCP_SELECTIVE | OapFeature.PROTECTION;
/** Like QOS_DATA and QOS_BEST_EFFORT, in what counts here. */
export const RELIABLE: Partial<QosSpec> = { inOrder: 1, loss: 0 };
export const ORDERED: Partial<QosSpec> = { inOrder: 1, loss: 1 };

export interface StackedOptions {
  readonly qos?: Partial<QosSpec>;
  readonly features?: number;
  readonly profile?: FlowCrypto['profile'];
  readonly cipher?: FlowCrypto['cipher'];
  readonly kemInBand?: boolean;
  readonly layer?: string;
  readonly conditions?: Partial<PathConditions>;
  readonly maxPacket?: number;
  readonly layerPacket?: number;
  readonly seed?: number;
}

const cryptoOf = ({ profile, cipher = 'aes-256-gcm', kemInBand = false }: StackedOptions): FlowCrypto | null =>
  profile === undefined
    ? null
    : { profile, cipher, kemInBand, secret: new Uint8Array(32).fill(7), kex: 'X25519', peer: '' };

export class Stacked {
  readonly path: Path;
  readonly near: FlowStack;
  readonly far: FlowStack;
  /** Empty packets that came, at both ends. */
  keepAlives = 0;
  /** What each end received. */
  readonly atFar: Uint8Array[] = [];
  readonly atNear: Uint8Array[] = [];

  private constructor(options: StackedOptions, suite: CryptoSuite) {
    this.path = new Path(options.conditions, options.maxPacket, options.seed);
    const build = (end: PathEnd, initiator: boolean): FlowStack =>
      new FlowStack(
        {
          qos: { ...QOS_RAW, ...options.qos },
          features: options.features ?? 0,
          crypto: cryptoOf(options),
          layer: options.layer ?? 'layer',
          layerPacket: options.layerPacket ?? 0,
          mplMs: 100,
        },
        end,
        {
          clock: this.path.clock,
          random: this.path.random.fork(),
          crypto: suite,
          initiator,
          watcher: {
            sent: () => undefined,
            received: () => undefined,
            keepAlive: () => (this.keepAlives += 1),
          },
        },
      );
    this.near = build(this.path.near, true);
    this.far = build(this.path.far, false);
  }

  static async open(options: StackedOptions): Promise<Stacked> {
    return new Stacked(options, await loadCrypto());
  }

  /** Both ends read whatever comes. */
  collect(): this {
    this.collectAt(this.far, this.atFar);
    this.collectAt(this.near, this.atNear);
    return this;
  }

  collectAt({ top }: FlowStack, got: Uint8Array[]): void {
    top.onReadable = () => {
      top.read(1000, (buffer, offset, length) => got.push(buffer.slice(offset, offset + length)) > 0);
    };
  }

  send(bytes: Uint8Array, from = this.near): string {
    return from.top.write(EMPTY_BYTES, 0, bytes, 0, bytes.length);
  }

  /** Sends all, waiting for room. */
  async sendAll(messages: readonly Uint8Array[], from = this.near): Promise<void> {
    for (const message of messages) {
      for (let patience = 0; this.send(message, from) === 'full'; patience += 1) {
        if (patience > 100_000) throw new Error('there was never room again');
        await this.path.run(1);
      }
    }
  }
}
