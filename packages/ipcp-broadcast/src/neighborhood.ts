import type { Machine, Sink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Micros } from '@ouroboros/model';
import { decodeBroadcastNeighbors, encodeBroadcastNeighbors } from '@ouroboros/wire';

/**
 * What keeps a broadcast layer together when a member of it is lost. [docs/wire-extensions.md §12]
 *
 * Story: each member tells each neighbour of ours its own name and those of its other neighbours, at the beginning, when they
 * change, and every 5 s as nothing acknowledges it. So when a member is lost its neighbours know of one another. Each connects to the first of them that comes before
 * itself in the order of names and answers; nobody needs to be before the first, but when none of the others has come for a second it
 * tries those behind it too, for it may be the link that was lost and not the member. Such a stand-in is given up some
 * seconds after the lost member is a neighbour again. Who ends a link on purpose says so before: it names nobody.
 *
 * States of a loss: grace → seeking ↔ trying → healed, and from each → back → forgotten.
 */
export type NeighborhoodInput =
  /** A link to a member of ours is up. */
  | { readonly kind: 'up'; readonly link: number }
  | { readonly kind: 'message'; readonly link: number; readonly bytes: Uint8Array }
  | { readonly kind: 'silent' | 'heard' | 'down'; readonly link: number }
  /** An operator ends the link: the other side is told not to look for others. */
  | { readonly kind: 'farewell'; readonly link: number }
  /** Answers to `attach`. */
  | { readonly kind: 'attached'; readonly lost: string; readonly link: number }
  | { readonly kind: 'not-attached'; readonly lost: string };

export type NeighborhoodOutput =
  | { readonly kind: 'send'; readonly link: number; readonly bytes: Uint8Array }
  /** Connect to the member `dst`, in place of the one that was lost. */
  | { readonly kind: 'attach'; readonly lost: string; readonly dst: string }
  | { readonly kind: 'detach'; readonly link: number }
  | { readonly kind: 'malformed'; readonly link: number };

interface Neighbor {
  /** Empty until it has said it. */
  name: string;
  /** Its other neighbours. */
  others: readonly string[];
  silent: boolean;
}

interface Loss {
  /** Whom the lost member had as neighbours, in the order in which they are tried. */
  readonly candidates: readonly string[];
  /** How many of them come before this member. */
  readonly before: number;
  state: 'grace' | 'seeking' | 'trying' | 'healed' | 'back';
  /** When the next step is due. */
  at: Micros;
  next: number;
  rounds: number;
  /** Link that this member made in place of the lost one. */
  standIn: number | null;
}

const TELL_EVERY = fromMs(5000);
/** A link that comes back at once is no loss. */
const GRACE = fromMs(200);
/** How long the first one waits for the others to come. */
const OTHERS_COME = fromMs(1000);
const FIRST_PAUSE = fromMs(250);
const LONGEST_PAUSE = fromMs(2000);
/** A stand-in stays so long beside the link that is back, until the others have theirs too. */
const STAND_IN_STAYS = fromMs(5000);
/** Losses that are remembered. */
const MAX_LOSSES = 64;

export class Neighborhood implements Machine<NeighborhoodInput, NeighborhoodOutput> {
  private readonly neighbors = new Map<number, Neighbor>();
  private readonly losses = new Map<string, Loss>();
  private tellAt: Micros = NEVER;

  /** `self`: the name at which layers below find this member. */
  constructor(private readonly self: string) {}

  get deadline(): Micros {
    let earliest = this.tellAt;
    for (const { at } of this.losses.values()) if (at < earliest) earliest = at;
    return earliest;
  }

  /** What a neighbour calls itself; empty when it has not said. */
  nameOf(link: number): string {
    return this.neighbors.get(link)?.name ?? '';
  }

  /** Names of lost members in whose place others are, or are looked for. */
  lost(): readonly string[] {
    return [...this.losses.keys()];
  }

  handle(input: NeighborhoodInput, now: Micros, out: Sink<NeighborhoodOutput>): void {
    switch (input.kind) {
      case 'up':
        this.neighbors.set(input.link, { name: '', others: [], silent: false });
        return this.tellAll(now, out);
      case 'message':
        return this.onMessage(input.link, input.bytes, now, out);
      case 'silent':
        return this.onSilent(input.link, now, out);
      case 'heard':
        return this.onHeard(input.link, now, out);
      case 'down':
        return this.onDown(input.link, now, out);
      case 'farewell':
        return this.farewell(input.link, out);
      case 'attached':
        return this.onAttached(input.lost, input.link, now, out);
      case 'not-attached':
        return this.onNotAttached(input.lost, now);
    }
  }

  wake(now: Micros, out: Sink<NeighborhoodOutput>): void {
    if (now >= this.tellAt) this.tellAll(now, out);
    for (const [lost, loss] of [...this.losses]) if (now >= loss.at) this.step(lost, loss, now, out);
  }

  // ── neighbours ──

  private onMessage(link: number, bytes: Uint8Array, now: Micros, out: Sink<NeighborhoodOutput>): void {
    const message = decodeBroadcastNeighbors(bytes);
    const neighbor = this.neighbors.get(link);
    if (!message.ok) return out.emit({ kind: 'malformed', link });
    if (!neighbor) return;
    const { self, neighbors } = message.value;
    const renamed = neighbor.name !== self;
    neighbor.name = self;
    neighbor.others = neighbors.filter((name) => name !== this.self && name !== self);
    if (renamed) this.tellAll(now, out);
    this.returned(self, now);
    this.review(now);
  }

  private onSilent(link: number, now: Micros, out: Sink<NeighborhoodOutput>): void {
    const neighbor = this.neighbors.get(link);
    if (!neighbor) return;
    neighbor.silent = true;
    this.onLoss(neighbor, now);
    this.tellAll(now, out);
  }

  private onHeard(link: number, now: Micros, out: Sink<NeighborhoodOutput>): void {
    const neighbor = this.neighbors.get(link);
    if (!neighbor) return;
    neighbor.silent = false;
    this.returned(neighbor.name, now);
    this.review(now);
    this.tellAll(now, out);
  }

  private onDown(link: number, now: Micros, out: Sink<NeighborhoodOutput>): void {
    const neighbor = this.neighbors.get(link);
    if (!neighbor) return;
    this.neighbors.delete(link);
    for (const loss of this.losses.values()) if (loss.standIn === link) loss.standIn = null;
    this.onLoss(neighbor, now);
    this.review(now);
    this.tellAll(now, out);
  }

  private farewell(link: number, out: Sink<NeighborhoodOutput>): void {
    const neighbor = this.neighbors.get(link);
    if (!neighbor) return;
    neighbor.others = [];
    this.losses.delete(neighbor.name);
    out.emit({ kind: 'send', link, bytes: encodeBroadcastNeighbors({ self: this.self, neighbors: [] }) });
  }

  private tellAll(now: Micros, out: Sink<NeighborhoodOutput>): void {
    this.tellAt = this.neighbors.size > 0 ? micros(now + TELL_EVERY) : NEVER;
    for (const link of this.neighbors.keys()) this.tell(link, out);
  }

  private tell(to: number, out: Sink<NeighborhoodOutput>): void {
    const receiver = this.neighbors.get(to)!.name;
    const names = [...this.neighbors.values()].filter(({ silent }) => !silent).map(({ name }) => name);
    const others = names.filter((name) => name !== '' && name !== receiver && name !== this.self);
    const neighbors = [...new Set(others)].sort(byCodeUnits);
    out.emit({ kind: 'send', link: to, bytes: encodeBroadcastNeighbors({ self: this.self, neighbors }) });
  }

  private hasLivingLinkTo(names: readonly string[]): boolean {
    return [...this.neighbors.values()].some(({ name, silent }) => !silent && names.includes(name));
  }

  // ── losses ──

  private onLoss({ name, others }: Neighbor, now: Micros): void {
    if (name === '' || others.length === 0 || this.hasLivingLinkTo([name])) return;
    const known = this.losses.get(name);
    if (known && known.state !== 'back') return;
    if (this.losses.size >= MAX_LOSSES) this.losses.delete([...this.losses.keys()][0]!);
    const candidates = [...others].sort(byCodeUnits);
    const before = candidates.filter((one) => byCodeUnits(one, this.self) < 0).length;
    const standIn = known?.standIn ?? null;
    const at = micros(now + GRACE);
    this.losses.set(name, { candidates, before, state: 'grace', at, next: 0, rounds: 0, standIn });
  }

  private returned(name: string, now: Micros): void {
    const loss = this.losses.get(name);
    if (!loss || loss.state === 'back') return;
    loss.state = 'back';
    loss.at = micros(now + STAND_IN_STAYS);
  }

  /** A stand-in that ended is looked for anew; a loss that others have healed needs nothing more. */
  private review(now: Micros): void {
    for (const loss of this.losses.values()) {
      if (loss.state === 'back' || loss.state === 'trying') continue;
      const healed = this.hasLivingLinkTo(loss.candidates);
      if (healed) this.heal(loss);
      else if (loss.state === 'healed') this.seekAgain(loss, now);
    }
  }

  private heal(loss: Loss): void {
    loss.state = 'healed';
    loss.at = NEVER;
  }

  private seekAgain(loss: Loss, now: Micros): void {
    loss.state = 'seeking';
    loss.next = 0;
    loss.rounds = 0;
    loss.at = now;
  }

  private step(lost: string, loss: Loss, now: Micros, out: Sink<NeighborhoodOutput>): void {
    if (loss.state === 'back') return this.forget(lost, loss, out);
    if (this.hasLivingLinkTo(loss.candidates)) return this.heal(loss);
    if (loss.state === 'grace' && loss.before === 0) return this.awaitOthers(loss, now);
    const dst = loss.candidates[loss.next]!;
    loss.next += 1;
    loss.state = 'trying';
    loss.at = NEVER;
    out.emit({ kind: 'attach', lost, dst });
  }

  private awaitOthers(loss: Loss, now: Micros): void {
    loss.state = 'seeking';
    loss.at = micros(now + OTHERS_COME);
  }

  private onAttached(lost: string, link: number, now: Micros, out: Sink<NeighborhoodOutput>): void {
    const loss = this.losses.get(lost);
    if (!loss) return this.detach(link, out);
    loss.standIn = link;
    if (loss.state === 'trying') this.heal(loss);
    else if (loss.state === 'back') loss.at = micros(now + STAND_IN_STAYS);
  }

  private onNotAttached(lost: string, now: Micros): void {
    const loss = this.losses.get(lost);
    if (loss?.state !== 'trying') return;
    loss.state = 'seeking';
    loss.at = micros(now + this.pauseBeforeNext(loss));
  }

  private pauseBeforeNext(loss: Loss): number {
    if (loss.next < loss.candidates.length) return loss.next === loss.before && loss.rounds === 0 ? OTHERS_COME : 0;
    loss.next = 0;
    loss.rounds += 1;
    return Math.min(FIRST_PAUSE * 2 ** Math.min(loss.rounds, 10), LONGEST_PAUSE);
  }

  private forget(lost: string, { standIn }: Loss, out: Sink<NeighborhoodOutput>): void {
    this.losses.delete(lost);
    if (standIn !== null) this.detach(standIn, out);
  }

  private detach(link: number, out: Sink<NeighborhoodOutput>): void {
    this.farewell(link, out);
    out.emit({ kind: 'detach', link });
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
