/** Writers that wait for room at a port. */
export class RoomQueue {
  private waiting: (() => void)[] = [];

  add(resume: () => void): void {
    this.waiting.push(resume);
  }

  /** Resumes all. The one that has waited longest comes last: it was the first to write before, and may have taken all the room. */
  resume(): void {
    if (this.waiting.length === 0) return;
    const [first, ...others] = this.waiting;
    this.waiting = [];
    for (const resume of others) resume();
    first!();
  }
}
