// Builds the image of docker/Dockerfile without a registry: npm run image [-- --tag NAME]. What the first stage would make is made
// on this machine, of this machine's node; the last stage is taken as it stands.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './prepare.mjs';

const ROOT = join(import.meta.dirname, '..');
const CONTEXT = join(ROOT, 'dist', 'image');
const { values } = parseArgs({ options: { tag: { type: 'string', default: 'ouroboros' } } });

/** The last stage, with the packed file system as its context. */
function lastStage() {
  const text = readFileSync(join(ROOT, 'docker', 'Dockerfile'), 'utf8');
  return text
    .slice(text.lastIndexOf('\nFROM ') + 1)
    .replaceAll('--from=build ', '')
    .replaceAll('/image/', '/');
}

const engine = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
if (engine.status !== 0) {
  const why = engine.error ? 'the program docker is not installed' : engine.stderr.trim().split('\n').at(-1);
  console.error(`npm run image needs a Docker engine: ${why}`);
  process.exit(1);
}
run(process.execPath, [join(ROOT, 'tools', 'pack.mjs'), '--image', CONTEXT]);
run('docker', ['build', '--tag', values.tag, '--file', '-', CONTEXT], {
  input: lastStage(),
  stdio: ['pipe', 'inherit', 'inherit'],
});
console.log(`image ${values.tag}`);
