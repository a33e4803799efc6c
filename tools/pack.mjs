// Packs all programs into one folder that can stand anywhere, and into a tarball of it: npm run pack. Needs what
// `npm run build` makes, and makes it. The folder holds
//   bin/ the programs   bundle/ their code   node_modules/ the packages beside it, koffi for this machine's processor   share/ manuals, completion, systemd
// With --image DIR it also makes what a container consists of: in DIR/root the folder, the node that runs this script, and the
// libraries of both; DIR/state is the empty folder of its volume.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { BESIDE } from './packages.mjs';
import { prepare } from './prepare.mjs';

const ROOT = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const NAME = `ouroboros-${version}-linux-${process.arch}`;
/** How a program begins; an image has no env. */
const SHEBANG = /^#!\/usr\/bin\/env (-S )?node/;

/** Folders of the workspace that have programs for those who run a node. */
function programFolders() {
  return ['apps', 'packages']
    .flatMap((place) => readdirSync(join(ROOT, place)).map((name) => join(ROOT, place, name)))
    .filter((folder) => existsSync(join(folder, 'bin')));
}

/** The programs and their bundles as they stand in the workspace, without source maps. */
function packPrograms(to) {
  for (const folder of programFolders()) {
    for (const file of readdirSync(join(folder, 'bin'))) {
      const program = join(to, 'bin', basename(file, '.cjs'));
      cpSync(join(folder, 'bin', file), program);
      chmodSync(program, 0o755);
    }
    cpSync(join(folder, 'bundle'), join(to, 'bundle'), { recursive: true, filter: (path) => !path.endsWith('.map') });
  }
}

/** The packages that stand beside the bundles: no sources, no documents, no binaries of other systems. */
function packPackages(to) {
  const unwanted = /\/(doc|lib|vendor|musl_x64|modules-esm)$|\.(cc|hh|inc|def|S|asm|md|d\.ts)$/;
  for (const part of [...BESIDE, `@koromix/koffi-linux-${process.arch}`]) {
    cpSync(join(ROOT, 'node_modules', part), join(to, 'node_modules', part), {
      recursive: true,
      filter: (path) => !unwanted.test(path),
    });
  }
}

function packShare(to) {
  for (const page of readdirSync(join(ROOT, 'docs', 'man'))) {
    cpSync(join(ROOT, 'docs', 'man', page), join(to, 'share', 'man', `man${page.at(-1)}`, page));
  }
  const completions = {
    bash: 'bash-completion/completions/irm',
    zsh: 'zsh/site-functions/_irm',
    fish: 'fish/vendor_completions.d/irm.fish',
  };
  for (const [shell, file] of Object.entries(completions)) {
    const path = join(to, 'share', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, execFileSync(process.execPath, [join(to, 'bin', 'irm'), 'completion', shell]));
  }
  for (const [from, name] of [
    ['docker/systemd', 'systemd'],
    ['docker/kubernetes', 'kubernetes'],
    ['docker/irmd.conf', 'irmd.conf'],
    ['docs/irmd.conf', 'irmd.conf.example'],
  ]) {
    cpSync(join(ROOT, from), join(to, 'share', 'ouroboros', name), { recursive: true });
  }
  for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md']) cpSync(join(ROOT, file), join(to, file));
}

/** Shared libraries of the given programs, the loader among them, by the paths under which they are looked for. */
function librariesOf(...files) {
  const lines = files.flatMap((file) => execFileSync('ldd', [file], { encoding: 'utf8' }).split('\n'));
  return new Set(lines.map((line) => /(\/\S+) \(0x/.exec(line)?.[1]).filter((path) => path !== undefined));
}

/** A file system with node, the libraries and the packed folder: no shell, no package manager. */
function packImage(packed, to) {
  const node = join(to, 'usr', 'local', 'bin', 'node');
  const koffi = join(
    packed,
    'node_modules',
    '@koromix',
    `koffi-linux-${process.arch}`,
    `linux_${process.arch}`,
    'koffi.node',
  );
  cpSync(realpathSync(process.execPath), node);
  for (const library of librariesOf(process.execPath, koffi)) cpSync(realpathSync(library), join(to, library));
  const programs = join(to, 'opt', 'ouroboros');
  cpSync(packed, programs, { recursive: true });
  for (const program of readdirSync(join(programs, 'bin'))) {
    const path = join(programs, 'bin', program);
    writeFileSync(path, readFileSync(path, 'utf8').replace(SHEBANG, '#!/usr/local/bin/node'));
  }
  cpSync(join(ROOT, 'docker', 'rootfs'), to, { recursive: true });
  cpSync(join(ROOT, 'docker', 'irmd.conf'), join(to, 'etc', 'ouroboros', 'irmd.conf'));
}

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(ROOT, 'dist') }, image: { type: 'string' } },
});
prepare('generate', 'bundle');
const packed = join(values.out, NAME);
rmSync(packed, { recursive: true, force: true });
for (const folder of ['bin', 'bundle']) mkdirSync(join(packed, folder), { recursive: true });
writeFileSync(join(packed, 'package.json'), `${JSON.stringify({ name: 'ouroboros', version, type: 'commonjs' })}\n`);
packPrograms(packed);
packPackages(packed);
packShare(packed);
execFileSync('tar', [
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '-C',
  values.out,
  '-czf',
  `${packed}.tar.gz`,
  NAME,
]);
console.log(`${packed}.tar.gz`);
if (values.image) {
  rmSync(values.image, { recursive: true, force: true });
  packImage(packed, join(values.image, 'root'));
  mkdirSync(join(values.image, 'state'));
  console.log(values.image);
}
