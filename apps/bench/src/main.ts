import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Interrupted, interruption } from '@ouroboros/demo';
import { exitStatus, toOuroborosError } from '@ouroboros/model';
import { measure, type Measured } from './client.js';
import { Layout, type Path } from './layout.js';
import { LONG, QUICK, type Plan } from './plan.js';
import { jsonOf, tableOf, type PathResult } from './report.js';
import { serve } from './server.js';

const HELP = `npm run bench                  measure round trip and throughput of each path, raw QoS (about 3 minutes)
npm run bench -- --quick       the same in less than a minute
npm run bench -- --json        one JSON object instead of the table
npm run bench -- --path <path> only direct, local, udp4 or unicast; may be repeated
`;

const OPTIONS = {
  quick: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  path: { type: 'string', multiple: true },
  /** Of the processes that the bench starts. */
  serve: { type: 'string' },
  measure: { type: 'string' },
} as const;

/** What a client process is told, as JSON in its argument. */
interface Task {
  readonly runtimeDir: string;
  readonly name: string;
  readonly plan: Plan;
}

/** Measures in a process of its own, so that one path's garbage and compiled code are not the next one's. */
function measureApart({ clientDir, name }: Path, plan: Plan, signal: AbortSignal): Promise<Measured[]> {
  const task: Task = { runtimeDir: clientDir, name, plan };
  const client = fork(process.argv[1]!, ['--measure', JSON.stringify(task)], { stdio: 'inherit', signal });
  return new Promise((resolve, reject) => {
    client.once('message', (measured) => resolve(measured as Measured[]));
    client.once('error', reject);
    client.once('exit', (status) => reject(new Error(`the client of ${name} ended with status ${status}`)));
  });
}

async function bench(plan: Plan, wanted: readonly string[], json: boolean): Promise<void> {
  const started = performance.now();
  const signal = interruption();
  const layout = await Layout.start(20_000 + (process.pid % 20_000));
  try {
    const results: PathResult[] = [];
    for (const path of layout.paths.filter(({ title }) => wanted.length === 0 || wanted.includes(title))) {
      signal.throwIfAborted();
      if (!json) process.stderr.write(`measuring ${path.title}: ${path.story}\n`);
      results.push({ path, measured: await measureApart(path, plan, signal) });
    }
    const tookS = (performance.now() - started) / 1000;
    process.stdout.write(json ? `${jsonOf(results, tookS)}\n` : `\n${tableOf(results)}\n\n${tookS.toFixed(0)} s\n`);
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    await layout.stop();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.serve !== undefined) return serve(values.serve);
  if (values.measure !== undefined) {
    const { runtimeDir, name, plan } = JSON.parse(values.measure) as Task;
    const measured = await measure(runtimeDir, name, plan);
    await new Promise((resolve) => process.send!(measured, resolve));
  } else if (values.help) process.stdout.write(HELP);
  else await bench(values.quick ? QUICK : LONG, values.path ?? [], values.json ?? false);
  return 0;
}

function failed(thrown: unknown): number {
  if (thrown instanceof TypeError) {
    process.stderr.write(`${thrown.message}\n${HELP}`);
    return 2;
  }
  if (thrown instanceof Interrupted) return thrown.exitStatus;
  const { code, message } = toOuroborosError(thrown);
  process.stderr.write(`npm run bench: ${message}\n`);
  return exitStatus(code);
}

void main()
  .catch(failed)
  .then((status) => process.exit(status));
