import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitStatus, toOuroborosError } from '@ouroboros/model';
import { runtimeDir } from '@ouroboros/node-runtime';
import { checkTriangle } from './check.js';
import { Interrupted, interruption } from './interruption.js';
import { statusText } from './status.js';
import { Triangle } from './triangle.js';

const HELP = `npm start                    run three nodes in a triangle until Ctrl-C
npm start -- --check         run them unattended: ping, cut a link, heal it, tear down; exit 0, or 1 on any failure
npm start -- --port <port>   UDP port of all three nodes (3435; with --check a free one)
`;
const UDP_PORT = 3435;
const STATUS_INTERVAL_MS = 2000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const sayStep = (node: string, command: string): void => say(`  ${node}$ ${command}`);

function optionsOf(argv: string[]): { check: boolean; help: boolean; port: number | undefined } {
  const { values } = parseArgs({
    args: argv,
    options: { check: { type: 'boolean' }, help: { type: 'boolean' }, port: { type: 'string' } },
  });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new TypeError(`--port ${values.port}: must be a whole number from 1 to 65535`);
  }
  return { check: values.check ?? false, help: values.help ?? false, port };
}

async function check(port: number, signal: AbortSignal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'o7s-'));
  const started = Date.now();
  try {
    const triangle = await Triangle.start({ runtimeDir: join(folder, 'n'), port, say: sayStep, signal });
    say(`three nodes ready in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    try {
      const { longestGapMs, replies, faults } = await checkTriangle(triangle, say, signal);
      say(`longest gap ${longestGapMs.toFixed(0)} ms, ${replies} replies to pings every 10 ms`);
      for (const fault of faults) say(`FAILED: ${fault}`);
      return faults.length === 0 ? 0 : 1;
    } finally {
      await triangle.stop();
      say('torn down');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(port: number, signal: AbortSignal): Promise<number> {
  const dir = runtimeDir();
  const started = Date.now();
  const triangle = await Triangle.start({ runtimeDir: dir, port, say: sayStep, signal });
  say(`\nthree nodes ready in ${((Date.now() - started) / 1000).toFixed(1)} s. In another terminal:\n`);
  say('  npx oping -n hello -c 3         from n1, to n2 or n3');
  say('  npx irm status                  of n1; of another node:');
  for (const { plan } of triangle.nodes)
    say(`  OUROBOROS_RUNTIME_DIR=${plan.runtimeDir} npx irm status    # ${plan.name}`);
  say('\nCtrl-C ends the nodes and removes everything.\n');
  const stopStatus = showStatus(triangle);
  if (!signal.aborted) await once(signal, 'abort');
  stopStatus();
  say('\nending the nodes');
  await triangle.stop();
  return 0;
}

/** On a terminal the table is drawn again in place; elsewhere it is printed when it has changed. */
function showStatus(triangle: Triangle): () => void {
  let last = '';
  let stopped = false;
  const show = async (): Promise<void> => {
    const text = await statusText(triangle);
    if (stopped || text === last) return;
    if (last !== '' && process.stdout.isTTY) process.stdout.write(`\x1b[${last.split('\n').length}A\x1b[J`);
    last = text;
    say(text);
  };
  void show();
  const timer = setInterval(() => void show(), STATUS_INTERVAL_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

async function main(): Promise<number> {
  const signal = interruption();
  try {
    const options = optionsOf(process.argv.slice(2));
    if (options.help) {
      process.stdout.write(HELP);
      return 0;
    }
    return options.check
      ? await check(options.port ?? 20_000 + (process.pid % 20_000), signal)
      : await run(options.port ?? UDP_PORT, signal);
  } catch (thrown) {
    if (signal.reason instanceof Interrupted) return signal.reason.exitStatus;
    if (thrown instanceof TypeError) {
      process.stderr.write(`${thrown.message}\n${HELP}`);
      return 2;
    }
    const error = toOuroborosError(thrown);
    process.stderr.write(`npm start: ${error.message}\n`);
    return exitStatus(error.code);
  }
}

void main().then((status) => process.exit(status));
