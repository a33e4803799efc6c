// What `npm start` and `npm test` need on a fresh clone: dependencies as locked, generated code, and the bundled programs.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Runs a command in the workspace; ends this process with its status when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function dependenciesAreInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** Runs nx targets; says on standard error which ones, and shows what they print only when one fails. */
export function prepare(...targets) {
  if (!dependenciesAreInstalled()) {
    console.error('npm ci');
    run('npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['inherit', 2, 2] });
  }
  console.error(`nx run-many -t ${targets.join(' ')}`);
  const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const result = spawnSync(process.execPath, [nx, 'run-many', '-t', ...targets, '--outputStyle=static'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error) throw result.error;
  if (result.status === 0) return;
  process.stderr.write(result.stdout + result.stderr);
  process.exit(result.status ?? 1);
}
