/** Runs jobs one after the other; one that fails keeps none of the later ones from running. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as the job does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const next = this.last.then(job, job);
    this.last = next;
    return next;
  }
}
