// Writes what is made of the manuals of the programs (apps/*/src/manual.ts): the pages in docs/man, and for the completion
// of irm the tables of all programs. Run by `npm run generate`; with --check it only says which pages are stale.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const PAGES = join(ROOT, 'docs', 'man');
const TABLES = join(ROOT, 'apps', 'irm-cli', 'src', 'gen', 'programs.ts');
const check = process.argv.includes('--check');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What a TypeScript file of the workspace exports. */
async function load(...path) {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, ...path)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    conditions: ['source'],
    external: ['koffi', 'pino-pretty'],
    logLevel: 'warning',
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(
    module,
    module.exports,
    createRequire(join(ROOT, 'x')),
  );
  return module.exports;
}

/** irmd.conf(5) is the commented example, which a test compares with what irmd takes. */
function configurationPage({ lines, part, text }) {
  const example = readFileSync(join(ROOT, 'docs', 'irmd.conf'), 'utf8')
    .trimEnd()
    .split('\n');
  return {
    name: 'irmd.conf',
    section: 5,
    summary: 'configuration of irmd',
    parts: [
      ...part('DESCRIPTION', [
        text(
          'A file in TOML that is given to irmd with --config: what it makes at the start, in the order of the file. irmd --check-config reports all faults at once with their key paths, and changes nothing. SIGHUP makes a running irmd read the file again; it applies what can be applied live, and says what needs a restart.',
        ),
        text('Below stands every table and key. What is commented out shows the default, unless it says otherwise.'),
      ]),
      ...part('TABLES', [lines(example)]),
      ...part('SEE ALSO', [text('irmd(8), irm(1)')]),
    ],
  };
}

const manual = await load('packages', 'manual', 'src', 'index.ts');
const programs = readdirSync(join(ROOT, 'apps')).filter((app) =>
  existsSync(join(ROOT, 'apps', app, 'src', 'manual.ts')),
);
const manuals = [];
for (const app of programs.filter((name) => name !== 'irm-cli')) {
  manuals.push((await load('apps', app, 'src', 'manual.ts')).MANUAL);
}
if (!check) {
  mkdirSync(join(TABLES, '..'), { recursive: true });
  const tables = manuals.map(({ name, aliases, options, verbs }) => ({
    names: [name, ...(aliases ?? [])],
    options: Object.assign({}, ...options, manual.INFORMATION),
    verbs,
  }));
  const source = `import type { ProgramTable } from '../completion/complete-program.js';

/** Of all programs but irm: made by tools/manual.mjs. */
export const PROGRAMS: readonly ProgramTable[] = ${JSON.stringify(tables, undefined, 2)};
`;
  if (!existsSync(TABLES) || readFileSync(TABLES, 'utf8') !== source) writeFileSync(TABLES, source);
}

const { PAGE } = await load('apps', 'irm-cli', 'src', 'manual.ts');
const pages = new Map(
  [PAGE, configurationPage(manual), ...manuals.map(manual.toolPage)].map((page) => [
    `${page.name}.${page.section}`,
    manual.roff(page, version),
  ]),
);
mkdirSync(PAGES, { recursive: true });
const present = readdirSync(PAGES);
const stale = [...pages]
  .filter(([file, text]) => !present.includes(file) || readFileSync(join(PAGES, file), 'utf8') !== text)
  .map(([file]) => file);
const left = present.filter((file) => !pages.has(file));
if (check) {
  for (const file of [...stale, ...left]) console.log(`docs/man/${file} is stale: run "npm run generate"`);
  process.exitCode = stale.length + left.length > 0 ? 1 : 0;
} else {
  for (const file of stale) writeFileSync(join(PAGES, file), pages.get(file));
  for (const file of left) rmSync(join(PAGES, file));
}
