#!/usr/bin/env node
// Runs a TypeScript file that uses the packages of this workspace: tools/run.mjs FILE [ARGUMENT...].
import { build } from 'esbuild';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [file, ...args] = process.argv.slice(2);
if (!file) throw new Error('usage: run.mjs FILE [ARGUMENT...]');
const root = join(import.meta.dirname, '..');

const { outputFiles } = await build({
  entryPoints: [file],
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  conditions: ['source'],
  external: ['koffi', 'pino-pretty'],
  // Some dependencies are CommonJS.
  banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
  logLevel: 'warning',
});

// Inside node_modules, so that koffi is found beside it; renamed into place, as several may run the same file.
const folder = join(root, 'node_modules', '.cache', 'ouroboros');
mkdirSync(folder, { recursive: true });
const bundle = join(folder, `${basename(file)}.mjs`);
writeFileSync(`${bundle}.${process.pid}`, outputFiles[0].text);
renameSync(`${bundle}.${process.pid}`, bundle);

process.argv = [process.argv[0], resolve(file), ...args];
await import(pathToFileURL(bundle).href);
