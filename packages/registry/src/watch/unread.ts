import { OuroborosError } from '@ouroboros/model';

/** A reader that is this far behind is cut off, so that none makes the daemon grow. */
export const MAX_UNREAD = 4_096;

/** What one watcher has not read yet. */
export class Unread<T> {
  private readonly items: T[] = [];
  private wake: () => void = () => undefined;
  private end: 'open' | 'closed' | OuroborosError = 'open';

  /** False when there is no room: what was not read is lost, and the reader gets EAGAIN. */
  push(item: T): boolean {
    if (this.end !== 'open') return false;
    const room = this.items.length < MAX_UNREAD;
    if (room) this.items.push(item);
    else {
      this.items.length = 0;
      this.end = new OuroborosError('EAGAIN', `more than ${MAX_UNREAD} changes were not read: watch anew`);
    }
    this.wake();
    return room;
  }

  /** Nothing comes any more; what is here can be read. */
  close(): void {
    if (this.end === 'open') this.end = 'closed';
    this.wake();
  }

  async *read(): AsyncGenerator<T, undefined> {
    for (;;) {
      const item = this.items.shift();
      if (item !== undefined) yield item;
      else if (this.end instanceof OuroborosError) throw this.end;
      else if (this.end === 'closed') return undefined;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
