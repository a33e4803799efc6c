// What the generators do to the workspace: write a package from a template, and have it known.
const { formatFiles, generateFiles, readJson, updateJson } = require('@nx/devkit');
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

/** `carrier-pigeon` → `CarrierPigeon`, `carrierPigeon`. */
const pascal = (name) => name.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());
const camel = (name) => pascal(name).replace(/^./, (letter) => letter.toLowerCase());

function checkName(name) {
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) && name.length <= 40) return;
  throw new Error(
    `name must be small letters and digits in parts joined by "-", such as carrier-pigeon, not "${name}"`,
  );
}

/**
 * Writes a new package. `folder` from the root of the workspace, `template` an absolute path, `references` those for
 * tsconfig.json. The result installs the package's links when everything is written.
 */
async function addPackage(tree, { name, folder, templates, references, words = {} }) {
  checkName(name);
  if (tree.exists(folder)) throw new Error(`${folder} exists`);
  const { version } = readJson(tree, 'package.json');
  const all = { name, Name: pascal(name), varName: camel(name), version, ...words };
  for (const template of templates) generateFiles(tree, template, folder, all);
  updateJson(tree, 'tsconfig.json', (config) => ({
    ...config,
    references: [...config.references, ...references.map((path) => ({ path: join(folder, path) }))],
  }));
  await formatFiles(tree);
  return () => install(tree.root);
}

/** Links the package and its programs, and enters it in the lockfile; nothing has to be downloaded. */
function install(root) {
  const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}

module.exports = { addPackage };
