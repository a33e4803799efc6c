import type { HostReports } from '@ouroboros/ipcp-kit';
import { fromMs, type Address, type QosCube } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { DT_EID_DESCENT, DT_EID_TRACE, type LayerBelow, type StepBelow, type TraceHop } from '@ouroboros/wire';
import type { DescentAsked } from './descender.js';
import { Descents, type DescentHooks } from './descents.js';
import { LinksBelow } from './links-below.js';
import type { TraceStep } from './tracer.js';
import { Traces } from './traces.js';

export interface WaysParts {
  readonly self: Address;
  readonly name: string;
  /** The layer of this member has authenticated members. */
  readonly authenticated: boolean;
  /** Other members are told what the links of this one are made of. */
  readonly tells: boolean;
  readonly random32: () => number;
  readonly clock: Clock;
  /** Other IPCPs of this host; null: they can't be asked. */
  readonly host: HostReports | null;
  /** How packets of the cube leave this member; undefined: no way. */
  readonly hopTo: (to: Address, cube: QosCube) => TraceHop | undefined;
  /** Id of the lower flow that is the link to a neighbour. */
  readonly lowerFlowTo: (neighbor: Address) => number | undefined;
  /** Members that packets pass from one member to another, as the link state says. */
  readonly path: (from: Address, to: Address) => readonly Address[];
  send(to: Address, eid: number, bytes: Uint8Array, cube: QosCube): void;
}

/** The ways of packets from this member, and what each hop is made of in the layers below. */
export class Ways {
  readonly traces: Traces;
  readonly descents: Descents;
  private readonly links: LinksBelow;

  constructor(private readonly parts: WaysParts) {
    const { clock, host } = parts;
    const send =
      (eid: number): DescentHooks['send'] =>
      (to, bytes, cube) =>
        parts.send(to, eid, bytes, cube);
    this.traces = new Traces(parts, clock, send(DT_EID_TRACE));
    this.links = new LinksBelow(host, clock);
    const look: DescentHooks['look'] = async (asked) => {
      const below = await this.ownLink(asked);
      return below && forMembers(below, parts.authenticated);
    };
    this.descents = new Descents(parts, clock, { send: send(DT_EID_DESCENT), look });
  }

  /** The members that packets of the cube pass, this one first, and so many ranks below each hop, as far as they are told in time. */
  async to(member: Address, cube: QosCube, ranks: number, patienceMs: number): Promise<readonly StepBelow[]> {
    const { clock } = this.parts;
    const end = clock.now() + fromMs(patienceMs);
    const steps = await this.traces.to(member, cube);
    const leftMs = Math.floor((end - clock.now()) / 1000);
    const asked = { cube, ranks, patienceMs: Math.max(0, leftMs) };
    return Promise.all(steps.map((step) => this.descend(step, asked)));
  }

  stop(): void {
    this.traces.stop();
    this.descents.stop();
  }

  private async descend(step: TraceStep, asked: Omit<DescentAsked, 'neighbor'>): Promise<StepBelow> {
    const { address, name = '', roundTrip, hop = null, tells } = step;
    const neighbor = hop?.next as Address;
    const below = hop && asked.ranks > 0 ? await this.below(address, tells, { ...asked, neighbor }) : null;
    return { address, name, roundTripMs: roundTrip / 1000, hop, below };
  }

  private async below(member: Address, tells: boolean, asked: DescentAsked): Promise<LayerBelow | null> {
    if (member === this.parts.self) return this.ownLink(asked);
    return tells ? this.descents.ask(member, asked) : null;
  }

  private async ownLink({ neighbor, ranks, patienceMs }: DescentAsked): Promise<LayerBelow | null> {
    const flowId = this.parts.lowerFlowTo(neighbor);
    return flowId === undefined ? null : this.links.of(flowId, ranks, patienceMs);
  }
}

/** A layer that demands authenticated members is told of only in layers that do so too. */
function forMembers(below: LayerBelow, authenticated: boolean): LayerBelow | null {
  if (below.authenticated && !authenticated) return null;
  const steps = below.steps.map((step) => ({ ...step, below: step.below && forMembers(step.below, authenticated) }));
  return { ...below, steps };
}
