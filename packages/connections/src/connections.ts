import type { FlowDownEvent, FlowHost, PacketFlow } from '@ouroboros/flow';
import {
  OuroborosError,
  fromMs,
  fromSeconds,
  micros,
  QOS_RAW,
  toOuroborosError,
  type ErrorCode,
  type QosSpec,
} from '@ouroboros/model';
import { OcepAcceptor, type ComponentRecord } from '@ouroboros/enrollment';
import { sleep, type Clock, type Logger } from '@ouroboros/ports';
import { CEP_COMPONENTS, type Cep } from '@ouroboros/wire';
import { Backoff } from './backoff.js';
import { converse } from './converse.js';
import { Link, linkExtension } from './link.js';
import { checkMember, refusalOf, type MemberDemand } from './member-demand.js';
import { LostLinks } from './lost-links.js';
import { reach, type Established } from './reach.js';

export type LinkComponent = Link['component'];

export interface ConnectionEvents {
  linkUp(link: Link): void;
  /** Silent or heard again: `link.silent`. */
  linkChanged(link: Link): void;
  linkDown(link: Link): void;
  /**
   * A new member wants to enroll over this flow, or is to be refused; the flow is deallocated when the promise settles.
   */
  enrolling(flow: PacketFlow, refusal: ErrorCode | undefined): Promise<void>;
}

/** A connection that the operator asked for; it is made again whenever it is lost. */
interface Wanted {
  readonly dst: string;
  readonly component: LinkComponent;
  readonly qos: QosSpec;
  link: Link | null;
  /** Ends the waiting for, or the trying of, a new link. */
  cancelRetry: (() => void) | null;
}

/** A component that OCEP connects; its name is that of a link. */
export type LinkRecord = Omit<ComponentRecord, 'address' | 'ext'> & { readonly component: LinkComponent };

export interface ConnectionsParts {
  readonly flows: FlowHost;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What this member has to connect, besides Enrollment. */
  readonly components: readonly LinkRecord[];
  /** OcepFeature bits that neighbours are told of, and may announce. Null: says nothing of ours and hears nothing of it. */
  readonly features: number | null;
  /** What a layer demands of a flow to another member; null: nothing. */
  readonly demand?: MemberDemand | null;
}

/** A try to connect again; less than the longest pause between the beginnings of two, so that no cut outlasts its end by 2 s. */
const RETRY_TIMEOUT_MS = 1200;
/**
 * A wanted link that is silent for so long is made anew beside; the old one may yet come back. A silent link that the
 * neighbour made stays until its flow ends: after a cut it is heard again long before a new one could be made.
 */
const REPLACE_AFTER = fromSeconds(2);
/** A link that the neighbour ends right away, as it does not believe this member for example, is not made anew at once. */
const BRIEF = fromSeconds(1);
const AFTER_BRIEF = fromSeconds(1);
const ACCEPT_PAUSE = fromMs(200);

/** Connections between components of this member and of others. [spec/wire-control.md §1] */
export class Connections {
  readonly lost = new LostLinks();
  private readonly wanted = new Map<string, Wanted>();
  private readonly links = new Set<Link>();
  private readonly clock: Clock;
  private readonly logger: Logger;
  private nextId = 1;
  private stopped = false;
  private address = 0;

  constructor(
    private readonly parts: ConnectionsParts,
    private readonly events: ConnectionEvents,
  ) {
    this.clock = parts.clock;
    this.logger = parts.logger;
  }

  /** From now on neighbours can connect, and new members enroll. `address`: of this member, 0 in a layer without. */
  start(address: number): void {
    this.address = address;
    void this.acceptLoop();
  }

  stop(): void {
    this.stopped = true;
    for (const wanted of this.wanted.values()) wanted.cancelRetry?.();
    this.wanted.clear();
    for (const link of this.links) link.close();
    this.links.clear();
  }

  all(): readonly Link[] {
    return [...this.links];
  }

  /** Components of connections that are asked for and not there. */
  missing(): readonly LinkComponent[] {
    return [...this.wanted.values()].flatMap(({ link, component }) => (link === null ? [component] : []));
  }

  /** Success when the connection exists already. EIPCP, and what the allocation of a flow rejects with. */
  async connect(dst: string, component: LinkComponent, qos: QosSpec): Promise<void> {
    const key = `${component} ${dst}`;
    const known = this.wanted.get(key);
    if (known?.link && !known.link.silent) return;
    known?.cancelRetry?.();
    const wanted = known ?? { dst, component, qos, link: null, cancelRetry: null };
    const established = await this.reach(dst, component, qos);
    this.wanted.set(key, wanted);
    this.adopt(wanted, established);
  }

  /** A connection that is not made again when it is lost. EIPCP, and what the allocation of a flow rejects with. */
  async attach(dst: string, component: LinkComponent): Promise<Link> {
    const { flow, peer } = await this.reach(dst, component, QOS_RAW, RETRY_TIMEOUT_MS);
    if (!this.stopped) return this.add(component, flow, peer, dst);
    await flow.dealloc();
    throw new OuroborosError('ECANCELED', 'the member leaves the layer');
  }

  /** Ends a connection of `attach`. */
  end(link: Link): void {
    this.drop(link);
  }

  /** Ends all connections with a member; those that are wanted are tried again. */
  breakWith(address: number): void {
    for (const link of [...this.links]) if (link.neighbor === address) this.onDown(link);
  }

  /** Success without effect when there is no such connection, as in C. */
  disconnect(dst: string, component: LinkComponent): void {
    const key = `${component} ${dst}`;
    const wanted = this.wanted.get(key);
    this.wanted.delete(key);
    wanted?.cancelRetry?.();
    if (wanted?.link) this.drop(wanted.link);
    this.lost.unwanted(dst, component);
  }

  private async reach(dst: string, component: LinkComponent, qos: QosSpec, timeoutMs?: number): Promise<Established> {
    const own = this.record(component);
    const established = await reach(this.parts.flows, this.clock, { dst, own, qos, timeoutMs });
    try {
      this.checkAddress(own, established.peer);
      checkMember(this.parts.demand, established.flow, established.peer.address);
      return established;
    } catch (error) {
      await established.flow.dealloc();
      throw error;
    }
  }

  private checkAddress(own: ComponentRecord, peer: Cep): void {
    if (own.address === 0) return;
    if (peer.address === 0) throw new OuroborosError('EIPCP', 'the neighbour has no address');
    if (peer.address !== this.address) return;
    this.logger.log('error', 'a neighbour has the same address as this member', { address: this.address });
    throw new OuroborosError('EIPCP', 'the neighbour has the same address as this member');
  }

  private record(component: LinkComponent): ComponentRecord {
    const { components, features } = this.parts;
    const known = components.find((one) => one.component === component);
    if (!known) throw new OuroborosError('ENOTSUP', `no component ${component} here`, { field: 'component' });
    return { ...known, address: this.address, ext: features === null ? undefined : linkExtension(features) };
  }

  /** To who can be no member there is nothing but Enrollment, which says why. */
  private records(refusal: ErrorCode | undefined): ComponentRecord[] {
    if (refusal !== undefined) return [{ ...CEP_COMPONENTS.enrollment, address: 0 }];
    const links = this.parts.components.map(({ component }) => this.record(component));
    return [{ ...CEP_COMPONENTS.enrollment, address: 0 }, ...links];
  }

  private async acceptLoop(): Promise<void> {
    while (!this.stopped) {
      try {
        void this.welcome(await this.parts.flows.accept({ timeoutMs: 0 }));
      } catch (error) {
        if (this.stopped) return;
        this.logger.log('debug', 'accepting flows failed', { error: toOuroborosError(error).message });
        await sleep(this.clock, ACCEPT_PAUSE);
      }
    }
  }

  private async welcome(flow: PacketFlow): Promise<void> {
    try {
      const refusal = refusalOf(this.parts.demand, flow, this.logger);
      const { own, peer } = await converse(flow, new OcepAcceptor(this.records(refusal)), this.clock, (output) =>
        output.kind === 'done' ? output : undefined,
      );
      this.checkAddress(own, peer);
      if (own.component !== CEP_COMPONENTS.enrollment.component) {
        checkMember(this.parts.demand, flow, peer.address);
      }
      if (this.stopped) await flow.dealloc();
      else if (own.component === CEP_COMPONENTS.enrollment.component) {
        await this.events.enrolling(flow, refusal);
        await flow.dealloc();
      } else this.add(own.component as LinkComponent, flow, peer, '');
    } catch (error) {
      this.logger.log('info', 'a connection was not made', { error: toOuroborosError(error).message });
      await flow.dealloc();
    }
  }

  private add(component: LinkComponent, flow: PacketFlow, peer: Cep, dst: string): Link {
    const heard = this.parts.features === null ? { ...peer, ext: undefined } : peer;
    const link = new Link(this.nextId++, component, flow, heard, dst, this.clock, {
      silent: (one) => this.onSilent(one),
      heard: (one) => this.onHeard(one),
      down: (one) => this.onDown(one),
    });
    this.links.add(link);
    this.lost.back(link);
    this.events.linkUp(link);
    return link;
  }

  private adopt(wanted: Wanted, { flow, peer }: Established): void {
    if (wanted.link) this.drop(wanted.link);
    wanted.cancelRetry = null;
    wanted.link = this.add(wanted.component, flow, peer, wanted.dst);
  }

  private drop(link: Link): void {
    if (!this.links.delete(link)) return;
    link.close();
    this.events.linkDown(link);
  }

  private onSilent(link: Link): void {
    this.events.linkChanged(link);
    const wanted = this.wantedBy(link);
    if (wanted) this.retry(wanted, REPLACE_AFTER);
  }

  private onHeard(link: Link): void {
    const wanted = this.wantedBy(link);
    wanted?.cancelRetry?.();
    this.events.linkChanged(link);
  }

  private onDown(link: Link): void {
    const wanted = this.wantedBy(link);
    this.drop(link);
    const replaced = [...this.links].some((one) => one.neighbor === link.neighbor && one.component === link.component);
    if (!replaced) this.lost.lost(link, whyDown(link), this.clock.now());
    if (!wanted) return;
    wanted.link = null;
    const brief = this.clock.now() - link.since < BRIEF;
    this.retry(wanted, brief ? AFTER_BRIEF : micros(0));
  }

  private wantedBy(link: Link): Wanted | undefined {
    return [...this.wanted.values()].find((wanted) => wanted.link === link);
  }

  /** Tries until there is a new link; then the old one, if any, is given up. */
  private retry(wanted: Wanted, after: ReturnType<typeof micros>): void {
    wanted.cancelRetry?.();
    let cancelled = false;
    wanted.cancelRetry = () => {
      cancelled = true;
      wanted.cancelRetry = null;
    };
    void this.tryUntilConnected(wanted, after, () => cancelled || this.stopped);
  }

  private async tryUntilConnected(
    wanted: Wanted,
    after: ReturnType<typeof micros>,
    over: () => boolean,
  ): Promise<void> {
    const backoff = new Backoff();
    await sleep(this.clock, after);
    while (!over()) {
      const nextTry = backoff.after(this.clock.now());
      try {
        const { dst, component, qos } = wanted;
        const established = await this.reach(dst, component, qos, RETRY_TIMEOUT_MS);
        if (over()) await established.flow.dealloc();
        else this.adopt(wanted, established);
        return;
      } catch (error) {
        const { dst, component } = wanted;
        const { message } = toOuroborosError(error);
        this.lost.tried(dst, component, message);
        this.logger.log('debug', 'reconnecting failed', { dst, component, error: message });
      }
      await sleep(this.clock, micros(Math.max(nextTry - this.clock.now(), 0)));
    }
  }
}

/** By what the flow says of its end. */
function whyDown({ flow, silent }: Link): string {
  if (silent) return 'the neighbour was silent, then the flow ended';
  return WHY_DOWN[flow.downEvent ?? 'DOWN'];
}

const WHY_DOWN: Readonly<Record<FlowDownEvent, string>> = {
  DEALLOC: 'the neighbour ended the flow',
  PEER: 'nothing was heard of the neighbour',
  DOWN: 'the layer below ended the flow',
};
