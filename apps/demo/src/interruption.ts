/** Status of a process that a signal ended, by the convention of shells. */
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Why an `interruption` aborted. */
export class Interrupted extends Error {
  constructor(readonly exitStatus: number) {
    super('interrupted');
  }
}

/**
 * Aborts with `Interrupted` at the first signal to end. Every further one changes nothing: a terminal sends Ctrl-C to npm and to us,
 * and npm passes it on, and whoever is tearing down three nodes must not be stopped by the second.
 */
export function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const [signal, status] of Object.entries(STATUS)) {
    process.on(signal, () => abort.abort(new Interrupted(status)));
  }
  return abort.signal;
}
