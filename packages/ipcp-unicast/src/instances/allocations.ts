import type { UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import {
  EMPTY_BYTES,
  OuroborosError,
  errorNumber,
  fromMs,
  micros,
  toHex,
  type Address,
  type ErrorCode,
} from '@ouroboros/model';
import type { Clock, IpcpFlowAllocResult } from '@ouroboros/ports';
import { MPL_MS } from '../fa/index.js';
import { SPREAD_POLICIES } from './policies.js';
import { Shunned } from './shunned.js';
import type { Spread, SpreadPolicy } from './spread.js';

/** An allocation asks the directory anew when what it knows of a name is older. */
const LOOKUP_FRESH_MICROS = 200_000;
const MAX_FRESH = 1024;
/** After so much silence the next member is asked. */
const PATIENCE = fromMs(500);
/** The flow allocator's own answer: the member was lost before it answered. */
const LOST = -errorNumber('EFLOWDOWN');
/** Members that answer so have no process that serves the name. */
const UNSERVED: ReadonlySet<number> = new Set([-errorNumber('ENAME'), -errorNumber('ENOSERVER')]);

/** What one member is asked for; the number is that of the flow allocator's request. */
export interface AskedFlow {
  readonly id: number;
  readonly to: Address;
  readonly request: UserFlowRequest;
}

/** `reason`: it was not asked, as this member has something against it. */
export type MemberAnswer = Pick<IpcpFlowAllocResult, 'response' | 'reason' | 'layerPacket' | 'wholePacket' | 'data'>;

export interface AllocationParts {
  readonly clock: Clock;
  readonly random32: () => number;
  /** The layer's. */
  readonly spread: SpreadPolicy;
  readonly canReach: (address: Address) => boolean;
  readonly hopsTo: (address: Address) => number;
  lookup(key: Uint8Array): Promise<readonly Address[]>;
  /** Asks one member; `answered` follows. */
  ask(asked: AskedFlow): void;
  /** The member's answer is not wanted any more. */
  giveUp(id: number): void;
}

/** One allocation: whom it can still ask, whose answers it waits for, and what it heard. */
interface Attempt {
  readonly request: UserFlowRequest;
  readonly key: string;
  readonly spread: Spread;
  readonly open: Set<Address>;
  readonly asked: Map<number, Address>;
  refusal: IpcpFlowAllocResult | undefined;
  /** Ends the waiting for the member that was asked last. */
  stopWaiting: () => void;
  readonly done: (result: IpcpFlowAllocResult | undefined) => void;
}

/**
 * Allocations of local processes. The members that serve the name are asked one after the other until one accepts, in the order
 * of the policy: the next one when the last refused, was lost or is silent for 500 ms. A silent one may still accept; the first
 * acceptance counts, and the other requests are given up.
 */
export class Allocations {
  private readonly attempts = new Map<UserFlow, Attempt>();
  private readonly attemptOf = new Map<number, Attempt>();
  private readonly fresh = new Map<string, { readonly found: readonly Address[]; readonly at: number }>();
  private readonly spreads: ReadonlyMap<string, Spread>;
  private readonly shunned = new Shunned();
  private readonly wanted = new Set<UserFlow>();
  private nextId = 1;

  constructor(private readonly parts: AllocationParts) {
    this.spreads = new Map(SPREAD_POLICIES.map((policy) => [policy.name, policy.create(parts.random32)]));
  }

  async allocate(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    const { canReach, lookup, spread } = this.parts;
    const key = toHex(request.hash);
    this.wanted.add(request.flow);
    const found = this.recall(key) ?? (await lookup(request.hash));
    if (!this.wanted.delete(request.flow)) return canceled;
    const policy = this.spreads.get(request.spread) ?? this.spreads.get(spread.name)!;
    const open = new Set(found.filter(canReach));
    const result = await new Promise<IpcpFlowAllocResult | undefined>((done) => {
      const heard = { asked: new Map<number, Address>(), refusal: undefined, stopWaiting: () => undefined };
      const attempt: Attempt = { request, key, spread: policy, open, ...heard, done };
      this.attempts.set(request.flow, attempt);
      this.askNext(attempt);
    });
    if (!result) throw unreachable(found.length);
    return result;
  }

  /** The process of a request whose answer is waited for. */
  userOf(id: number): UserFlow | undefined {
    return this.attemptOf.get(id)?.request.flow;
  }

  /** The process does not want the flow any more. */
  over(user: UserFlow): void {
    this.wanted.delete(user);
    const attempt = this.attempts.get(user);
    if (attempt) this.conclude(attempt, canceled);
  }

  /** A member's answer, 0 or negative. False: nobody wants it any more. */
  answered(id: number, member: MemberAnswer): boolean {
    const attempt = this.attemptOf.get(id);
    const from = attempt?.asked.get(id);
    if (!attempt || from === undefined) return false;
    this.attemptOf.delete(id);
    attempt.asked.delete(id);
    const answer = { ...member, mplMs: MPL_MS };
    if (member.response === 0) this.conclude(attempt, answer);
    else this.refused(attempt, from, answer);
    return true;
  }

  /** What allocations that follow at once need not look up again. */
  remember(key: string, found: readonly Address[]): void {
    if (this.fresh.size >= MAX_FRESH) this.fresh.clear();
    if (found.length > 0) this.fresh.set(key, { found, at: this.parts.clock.now() });
  }

  /** Asks the next member, if any; ends with the refusal that says most when no answer is to come either. */
  private askNext(attempt: Attempt): void {
    const { clock, ask } = this.parts;
    attempt.stopWaiting();
    if (attempt.open.size === 0) {
      if (attempt.asked.size === 0) this.conclude(attempt, attempt.refusal);
      return;
    }
    const to = this.choose(attempt);
    attempt.open.delete(to);
    const id = this.nextId++;
    attempt.asked.set(id, to);
    this.attemptOf.set(id, attempt);
    const patience = micros(clock.now() + PATIENCE);
    if (attempt.open.size > 0) attempt.stopWaiting = clock.at(patience, () => this.silent(attempt, to));
    ask({ id, to, request: attempt.request });
  }

  private choose({ key, spread, open }: Attempt): Address {
    const { clock, hopsTo } = this.parts;
    const now = clock.now();
    const willing = [...open].filter((address) => !this.shunned.has(key, address, now));
    const candidates = willing.length > 0 ? willing : [...open];
    return spread.choose(
      key,
      candidates.map((address) => ({ address, hops: hopsTo(address) })),
    );
  }

  private silent(attempt: Attempt, to: Address): void {
    this.shunned.add(attempt.key, to, this.parts.clock.now());
    this.askNext(attempt);
  }

  private refused(attempt: Attempt, from: Address, answer: IpcpFlowAllocResult): void {
    const { response } = answer;
    if (response === LOST || UNSERVED.has(response)) {
      this.shunned.add(attempt.key, from, this.parts.clock.now());
      this.fresh.delete(attempt.key);
    }
    const { refusal } = attempt;
    if (response !== LOST && (!refusal || UNSERVED.has(refusal.response))) attempt.refusal = answer;
    this.askNext(attempt);
  }

  private conclude(attempt: Attempt, result: IpcpFlowAllocResult | undefined): void {
    attempt.stopWaiting();
    this.attempts.delete(attempt.request.flow);
    for (const id of attempt.asked.keys()) this.attemptOf.delete(id);
    for (const id of attempt.asked.keys()) this.parts.giveUp(id);
    attempt.done(result);
  }

  private recall(key: string): readonly Address[] | undefined {
    const known = this.fresh.get(key);
    return known && this.parts.clock.now() - known.at < LOOKUP_FRESH_MICROS ? known.found : undefined;
  }
}

/** This member does not ask for the flow, and says why; the reason may be left out where nobody hears it. */
export const refusedHere = (code: ErrorCode, reason = ''): IpcpFlowAllocResult => ({
  response: -errorNumber(code),
  reason,
  mplMs: MPL_MS,
  layerPacket: 0,
  wholePacket: 0,
  data: EMPTY_BYTES,
});

const canceled = refusedHere('ECANCELED');

function unreachable(known: number): OuroborosError {
  return known === 0
    ? new OuroborosError('ENAME', 'no member serves the name any more', { stage: 'name' })
    : new OuroborosError('ENOSERVER', 'no route to a member that serves the name', { stage: 'route' });
}
