import type { CancelSignal, StatusEvent } from '@ouroboros/ports';

/** A watcher that reads slower than this is cut off: it can ask for a list and watch anew. */
const MAX_UNREAD = 4_096;

interface Listener {
  readonly unread: StatusEvent[];
  wake: () => void;
  closed: boolean;
}

/** Status events to any number of watchers; each has its own bounded queue. */
export class Broadcast {
  private readonly listeners = new Set<Listener>();
  private closed = false;

  send(event: StatusEvent): void {
    for (const listener of this.listeners) {
      if (listener.unread.length === MAX_UNREAD) this.drop(listener);
      else listener.unread.push(event);
      listener.wake();
    }
  }

  /** Ends all watches once they have read what is queued. */
  close(): void {
    this.closed = true;
    for (const listener of this.listeners) this.drop(listener);
  }

  /** Events from now on, until `signal` aborts or `close`. Listening begins with the call, not with the first read. */
  listen(signal?: CancelSignal): AsyncIterableIterator<StatusEvent> {
    const listener: Listener = { unread: [], wake: () => undefined, closed: this.closed };
    if (!this.closed) this.listeners.add(listener);
    const end = (): void => this.drop(listener);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
    const events = this.read(listener);
    const release = events.return.bind(events);
    events.return = (value) => {
      signal?.removeEventListener('abort', end);
      end();
      return release(value);
    };
    return events;
  }

  private drop(listener: Listener): void {
    this.listeners.delete(listener);
    listener.closed = true;
    listener.wake();
  }

  private async *read(listener: Listener): AsyncGenerator<StatusEvent, undefined> {
    for (;;) {
      const event = listener.unread.shift();
      if (event) yield event;
      else if (listener.closed) return undefined;
      else await new Promise<void>((resolve) => (listener.wake = resolve));
    }
  }
}
