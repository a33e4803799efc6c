import { exitStatus, fromMs, NEVER, OuroborosError, toOuroborosError, type Micros } from '@ouroboros/model';
import { sleep, type CancelSignal, type Clock, type DaemonStatus, type Management } from '@ouroboros/ports';

export interface WaitReadyOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Called whenever what is waited for has changed. */
  readonly onProgress?: (progress: ReadyProgress) => void;
  readonly signal?: CancelSignal;
}

export interface ReadyProgress {
  /** False while no daemon answers. */
  readonly reachable: boolean;
  /** What is not ready yet, in words. */
  readonly waitingFor: readonly string[];
}

export const DEFAULT_WAIT_MS = 30_000;
/** Short against the start of a daemon (about 120 ms), long against one question (about 0.3 ms). */
const POLL = fromMs(50);

const UNREACHABLE: ReadyProgress = { reachable: false, waitingFor: ['irmd to answer'] };

/**
 * Resolves with the status once the daemon is there and all that its configuration asks for has been done.
 * @throws OuroborosError ETIMEDOUT that says what is still missing; the signal's reason when aborted; other errors of
 *   the daemon (EACCES, say) as they come
 */
export async function waitReady(
  management: Management,
  clock: Clock,
  options: WaitReadyOptions = {},
): Promise<DaemonStatus> {
  const { timeoutMs = DEFAULT_WAIT_MS, onProgress, signal } = options;
  const deadline = (clock.now() + fromMs(timeoutMs)) as Micros;
  let told: ReadyProgress | undefined;
  for (;;) {
    const answer = await before(clock, deadline, ask(management));
    if (answer !== undefined && 'ready' in answer) return answer.ready;
    const progress = answer?.notYet ?? told ?? UNREACHABLE;
    if (clock.now() >= deadline) throw timedOut(timeoutMs, progress);
    if (told === undefined || !sameProgress(told, progress)) onProgress?.(progress);
    told = progress;
    await sleep(clock, Math.min(POLL, deadline - clock.now()) as Micros, signal);
  }
}

type Answer = { readonly ready: DaemonStatus } | { readonly notYet: ReadyProgress };

async function ask(management: Management): Promise<Answer> {
  try {
    const status = await management.status();
    return status.ready ? { ready: status } : { notYet: { reachable: true, waitingFor: status.waitingFor } };
  } catch (thrown) {
    const error = toOuroborosError(thrown);
    if (!isAbsence(error)) throw error;
    return { notYet: UNREACHABLE };
  }
}

/** No daemon, or one that is too busy to answer: both may change. */
const isAbsence = (error: OuroborosError): boolean =>
  [exitStatus('EIRMD'), exitStatus('ETIMEDOUT')].includes(exitStatus(error.code));

/** The promise's value, or undefined when `deadline` comes first. */
function before<T>(clock: Clock, deadline: Micros, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = deadline === NEVER ? () => undefined : clock.at(deadline, () => resolve(undefined));
    promise.then(resolve, reject).finally(cancel);
  });
}

const sameProgress = (a: ReadyProgress, b: ReadyProgress): boolean =>
  a.reachable === b.reachable && a.waitingFor.join('\n') === b.waitingFor.join('\n');

function timedOut(timeoutMs: number, progress: ReadyProgress): OuroborosError {
  const missing = progress.waitingFor.length > 0 ? progress.waitingFor.join(', ') : 'irmd to be ready';
  return new OuroborosError('ETIMEDOUT', `not ready after ${timeoutMs / 1000} s, still waiting for: ${missing}`, {
    stage: 'time',
  });
}
