// npm test: sets up what is missing and runs the specs; `--long` runs the long ones instead. Further arguments go to jest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare } from './prepare.mjs';

const args = process.argv.slice(2);
const long = args.includes('--long');
prepare('generate', 'bundle');
const jest = join(import.meta.dirname, '..', 'node_modules', 'jest', 'bin', 'jest.js');
const { status } = spawnSync(
  process.execPath,
  [jest, ...(long ? ['--config', 'jest.long.config.mjs'] : []), ...args.filter((arg) => arg !== '--long')],
  { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' },
);
process.exit(status ?? 1);
