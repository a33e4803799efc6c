import { micros, type Address, type Micros } from '@ouroboros/model';
import type { DhtContact } from '@ouroboros/wire';
import { distance, prefixOf } from './distance.js';

type CandidateState = 'new' | 'asked' | 'answered' | 'failed';

interface Candidate {
  readonly contact: DhtContact;
  readonly far: bigint;
  /** Number of requests in sequence after which it became known. */
  readonly depth: number;
  state: CandidateState;
  cookie: bigint;
  deadline: Micros;
}

export interface LookupStep {
  readonly contact: DhtContact;
  readonly cookie: bigint;
}

/** How long one member may take to answer; then the next is asked. */
const REQUEST_TIMEOUT_MICROS = 250_000;

/**
 * An iterative search for the members closest to a key. It asks `alpha` members at a time, always the closest that it
 * has not asked, and is finished when the `k` closest of whom it knows have answered or failed.
 */
export class Lookup {
  private readonly candidates = new Map<number, Candidate>();
  private readonly target: bigint;
  /** Sequential request rounds so far. */
  rounds = 0;
  finished = false;

  constructor(
    readonly key: Uint8Array,
    private readonly self: Address,
    private readonly alpha: number,
    private readonly k: number,
    /** No answer is waited for beyond this time. */
    readonly limit: Micros,
    private readonly nextCookie: () => bigint,
  ) {
    this.target = prefixOf(key);
  }

  add(contacts: Iterable<DhtContact>, depth = 0): void {
    for (const contact of contacts) {
      if (contact.address === this.self || this.candidates.has(contact.address)) continue;
      const far = distance(prefixOf(contact.id), this.target);
      const candidate = { contact, far, depth, state: 'new' as const, cookie: 0n, deadline: this.limit };
      this.candidates.set(contact.address, candidate);
    }
  }

  /** Whom to ask now. An empty answer with nothing outstanding finishes the search. */
  next(now: Micros): LookupStep[] {
    if (now >= this.limit) this.finished = true;
    if (this.finished) return [];
    const nearest = this.nearest();
    let outstanding = nearest.filter((candidate) => candidate.state === 'asked').length;
    const steps: LookupStep[] = [];
    for (const candidate of nearest) {
      if (outstanding >= this.alpha) break;
      if (candidate.state !== 'new') continue;
      this.ask(candidate, now);
      steps.push({ contact: candidate.contact, cookie: candidate.cookie });
      outstanding += 1;
    }
    if (outstanding === 0) this.finished = true;
    return steps;
  }

  /** Notes an answer; false when nobody was asked with this cookie. */
  answered(cookie: bigint, contacts: readonly DhtContact[]): boolean {
    const candidate = [...this.candidates.values()].find((one) => one.state === 'asked' && one.cookie === cookie);
    if (!candidate) return false;
    candidate.state = 'answered';
    this.add(contacts, candidate.depth + 1);
    return true;
  }

  /** Members that did not answer in time; they count as failed from now on. */
  takeFailed(now: Micros): Address[] {
    const late = [...this.candidates.values()].filter((one) => one.state === 'asked' && one.deadline <= now);
    for (const candidate of late) candidate.state = 'failed';
    return late.map((candidate) => candidate.contact.address as Address);
  }

  get deadline(): Micros {
    let earliest = this.limit;
    for (const one of this.candidates.values()) {
      if (one.state === 'asked' && one.deadline < earliest) earliest = one.deadline;
    }
    return earliest;
  }

  /** The closest members that answered, at most k. */
  found(): DhtContact[] {
    const answered = [...this.candidates.values()].filter((candidate) => candidate.state === 'answered');
    return answered
      .sort(byDistance)
      .slice(0, this.k)
      .map((candidate) => candidate.contact);
  }

  private nearest(): Candidate[] {
    const alive = [...this.candidates.values()].filter((candidate) => candidate.state !== 'failed');
    return alive.sort(byDistance).slice(0, this.k);
  }

  private ask(candidate: Candidate, now: Micros): void {
    candidate.state = 'asked';
    candidate.cookie = this.nextCookie();
    candidate.deadline = micros(Math.min(now + REQUEST_TIMEOUT_MICROS, this.limit));
    this.rounds = Math.max(this.rounds, candidate.depth + 1);
  }
}

const byDistance = (a: Candidate, b: Candidate): number => (a.far < b.far ? -1 : a.far > b.far ? 1 : 0);
