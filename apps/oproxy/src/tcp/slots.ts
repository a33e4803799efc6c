interface Queue {
  busy: number;
  readonly waiting: (() => void)[];
}

/** So many slots for each key; who finds none free waits for its turn. */
export class Slots {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly perKey: number) {}

  /** Runs `work` in a slot of its key. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(key) ?? { busy: 0, waiting: [] };
    this.queues.set(key, queue);
    if (queue.busy < this.perKey) queue.busy += 1;
    else await new Promise<void>((resolve) => queue.waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.giveBack(key, queue);
    }
  }

  private giveBack(key: string, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next) return next();
    queue.busy -= 1;
    if (queue.busy === 0) this.queues.delete(key);
  }
}
