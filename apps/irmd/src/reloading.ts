import type { Logger, Management } from '@ouroboros/ports';
import type { Applier } from './apply/applier.js';
import type { Configuration } from './config/configuration.js';
import { formatFault } from './config/fault.js';
import { loadConfiguration } from './config/load-configuration.js';
import { reloadDiff, type Living, type Reload } from './config/reload-diff.js';
import { stepText, type Step, type Task } from './config/step.js';

export interface ReloadTarget {
  readonly irm: Pick<Management, 'ipcpList' | 'nameList'>;
  readonly applier: Applier;
  readonly logger: Logger;
}

/**
 * What SIGHUP does: reads the file again, applies what applies live, says what it applied and what it refused. Answers the
 * configuration that the node runs with from now on: the running one when the file has faults.
 */
export async function reload(
  file: string,
  running: Configuration,
  target: ReloadTarget,
  useSettings: (configuration: Configuration) => void,
): Promise<Configuration> {
  const { applier, logger } = target;
  const { configuration, faults } = await loadConfiguration(file);
  for (const fault of faults) logger.log('error', `configuration: ${formatFault(fault)}`, { file });
  if (faults.length > 0) {
    logger.log('error', 'the configuration has faults, nothing was changed', { file, faults: faults.length });
    return running;
  }
  const lives = await living(target.irm);
  const change = reloadDiff(running, configuration, lives);
  report(change, logger);
  useSettings(change.effective);
  const left = applier.cancel();
  await applier.apply(withLeftOvers(change.tasks, left, lives));
  logger.log('info', 'configuration read again', {
    file,
    applied: change.tasks.length,
    refused: change.refused.length,
  });
  return change.effective;
}

async function living(irm: ReloadTarget['irm']): Promise<Living> {
  const [ipcps, names] = await Promise.all([irm.ipcpList(), irm.nameList()]);
  return { ipcps: new Set(ipcps.map(({ name }) => name)), names: new Set(names.map(({ name }) => name)) };
}

function report(change: Reload, logger: Logger): void {
  for (const setting of change.settings) logger.log('info', `configuration applied: ${setting}`);
  for (const { key, steps } of change.tasks) {
    for (const step of steps) logger.log('info', `configuration applies: ${stepText(step)}`, { table: key });
  }
  for (const fault of change.refused)
    logger.log('warn', `configuration refused: ${formatFault(fault)}`, { key: fault.path });
}

/**
 * Steps of the former file that were not done yet go first in their table, but those that the new file takes back. What
 * belongs to an IPCP that was destroyed meanwhile is done anew by the new task, or dropped.
 */
export function withLeftOvers(
  tasks: readonly Task[],
  left: ReadonlyMap<string, readonly Step[]>,
  lives: Living,
): Task[] {
  const fresh = new Map(tasks.map((task) => [task.key, task.steps]));
  const takenBack = new Set(tasks.flatMap((task) => task.steps.map(inverseText)));
  const old = [...left].map(([key, steps]): Task => {
    const valid = steps.filter(
      (step) => !takenBack.has(stepText(step)) && ('ipcp' in step ? lives.ipcps : lives.names).has(ownerOf(step)),
    );
    const own = fresh.get(key) ?? [];
    fresh.delete(key);
    return { key, steps: [...valid, ...own] };
  });
  const rest = tasks.filter((task) => fresh.has(task.key));
  return [...old.filter((task) => task.steps.length > 0), ...rest];
}

const ownerOf = (step: Step): string => ('ipcp' in step ? step.ipcp : step.name);

/** The step that this one takes back, as text; empty when there is none. */
function inverseText(step: Step): string {
  if (step.do === 'name-unregister') return stepText({ ...step, do: 'name-register' });
  if (step.do === 'ipcp-disconnect') return stepText({ ...step, do: 'ipcp-connect' });
  return '';
}
