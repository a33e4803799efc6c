// Bundles one program: node tools/bundle.mjs <project folder> <program name> [argument...]. It writes
//   <program>.cjs    what is run or required: tools/launch.cjs
//   <program>.js     everything in one function, but a few packages (tools/packages.mjs)
//   <program>.cache  what V8 compiled of it in one run with these arguments (tools/code-cache.mjs)
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ABSENT, BESIDE } from './packages.mjs';

const [project, program, ...args] = process.argv.slice(2);
if (!project || !program) throw new Error('usage: bundle.mjs <project folder> <program name> [argument...]');
const root = join(import.meta.dirname, '..');
const folder = join(root, project);
const entry = [`src/programs/${program}.ts`, `src/${program}.ts`, 'src/main.ts']
  .map((file) => join(folder, file))
  .find(existsSync);
if (!entry) throw new Error(`${project}: no src/main.ts, and no ${program}.ts in src or src/programs`);

const bundle = join(folder, 'bundle', program);
rmSync(`${bundle}.cache`, { force: true });
await build({
  entryPoints: [entry],
  outfile: `${bundle}.js`,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  conditions: ['source'],
  external: [...BESIDE, ...ABSENT],
  // Names stay: profiles, stacks and the names of errors show them.
  minifyWhitespace: true,
  minifySyntax: true,
  // The report of a crash quotes a line.
  lineLimit: 160,
  // Imports that are left are requires, which need no second loader.
  supported: { 'dynamic-import': false },
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
  // Without a mention in the text: it is packed as it is.
  sourcemap: 'external',
  logLevel: 'warning',
});
copyFileSync(join(root, 'tools', 'launch.cjs'), `${bundle}.cjs`);
execFileSync(process.execPath, [join(root, 'tools', 'code-cache.mjs'), bundle, ...args], { stdio: 'ignore' });
