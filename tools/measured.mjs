// Bundles the two processes of a measurement (apps/bench/src/measured) with the packages of the checkout in `tree`.
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const ENTRY = join(import.meta.dirname, '..', 'apps', 'bench', 'src', 'measured', 'main.ts');

/** Inside the node_modules of the checkout, so that koffi is found beside it. */
export async function bundleMeasured(tree) {
  const outfile = join(tree, 'node_modules', '.cache', 'ouroboros', 'measured.cjs');
  // It may be a link to that of another checkout.
  rmSync(outfile, { force: true });
  await build({
    entryPoints: [ENTRY],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    conditions: ['source'],
    external: ['koffi', 'pino-pretty'],
    plugins: [packagesOf(tree)],
    logLevel: 'warning',
  });
}

const packagesOf = (tree) => ({
  name: 'packages of the checkout',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^@ouroboros\// }, ({ path, kind, pluginData }) =>
      pluginData === tree ? undefined : resolve(path, { resolveDir: join(tree, 'apps'), kind, pluginData: tree }),
    ),
});
