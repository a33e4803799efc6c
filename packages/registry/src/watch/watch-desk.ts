import { fromMs, OuroborosError, type Micros } from '@ouroboros/model';
import {
  WATCH_KINDS,
  type CancelSignal,
  type Clock,
  type StatusEvent,
  type WatchChange,
  type WatchEvent,
  type WatchKind,
} from '@ouroboros/ports';
import { FACT_READERS, type Fact, type ObjectKind, type WatchSource } from './facts.js';
import { Tracked } from './tracked.js';
import { Unread } from './unread.js';

/** Links and routes are looked at this often while somebody watches them, and all else that says nothing when it changes. */
const LOOK_EVERY = fromMs(1000);
/** After something has happened: what happens together is told together. */
const LOOK_SOON = fromMs(20);

type Unnumbered = Omit<WatchEvent, 'sequence'>;

interface Watcher {
  readonly kinds: ReadonlySet<WatchKind>;
  /** Kinds of which it has got what was there. */
  readonly live: Set<WatchKind>;
  readonly unread: Unread<Unnumbered>;
}

const OBJECTS = { ipcp: null, name: null, flow: null, link: null, route: null };

/**
 * Tells watchers what is there and what changes. Nothing is pushed by those who change it: what is watched is looked at,
 * soon after something happened and now and then, and compared with the last time. So whatever happens fast costs one
 * event, and a daemon that nobody watches does nothing. Besides, what the registry says in words goes to watchers as it
 * is said.
 */
export class WatchDesk {
  private readonly watchers = new Set<Watcher>();
  private readonly tracked = new Map<ObjectKind, Tracked>();
  private next: { readonly at: Micros; readonly cancel: () => void } | undefined;
  private closed = false;

  constructor(
    private readonly source: WatchSource,
    private readonly clock: Clock,
  ) {}

  /** Something has happened. */
  note({ kind, text }: StatusEvent): void {
    if (this.watchers.size === 0) return;
    const event = { ...OBJECTS, kind, change: 'note', text } as const;
    for (const watcher of this.watchers) if (watcher.kinds.has(kind)) this.give(watcher, event);
    this.lookAfter(LOOK_SOON);
  }

  /** Ends all watches once they have read what is queued. */
  close(): void {
    this.closed = true;
    for (const watcher of this.watchers) this.drop(watcher);
  }

  /** See Management.watch. Listening begins with the call, not with the first read. EINVAL for an unknown kind. */
  watch(signal?: CancelSignal, kinds: readonly WatchKind[] = []): AsyncIterable<WatchEvent> {
    for (const kind of kinds) if (!WATCH_KINDS.includes(kind)) throw unknownKind(kind);
    const watcher: Watcher = {
      kinds: new Set(kinds.length === 0 ? WATCH_KINDS : kinds),
      live: new Set(),
      unread: new Unread(),
    };
    const end = (): void => this.drop(watcher);
    if (this.closed || signal?.aborted) end();
    else {
      this.watchers.add(watcher);
      signal?.addEventListener('abort', end, { once: true });
    }
    const events = numbered(this.presentThenChanges(watcher, this.begin(watcher)));
    const release = events.return.bind(events);
    events.return = (value) => {
      signal?.removeEventListener('abort', end);
      end();
      return release(value);
    };
    return events;
  }

  /** What there is of the kinds, each complete at one moment, after which its changes are told. */
  private async begin(watcher: Watcher): Promise<readonly Unnumbered[]> {
    if (!this.watchers.has(watcher)) return [];
    const present = new Map<ObjectKind, readonly Fact[]>();
    const kinds = OBJECT_KINDS.filter((kind) => watcher.kinds.has(kind));
    await Promise.all(
      kinds.map((kind) =>
        this.trackedOf(kind).begin((facts) => {
          present.set(kind, facts);
          watcher.live.add(kind);
        }),
      ),
    );
    this.lookAfter(LOOK_EVERY);
    return kinds.flatMap((kind) => (present.get(kind) ?? []).map((fact) => eventOf(kind, 'present', fact)));
  }

  private async *presentThenChanges(
    watcher: Watcher,
    beginning: Promise<readonly Unnumbered[]>,
  ): AsyncGenerator<Unnumbered, undefined> {
    const present = await beginning;
    if (!this.watchers.has(watcher)) return yield* watcher.unread.read();
    yield* present;
    yield { ...OBJECTS, kind: '', change: 'complete', text: 'that is all; changes follow' };
    return yield* watcher.unread.read();
  }

  private trackedOf(kind: ObjectKind): Tracked {
    const found = this.tracked.get(kind);
    if (found) return found;
    const tracked = new Tracked(
      (known) => FACT_READERS[kind](this.source, known),
      (change, fact) => this.tell(kind, change, fact),
    );
    this.tracked.set(kind, tracked);
    return tracked;
  }

  private tell(kind: ObjectKind, change: WatchChange, fact: Fact): void {
    const event = eventOf(kind, change, fact);
    for (const watcher of this.watchers) if (watcher.live.has(kind)) this.give(watcher, event);
  }

  private give(watcher: Watcher, event: Unnumbered): void {
    if (!watcher.unread.push(event)) this.drop(watcher);
  }

  private drop(watcher: Watcher): void {
    this.watchers.delete(watcher);
    watcher.unread.close();
    for (const kind of this.tracked.keys())
      if (![...this.watchers].some(({ kinds }) => kinds.has(kind))) this.tracked.delete(kind);
    if (this.watchers.size > 0) return;
    this.next?.cancel();
    this.next = undefined;
  }

  private lookAfter(delay: Micros): void {
    if (this.watchers.size === 0) return;
    const at = (this.clock.now() + delay) as Micros;
    if (this.next && this.next.at <= at) return;
    this.next?.cancel();
    this.next = { at, cancel: this.clock.at(at, () => this.look()) };
  }

  private look(): void {
    this.next = undefined;
    for (const tracked of this.tracked.values()) tracked.look();
    this.lookAfter(LOOK_EVERY);
  }
}

const OBJECT_KINDS = Object.keys(FACT_READERS) as readonly ObjectKind[];

const eventOf = (kind: ObjectKind, change: WatchChange, { text, object }: Fact): Unnumbered => ({
  ...{ ...OBJECTS, [kind]: object },
  ...{ kind, change, text },
});

async function* numbered(events: AsyncIterable<Unnumbered>): AsyncGenerator<WatchEvent, undefined> {
  let sequence = 0;
  for await (const event of events) {
    sequence += 1;
    yield { sequence, ...event };
  }
  return undefined;
}

const unknownKind = (kind: string): OuroborosError =>
  new OuroborosError('EINVAL', `nothing of kind "${kind}" can be watched; legal: ${WATCH_KINDS.join(', ')}`, {
    field: 'kinds',
  });
