// A revision as a checkout whose programs are bundled, for `npm run bench -- --guard REF`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleMeasured } from './measured.mjs';

const root = join(import.meta.dirname, '..');
const BUILD_LIMIT_MS = 180_000;

/** The output of a command; an error with what it said. */
function output(command, args, cwd = root) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: BUILD_LIMIT_MS,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${(stderr || stdout).trim()}`);
  return stdout.trim();
}

/** The folder of a revision in which everything is built, and what removes it; null, and the reason is said, where that can't be had. */
export async function checkoutOf(ref) {
  const folder = mkdtempSync(join(tmpdir(), 'o7g-'));
  const remove = () => {
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: root });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    output('git', ['worktree', 'add', '--detach', folder, ref]);
    if (!sameDependencies(folder)) throw new Error('its dependencies are others');
    output('cp', ['-al', join(root, 'node_modules'), folder]);
    const nx = join(folder, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
    output(process.execPath, [nx, 'run-many', '-t', 'generate', 'bundle', '--outputStyle=static'], folder);
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
