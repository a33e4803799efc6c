import type { PacketFlow } from '@ouroboros/flow';
import { MachineDriver } from '@ouroboros/machine';
import { EMPTY_BYTES, micros, type Address, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { OcepFeature, decodePeerExtension, encodePeerExtension, type Cep } from '@ouroboros/wire';
import { Liveness, type LinkCounts } from './liveness.js';

/** Two members of ours take a neighbour for silent after this, of a link that rests later; C's own limit is 120 s. */
export const SILENCE_LIMIT_MS = 500;
/**
 * How much more slowly a link is watched that carries nothing. The summaries of a Management flow come as often as its
 * probes would then, which therefore are never sent.
 */
const REST = { Management: 15, 'Data Transfer': 3 } as const;
/** Nobody can make us probe more often than 50 times a second. */
const LEAST_LIMIT_MS = 100;

/** What a member with these features (OcepFeature bits) says in the extension field of its OCEP messages. */
export const linkExtension = (features: number): Uint8Array =>
  encodePeerExtension({ version: 1, features: features | OcepFeature.LINKS_REST, keepaliveMs: SILENCE_LIMIT_MS });

export interface LinkEvents {
  /** Nothing was heard for the limit; the flow stays. */
  silent(link: Link): void;
  heard(link: Link): void;
  /** The flow ended. */
  down(link: Link): void;
}

/** A management or data-transfer flow to a neighbour, after OCEP. */
export class Link {
  readonly neighbor: Address;
  /** OcepFeature bits that the neighbour announced; 0 for a C neighbour. */
  readonly features: number;
  /** The neighbour is watched more closely than the flow's peer time-out. */
  readonly limitMs: number;
  silent = false;
  /** When it was made. */
  readonly since: Micros;
  private readonly liveness: Liveness;
  private readonly watch: MachineDriver<never, 'probe' | 'silent' | 'heard'>;

  constructor(
    readonly id: number,
    readonly component: 'Management' | 'Data Transfer',
    readonly flow: PacketFlow,
    peer: Cep,
    /** The name that was connected to; empty when the neighbour connected to us. */
    readonly dst: string,
    private readonly clock: Clock,
    private readonly events: LinkEvents,
  ) {
    this.neighbor = peer.address as Address;
    this.since = clock.now();
    const extension = peer.ext && decodePeerExtension(peer.ext);
    const { features = 0, keepaliveMs = 0 } = extension?.ok ? extension.value : {};
    this.features = features;
    this.limitMs = keepaliveMs > 0 ? Math.max(Math.min(keepaliveMs, SILENCE_LIMIT_MS), LEAST_LIMIT_MS) : 0;
    const rest = (features & OcepFeature.LINKS_REST) === 0 ? 1 : REST[component];
    this.liveness = new Liveness(this.limitMs, rest, this.counts(), clock.now());
    this.watch = new MachineDriver(this.liveness, clock, (output) => this.act(output));
    this.watch.start();
    flow.onDown = () => events.down(this);
  }

  /** Nothing was heard of the neighbour lately, though not for so long that the link counts as silent. */
  get quiet(): boolean {
    return this.limitMs > 0 && this.silentFor >= this.liveness.probesWithin(this.clock.now());
  }

  /** How long nothing was heard of the neighbour, keep-alives included. */
  get silentFor(): Micros {
    return micros(this.clock.now() - this.flow.heardAt);
  }

  send(bytes: Uint8Array): void {
    this.flow.send(EMPTY_BYTES, 0, bytes, 0, bytes.length);
  }

  close(): void {
    this.watch.stop();
    this.flow.onPacket = null;
    void this.flow.dealloc();
  }

  /** Members repair what a Management flow loses: news on it are no reason to watch it closely. */
  private counts(): LinkCounts {
    const { counters } = this.flow;
    return {
      received: () => counters.packetsReceived + counters.keepAlivesReceived,
      sent: () => counters.packetsSent + counters.keepAlivesSent,
      carried: () => (this.component === 'Management' ? 0 : counters.packetsSent + counters.packetsReceived),
    };
  }

  private act(output: 'probe' | 'silent' | 'heard'): void {
    if (output === 'probe') return this.send(EMPTY_BYTES);
    this.silent = output === 'silent';
    if (this.silent) this.events.silent(this);
    else this.events.heard(this);
  }
}
