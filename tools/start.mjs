// npm start: sets up what is missing, then runs the demo (apps/demo).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare } from './prepare.mjs';

prepare('generate', 'bundle');
const demo = join(import.meta.dirname, '..', 'apps', 'demo', 'bundle', 'demo.cjs');
const child = spawn(process.execPath, [demo, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
