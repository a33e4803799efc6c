/**
 * The two processes of a measurement: `--serve <runtime directory>`, or a task as JSON. It is bundled with the library of the checkout that is
 * measured, and knows nothing of the rest of the bench.
 */
import { openFlows, OuroborosError, type Flow } from '@ouroboros/flow/node';
import { QOS_BY_NAME } from '@ouroboros/model';
import { allocations } from './allocations.js';
import { oneWay } from './one-way.js';
import { roundTrips } from './round-trip.js';
import { serve } from './server.js';
import type { Results, Task } from './task.js';

async function measure(task: Task): Promise<Results[Task['kind']]> {
  const flows = openFlows({ runtimeDir: task.runtimeDir });
  const flow = await flows.alloc(task.name, { qos: QOS_BY_NAME[task.qos]! });
  flow.noPartialRead = true;
  if ((flow.crypto !== null) !== task.encrypted)
    throw new OuroborosError('EINVAL', `the flow to ${task.name} is ${task.encrypted ? 'not ' : ''}encrypted`);
  if (task.kind === 'allocations') return allocations(flows, task.name, task.seconds, task.warmUpS);
  return onFlow(flow, task);
}

async function onFlow(flow: Flow, task: Exclude<Task, { kind: 'allocations' }>): Promise<Results[Task['kind']]> {
  const { size, seconds, warmUpS } = task;
  if (task.kind === 'one-way') return oneWay(flow, size, seconds, warmUpS, [...task.watched, self()]);
  await roundTrips(flow, size, warmUpS);
  return roundTrips(flow, size, seconds, task.pauseMs);
}

const self = () => ({ process: 'client', pid: process.pid });

async function main(): Promise<void> {
  const [first, runtimeDir] = process.argv.slice(2);
  if (first === '--serve') return serve(runtimeDir!);
  const result = await measure(JSON.parse(first!) as Task);
  await new Promise((resolve) => process.send!(result, resolve));
}

void main().then(
  () => process.exit(0),
  (thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exit(1);
  },
);
