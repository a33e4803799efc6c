// Builds the image of docker/Dockerfile without a registry: npm run image [-- --tag NAME]. What the first stage would make is made
// on this machine, of this machine's node; the last stage is taken as it stands.
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

run(process.execPath, [join(ROOT, 'tools', 'pack.mjs'), '--image', CONTEXT]);
run('docker', ['build', '--tag', values.tag, '--file', '-', CONTEXT], {
  input: lastStage(),
  stdio: ['pipe', 'inherit', 'inherit'],
});
console.log(`image ${values.tag}`);
