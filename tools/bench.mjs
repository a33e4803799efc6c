// npm run bench: sets up what is missing, then measures (apps/bench). `--tree` and `--guard` bring another checkout in.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutOf } from './guard.mjs';
import { bundleMeasured } from './measured.mjs';
import { prepare } from './prepare.mjs';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const options = { tree: { type: 'string' }, guard: { type: 'string' } };
const { tree, guard } = parseArgs({ args, strict: false, options }).values;

let child;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    interrupted = true;
    child?.kill(signal);
  });

/** Resolves with the exit status of the bench. */
function bench(...words) {
  child = spawn(process.execPath, [join(root, 'apps', 'bench', 'bundle', 'bench.cjs'), ...words], { stdio: 'inherit' });
  return new Promise((done) => child.on('exit', (code, signal) => done(signal ? 1 : (code ?? 1))));
}

/** A base that can't be had is no reason to fail; that we were interrupted is. */
async function compare() {
  await bundleMeasured(root);
  const base = await checkoutOf(guard);
  if (base === null) return interrupted ? 1 : 0;
  try {
    return await bench('--guard', base.folder);
  } finally {
    base.remove();
  }
}

prepare('generate', 'bundle');
if (typeof guard === 'string') process.exitCode = await compare();
else {
  await bundleMeasured(typeof tree === 'string' ? resolve(tree) : root);
  process.exitCode = await bench(...args);
}
