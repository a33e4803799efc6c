// A revision as a checkout whose programs are bundled, for `npm run bench -- --guard REF`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleMeasured } from './measured.mjs';

const root = join(import.meta.dirname, '..');
/** For everything before the measurement. */
const LIMIT_MS = 150_000;

/** Runs a command until `limit` at most; an error with what it said. */
function run(limit, command, args, cwd = root) {
  const timeout = Math.max(Math.ceil(limit - performance.now()), 1);
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${(stderr || stdout).trim()}`);
}

/** The folder of a revision in which everything is built, and what removes it; null, and the reason is said, where that can't be had. */
export async function checkoutOf(ref) {
  const folder = mkdtempSync(join(tmpdir(), 'o7g-'));
  const remove = () => {
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: root });
    rmSync(folder, { recursive: true, force: true });
  };
  const limit = performance.now() + LIMIT_MS;
  try {
    run(limit, 'git', ['worktree', 'add', '--detach', folder, ref]);
    if (sameDependencies(folder)) run(limit, 'cp', ['-al', join(root, 'node_modules'), folder]);
    else run(limit, 'npm', ['ci', '--no-audit', '--no-fund'], folder);
    const nx = join(folder, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
    run(limit, process.execPath, [nx, 'run-many', '-t', 'generate', 'bundle', '--outputStyle=static'], folder);
    await bundleMeasured(folder);
    return { folder, remove };
  } catch (thrown) {
    console.log(`${ref} is not compared with: ${thrown.message}`);
    remove();
    return null;
  }
}

const sameDependencies = (folder) =>
  readFileSync(join(folder, 'package-lock.json'), 'utf8') === readFileSync(join(root, 'package-lock.json'), 'utf8');
