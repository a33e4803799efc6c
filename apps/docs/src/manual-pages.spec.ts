import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from '@ouroboros/demo';
import { ROOT } from './document.js';

const PAGES = join(ROOT, 'docs', 'man');
const pages = readdirSync(PAGES);
const apps = readdirSync(join(ROOT, 'apps'));

const checkers: readonly (readonly [program: string, ...args: string[]])[] = [
  ['mandoc', '-T', 'lint', '-W', 'warning'],
  ['groff', '-man', '-ww', '-z'],
];
/** The pages have no date, so that they are the same whenever they are made. */
const NO_DATE = /missing date/;

interface Manifest {
  readonly bin?: Readonly<Record<string, string>>;
}

const programs = apps
  .map((app) => join(ROOT, 'apps', app, 'package.json'))
  .filter(existsSync)
  .flatMap((file) => Object.keys((JSON.parse(readFileSync(file, 'utf8')) as Manifest).bin ?? {}));

describe('the manual pages', () => {
  it('are as the programs say', () => {
    expect(spawnSync('node', ['tools/manual.mjs', '--check'], { cwd: ROOT, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: '',
    });
  });

  it.each(programs)('tell about %s', (program) => {
    const names = pages.map((page) => /\.SH NAME\n(.*) \\- /.exec(readFileSync(join(PAGES, page), 'utf8'))![1]!);
    expect(names.flatMap((line) => line.split(', '))).toContain(program);
  });

  describe.each(checkers)('for %s', (program, ...args) => {
    const there = installed(program) !== undefined;
    if (!there) process.stdout.write(`  skipped: there is no ${program} here\n`);
    (there ? it.each(pages) : it.skip.each(pages))('%s has no fault', (page) => {
      const ran = spawnSync(program, [...args, join(PAGES, page)], { encoding: 'utf8' });
      const complaints = `${ran.stdout}${ran.stderr}`.split('\n').filter((line) => line !== '' && !NO_DATE.test(line));
      expect(complaints).toEqual([]);
    });
  });

  it('show what help shows', () => {
    if (installed('mandoc') === undefined) return void process.stdout.write('  skipped: there is no mandoc here\n');
    const shown = execFileSync('mandoc', ['-T', 'utf8', '-O', 'width=400', join(PAGES, 'irm.1')], { encoding: 'utf8' });
    const plain = shown.replace(/.[\b]/g, '');
    expect(plain).toContain('irm name register <name> [ipcp <ipcp>]... [layer <layer>]... [--json]');
    expect(plain).toContain('Register a name in layers, so that it can be reached there.');
  });
});
