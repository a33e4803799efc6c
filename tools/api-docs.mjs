// Writes the reference part of docs/api.md, and adds what is new to the snapshot of the API that no change may break.
import { build } from 'esbuild';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const outfile = join(root, 'node_modules', '.cache', 'api-docs.mjs');
await build({
  stdin: {
    contents: `export * from './apps/docs/src/api/reference.ts'; export * from './apps/docs/src/api/schema.ts';
export * from './apps/docs/src/api/snapshot.ts'; export * from './apps/docs/src/api/files.ts';`,
    resolveDir: root,
    loader: 'ts',
  },
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  conditions: ['source'],
  packages: 'external',
  alias: Object.fromEntries(
    ['model', 'ports', 'rpc', 'node-runtime', 'machine'].map((name) => [
      `@ouroboros/${name}`,
      join(root, 'packages', name, 'src', 'index.ts'),
    ]),
  ),
  logLevel: 'warning',
});
const { MARK, reference, readSchema, snapshotOf, API_DOCUMENT, EXAMPLES_FILE, SNAPSHOT } = await import(
  pathToFileURL(outfile)
);
rmSync(outfile);

const read = (path) => readFileSync(join(root, path), 'utf8');
const schema = readSchema(root);
const [byHand] = read(API_DOCUMENT).split(MARK);
writeFileSync(join(root, API_DOCUMENT), byHand + reference(schema, read(EXAMPLES_FILE)));
const lines = new Set([...read(SNAPSHOT).split('\n').filter(Boolean), ...snapshotOf(schema)]);
writeFileSync(join(root, SNAPSHOT), [...lines].sort().join('\n') + '\n');
