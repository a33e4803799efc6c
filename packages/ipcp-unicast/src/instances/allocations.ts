import type { UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import { EMPTY_BYTES, OuroborosError, errorNumber, fromMs, micros, toHex, type Address } from '@ouroboros/model';
import type { Clock, IpcpFlowAllocResult } from '@ouroboros/ports';
import { MPL_MS } from '../fa/index.js';
import { SPREAD_POLICIES } from './policies.js';
import { Shunned } from './shunned.js';
import type { Spread, SpreadPolicy } from './spread.js';

/** An allocation asks the directory anew when what it knows of a name is older. */
const LOOKUP_FRESH_MICROS = 200_000;
const MAX_FRESH = 1024;
/** A member that is silent for so long is skipped, as long as there is another one to ask. */
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
  /** Gives up the request of a flow; `answered` follows. */
  giveUp(user: UserFlow): void;
}

interface Asked {
  readonly user: UserFlow;
  readonly done: (answer: IpcpFlowAllocResult | 'silent') => void;
  silent: boolean;
}

/** One allocation: whom it can still ask, and what it heard. */
interface Attempt {
  readonly request: UserFlowRequest;
  readonly key: string;
  readonly spread: Spread;
  readonly open: Set<Address>;
  /** Did not answer; to be asked once more. */
  readonly silent: Address[];
  refusal: IpcpFlowAllocResult | undefined;
}

/**
 * Allocations of local processes. The members that serve the name are asked one after the other until one accepts, in the order
 * of the policy. One that refuses, is lost or is silent for 500 ms is skipped; silent ones are asked once more when all others
 * have failed, and the last one left is waited for.
 */
export class Allocations {
  private readonly asked = new Map<number, Asked>();
  private readonly fresh = new Map<string, { readonly found: readonly Address[]; readonly at: number }>();
  private readonly spreads: ReadonlyMap<string, Spread>;
  private readonly shunned = new Shunned();
  private readonly trying = new Set<UserFlow>();
  private nextId = 1;

  constructor(private readonly parts: AllocationParts) {
    this.spreads = new Map(SPREAD_POLICIES.map((policy) => [policy.name, policy.create(parts.random32)]));
  }

  /** The process of a request that is open. */
  userOf(id: number): UserFlow | undefined {
    return this.asked.get(id)?.user;
  }

  /** The process does not want the flow any more. */
  over(user: UserFlow): void {
    this.trying.delete(user);
  }

  /** The member's answer to `ask`: 0 or negative. */
  answered(id: number, response: number, data: Uint8Array): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    asked?.done(asked.silent ? 'silent' : { response, reason: '', mplMs: MPL_MS, data });
  }

  /** What an allocation that follows at once need not look up again. */
  remember(key: string, found: readonly Address[]): void {
    if (this.fresh.size >= MAX_FRESH) this.fresh.clear();
    if (found.length > 0) this.fresh.set(key, { found, at: this.parts.clock.now() });
  }

  async allocate(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    const { canReach, lookup, spread } = this.parts;
    const key = toHex(request.hash);
    this.trying.add(request.flow);
    try {
      const found = this.recall(key) ?? (await lookup(request.hash));
      const policy = this.spreads.get(request.spread) ?? this.spreads.get(spread.name)!;
      const open = new Set(found.filter(canReach));
      const attempt: Attempt = { request, key, spread: policy, open, silent: [], refusal: undefined };
      const result = await this.askAll(attempt);
      if (!result) throw unreachable(found.length);
      return result;
    } finally {
      this.trying.delete(request.flow);
    }
  }

  /** The first acceptance, else the refusal that says most, else undefined. */
  private async askAll(attempt: Attempt): Promise<IpcpFlowAllocResult | undefined> {
    const { request, open, silent } = attempt;
    while (open.size + silent.length > 0) {
      if (!this.trying.has(request.flow)) return canceled;
      const again = open.size === 0;
      const to = again ? silent.shift()! : this.choose(attempt);
      open.delete(to);
      const answer = await this.ask(to, request, open.size + silent.length > 0);
      if (answer !== 'silent' && (answer.response === 0 || !this.trying.has(request.flow))) return answer;
      if (answer === 'silent' && !again) silent.push(to);
      this.note(attempt, to, answer);
    }
    return attempt.refusal;
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

  private note(attempt: Attempt, to: Address, answer: IpcpFlowAllocResult | 'silent'): void {
    const failed = answer === 'silent' || answer.response === LOST;
    if (failed || UNSERVED.has(answer.response)) this.shunned.add(attempt.key, to, this.parts.clock.now());
    if (failed) return;
    const { refusal } = attempt;
    if (!refusal || UNSERVED.has(refusal.response)) attempt.refusal = answer;
  }

  private ask(to: Address, request: UserFlowRequest, impatient: boolean): Promise<IpcpFlowAllocResult | 'silent'> {
    const { clock, ask } = this.parts;
    return new Promise((resolve) => {
      const id = this.nextId++;
      const patience = micros(clock.now() + PATIENCE);
      const cancel = impatient ? clock.at(patience, () => this.skip(id)) : null;
      const done = (answer: IpcpFlowAllocResult | 'silent'): void => {
        cancel?.();
        resolve(answer);
      };
      this.asked.set(id, { user: request.flow, done, silent: false });
      ask({ id, to, request });
    });
  }

  private skip(id: number): void {
    const asked = this.asked.get(id);
    if (!asked) return;
    asked.silent = true;
    this.parts.giveUp(asked.user);
  }

  private recall(key: string): readonly Address[] | undefined {
    const known = this.fresh.get(key);
    this.fresh.delete(key);
    return known && this.parts.clock.now() - known.at < LOOKUP_FRESH_MICROS ? known.found : undefined;
  }
}

const canceled: IpcpFlowAllocResult = {
  response: -errorNumber('ECANCELED'),
  reason: '',
  mplMs: MPL_MS,
  data: EMPTY_BYTES,
};

function unreachable(known: number): OuroborosError {
  return known === 0
    ? new OuroborosError('ENAME', 'no member serves the name any more', { stage: 'name' })
    : new OuroborosError('ENOSERVER', 'no route to a member that serves the name', { stage: 'route' });
}
