// Bundles one program: node tools/bundle.mjs <project folder> <program name>.
// Everything goes into one CommonJS file but koffi, which looks for its binary beside its own package.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const [project, program] = process.argv.slice(2);
if (!project || !program) throw new Error('usage: bundle.mjs <project folder> <program name>');
const root = join(import.meta.dirname, '..');
const folder = join(root, project);
const entry = [`src/programs/${program}.ts`, `src/${program}.ts`, 'src/main.ts']
  .map((file) => join(folder, file))
  .find(existsSync);
if (!entry) throw new Error(`${project}: no src/main.ts, and no ${program}.ts in src or src/programs`);

await build({
  entryPoints: [entry],
  outfile: join(folder, 'bundle', `${program}.cjs`),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  conditions: ['source'],
  external: ['koffi', 'pino-pretty'],
  sourcemap: 'linked',
  logLevel: 'warning',
});
