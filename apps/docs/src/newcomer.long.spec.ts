import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, homedir, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blocksOf, remarkOf, ROOT } from './document.js';
import { NOBODY } from './deploy/processes.js';

const MOST_COMMANDS = 4;
const LIMIT_MS = 60_000;
const CACHE = join(homedir(), '.npm', '_cacache');
/** What a clone does not have. */
const NOT_CLONED = ['.git', '.nx', 'node_modules', 'coverage', 'dist', 'bundle', 'gen', '*.tsbuildinfo'];

const blocks = blocksOf('README.md').filter(({ section }) => section === 'The first five minutes');
const [first] = blocks;

const skip = existsSync(CACHE) ? '' : `there is no npm cache in ${CACHE}`;
if (skip) process.stdout.write(`  skipped: ${skip}\n`);

/** A machine that does other things as well gets more time. */
const allowedMs = (): number => LIMIT_MS * Math.max(1, loadavg()[0]! / cpus().length);

describe('the first section of README', () => {
  it(`has at most ${MOST_COMMANDS} commands`, () => {
    const commands = blocks.flatMap(({ text }) => text.trimEnd().split('\n'));
    expect(commands.length).toBeLessThanOrEqual(MOST_COMMANDS);
    expect(commands).toContain('npx oping -n hello -c 3');
  });
});

(skip ? describe.skip : describe)('a newcomer with Node, a clone and a warm npm cache alone', () => {
  let folder: string;
  let tookMs: number;
  let ran: { readonly status: number | null; readonly stdout: string; readonly stderr: string };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'o7n-'));
    const [clone, home] = [join(folder, 'clone'), join(folder, 'home')];
    mkdirSync(join(home, '.npm'), { recursive: true });
    mkdirSync(clone);
    const left = NOT_CLONED.map((name) => `--exclude=${name}`).join(' ');
    execFileSync('bash', ['-c', `tar -C "${ROOT}" -cf - ${left} . | tar -C "${clone}" -xf -`]);
    execFileSync('cp', ['-a', '--reflink=auto', CACHE, join(home, '.npm')]);
    const asRoot = process.getuid?.() === 0;
    if (asRoot) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);
    const startedAt = performance.now();
    ran = spawnSync('bash', ['-eu', '-c', first!.text], {
      cwd: clone,
      encoding: 'utf8',
      env: {
        HOME: home,
        PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
        TMPDIR: folder,
        // The cache is warm: nothing is looked up again.
        npm_config_prefer_offline: 'true',
      },
      ...(asRoot && { uid: NOBODY, gid: NOBODY }),
    });
    tookMs = performance.now() - startedAt;
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gets to a healed ping by the first block as it stands, in a minute', () => {
    process.stdout.write(`  measured: from clone to a healed ping: ${(tookMs / 1000).toFixed(1)} s\n`);
    expect(ran).toEqual({ ...ran, status: 0 });
    expect(ran.stdout).toContain(remarkOf(first!, 'prints'));
    expect(tookMs).toBeLessThan(allowedMs());
  });
});
