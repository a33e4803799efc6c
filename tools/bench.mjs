// npm run bench: sets up what is missing, then measures (apps/bench).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare } from './prepare.mjs';

prepare('generate', 'bundle');
const bench = join(import.meta.dirname, '..', 'apps', 'bench', 'bundle', 'bench.cjs');
const child = spawn(process.execPath, [bench, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
