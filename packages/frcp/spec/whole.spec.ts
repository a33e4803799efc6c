/** What every drawn run must fulfil; no tests here. */
import { fromMs, micros, NEVER } from '@ouroboros/model';
import { FRCP_MAX_WINDOW } from '../src/index.js';
import { OurEnd } from './our-end.spec.js';
import { Run, drawPlan } from './run.spec.js';

/** Virtual time in which every drawn run must end, lost, slow and cut as its path may be. */
const LIMIT_MS = 900_000;
/** Long enough for what is under way, and for every timer but those that are to stop. */
const AFTERWARDS = fromMs(20_000);

/** Runs a seed; throws, with what it was about, unless every byte came once and in order and then there was silence. */
export function runWhole(seed: number): void {
  const [plan, random] = drawPlan(seed);
  const run = new Run(plan, random);
  const fail = (what: string): never => {
    const { ours, peer, world } = run;
    const bytes = `${ours.written} > ${peer.received}, ${peer.written} > ${ours.received}`;
    throw new Error(`seed ${seed} at ${world.now / 1000} ms: ${what} (${bytes}): ${JSON.stringify(plan)}`);
  };
  if (!run.finish(LIMIT_MS)) fail(run.down ? 'a flow went down' : 'not all arrived');
  for (const end of [run.ours, run.peer]) {
    if (!(end instanceof OurEnd)) continue;
    if (Math.max(end.mostOutstanding, end.mostReadable) > FRCP_MAX_WINDOW) fail('a queue grew beyond its window');
    if (!end.frcp.delivered || !end.frcp.alive) fail('an end does not know that all arrived');
  }
  run.world.run(micros(run.world.now + AFTERWARDS), () => false);
  if (!run.complete) fail('something came twice');
  if (run.ours.deadline !== NEVER) fail('a timer does not stop');
}
