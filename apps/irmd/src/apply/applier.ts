import { fromMs, OuroborosError, toOuroborosError, type ErrorCode, type Micros } from '@ouroboros/model';
import { sleep, type Clock, type Logger } from '@ouroboros/ports';
import { stepText, type Step, type Task } from '../config/step.js';
import { performStep, type StepTarget } from './perform-step.js';

/** First and longest pause before a step is tried again, in ms; it doubles in between. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** What this host alone has to do is looked at again soon: an IPCP that is to come back, or that is at it. */
const LONGEST_LOCAL_PAUSE_MS = 200;
const LOCAL: readonly ErrorCode[] = ['EAGAIN', 'EBUSY'];

/** Steps that need another host, which may come up later. */
const NEEDS_PEERS: readonly Step['do'][] = ['ipcp-enroll', 'ipcp-connect', 'name-register'];

/** Faults of our own side, which waiting does not cure. */
const NEVER_CURED: readonly ErrorCode[] = [
  'EINVAL',
  'ENOTSUP',
  'EIPCPTYPE',
  'EIPCPSTATE',
  'EPERM',
  'EACCES',
  'EAUTH',
  'ECRYPT',
];

interface Running {
  readonly task: Task;
  /** Index of the step at work. */
  at: number;
  /** Why it is not done, in words. */
  state: string;
}

/**
 * Applies tasks to the node, in order. A step that waits for another host does not hold up the tables behind it: the
 * rest of its own table waits with it, the next table starts.
 */
export class Applier {
  private readonly unfinished = new Map<string, Running>();
  private stopper = new AbortController();

  constructor(
    private readonly irm: StepTarget,
    private readonly clock: Clock,
    private readonly logger: Logger,
    /** Called when `waitingFor` may have changed. */
    private readonly onChange: () => void,
  ) {}

  /** What is not applied yet, in words; empty = all is. */
  get waitingFor(): readonly string[] {
    return [...this.unfinished.values()].map(({ task, state }) => `${task.key}: ${state}`);
  }

  /** Resolves when each task is done, has failed for good, or waits for another host. */
  async apply(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) this.unfinished.set(task.key, { task, at: 0, state: 'not started' });
    this.onChange();
    const { signal } = this.stopper;
    for (const task of tasks) {
      const running = this.unfinished.get(task.key);
      if (!running || signal.aborted) continue;
      await new Promise<void>((settled) => void this.run(running, signal, settled).finally(settled));
    }
  }

  /** Stops everything that waits; answers the steps that each table still lacks. */
  cancel(): ReadonlyMap<string, readonly Step[]> {
    this.stopper.abort(new OuroborosError('ECANCELED', 'the configuration is applied anew'));
    this.stopper = new AbortController();
    const rest = new Map([...this.unfinished].map(([key, running]) => [key, running.task.steps.slice(running.at)]));
    this.unfinished.clear();
    this.onChange();
    return rest;
  }

  private async run(running: Running, signal: AbortSignal, waits: () => void): Promise<void> {
    const { task } = running;
    for (; running.at < task.steps.length; running.at++) {
      const step = task.steps[running.at]!;
      if (!(await this.tryUntilDone(running, step, signal, waits))) return;
    }
    this.unfinished.delete(task.key);
    this.onChange();
  }

  /** Answers false when the step cannot be done, or was cancelled. */
  private async tryUntilDone(running: Running, step: Step, signal: AbortSignal, waits: () => void): Promise<boolean> {
    const text = stepText(step);
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      running.state = text;
      const error = await this.attempt(step);
      if (signal.aborted) return false;
      if (!error) {
        this.logger.log('info', text, { table: running.task.key });
        return true;
      }
      const local = LOCAL.includes(error.code);
      pause = Math.min(pause, local ? LONGEST_LOCAL_PAUSE_MS : LONGEST_PAUSE_MS);
      const again = local || (NEEDS_PEERS.includes(step.do) && !NEVER_CURED.includes(error.code));
      running.state = `${text}: ${error.message}`;
      this.onChange();
      const fields = { table: running.task.key, code: error.code, error: error.message };
      if (!again) {
        this.logger.log('error', `${text} failed`, fields);
        return false;
      }
      this.logger.log(pause === FIRST_PAUSE_MS ? 'info' : 'debug', `${text}: not yet, trying again`, {
        ...fields,
        pauseMs: pause,
      });
      waits();
      if (!(await this.pause(fromMs(pause), signal))) return false;
    }
  }

  private async attempt(step: Step): Promise<OuroborosError | undefined> {
    try {
      await performStep(step, this.irm);
      return undefined;
    } catch (thrown) {
      return toOuroborosError(thrown);
    }
  }

  /** Answers false when it was cancelled. */
  private async pause(delay: Micros, signal: AbortSignal): Promise<boolean> {
    return sleep(this.clock, delay, signal).then(
      () => true,
      () => false,
    );
  }
}
