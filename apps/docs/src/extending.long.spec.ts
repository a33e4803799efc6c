import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blocksOf, IN_A_COPY, remarkOf, ROOT, type Block } from './document.js';
import { Sandbox } from './sandbox.js';

/** The target: a new shim takes less than this, from the generator to a working ping. */
const MOST_LINES_BY_HAND = 150;
const NOT_COPIED = ['.git', '.nx', 'coverage'];
const LIMIT_MS = 600_000;

const blocks = IN_A_COPY.flatMap(blocksOf);
const sections = [...new Set(blocks.map(({ section }) => section))];
const written = (block: Block): string | undefined => remarkOf(block, 'write');

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'o7w-'));
  const entries = readdirSync(ROOT).filter((entry) => !NOT_COPIED.includes(entry));
  execFileSync('cp', ['-a', '--reflink=auto', ...entries.map((entry) => join(ROOT, entry)), copy]);
}, LIMIT_MS);
afterAll(() => rmSync(copy, { recursive: true, force: true }), LIMIT_MS);

/** Files of the copy that are not as in the workspace, or not in it; folders that are new end with "/". */
function changed(): string[] {
  const args = [
    '-rq',
    ...[...NOT_COPIED, 'node_modules', 'dist', 'bundle', '*.tsbuildinfo'].map((name) => `--exclude=${name}`),
    ROOT,
    copy,
  ];
  const report = spawnText('diff', args);
  return report
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => /^Only in (.*): (.*)$/.exec(line)?.slice(1).join('/') ?? / and (.*) differ$/.exec(line)![1]!)
    .map((path) => path.replace(`${copy}/`, ''))
    .sort();
}

/** What a program prints, whatever its exit status. */
function spawnText(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8' });
  } catch (thrown) {
    return String((thrown as { stdout: string }).stdout);
  }
}

describe.each(sections)('the section %s', (title) => {
  let sandbox: Sandbox;
  beforeAll(() => {
    sandbox = new Sandbox(copy);
  });
  afterAll(async () => expect(await sandbox.close()).toEqual([]), LIMIT_MS);

  for (const block of blocks.filter(({ section }) => section === title)) {
    const path = written(block);
    if (path !== undefined) {
      it(`has ${path} written`, () => {
        mkdirSync(dirname(join(copy, path)), { recursive: true });
        writeFileSync(join(copy, path), block.text);
      });
    } else {
      it(
        `works as it stands, line ${block.line}: ${block.text.split('\n', 1)[0]}`,
        async () => {
          const ran = await sandbox.run(block.text);
          expect(ran).toEqual({ status: 0, output: ran.output });
          expect(ran.output).toContain(remarkOf(block, 'prints') ?? '');
        },
        LIMIT_MS,
      );
    }
  }
});

describe('what was added', () => {
  const added = ['apps/greet', 'packages/ipcp-pigeon', 'packages/policy-lowest'];

  it('is three packages, and nothing else but the lockfile and references', () => {
    expect(changed()).toEqual([...added, 'package-lock.json', 'tsconfig.json'].sort());
  });

  it(
    'keeps the rules of the house',
    () => {
      const run = (program: string, ...args: string[]): void =>
        void execFileSync(join(copy, 'node_modules', '.bin', program), args, { cwd: copy, stdio: 'pipe' });
      run('eslint', ...added);
      run('prettier', '--check', ...added, 'tsconfig.json');
      run('tsc', '-p', 'tsconfig.spec.json');
      run('tsc', '-b', ...added);
    },
    LIMIT_MS,
  );

  it(`is a new shim of which less than ${MOST_LINES_BY_HAND} lines were written by hand`, () => {
    const byHand = blocks.filter((block) => written(block)?.startsWith('packages/ipcp-pigeon/'));
    const lines = byHand.reduce((sum, { text }) => sum + text.trimEnd().split('\n').length, 0);
    process.stdout.write(`  measured: lines by hand for a new shim: ${lines} in ${byHand.length} files\n`);
    expect(lines).toBeLessThan(MOST_LINES_BY_HAND);
    expect(readFileSync(join(copy, written(byHand[0]!)!), 'utf8')).toBe(byHand[0]!.text);
  });
});
