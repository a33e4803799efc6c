import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from '@ouroboros/demo';
import { readText, ROOT } from '../document.js';

const UNIT = 'docker/systemd/ouroboros.service';
const DROP_INS = ['ethernet.conf', 'ip-tunnel.conf'];
/** What systemd-analyze may find at most; 10 is a unit without any restriction. */
const MOST_EXPOSED = 3;

/** All values of a key. */
const valuesOf = (key: string, file = UNIT): string[] =>
  [...readText(file).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map((match) => match[1]!);
const dockerfile = readText('docker/Dockerfile');

describe('the unit for systemd', () => {
  it('has the paths and variables of the image', () => {
    const words = (line: string): string[] => line.split(' ').filter((word) => !word.startsWith('PATH='));
    expect(valuesOf('Environment').flatMap(words)).toEqual(words(/^ENV (.*)$/m.exec(dockerfile)![1]!));
    const entry = ['ENTRYPOINT', 'CMD'].flatMap(
      (word) => JSON.parse(new RegExp(`^${word} (.*)$`, 'm').exec(dockerfile)![1]!) as string[],
    );
    expect(valuesOf('ExecStart')).toEqual([`/opt/ouroboros/bin/${entry.join(' ')}`]);
    expect(valuesOf('StateDirectory').map((name) => `/var/lib/${name}`)).toEqual(
      [...dockerfile.matchAll(/^VOLUME (.*)$/gm)].map((match) => match[1]),
    );
  });

  it('gives no capability, and each drop-in gives one', () => {
    for (const key of ['CapabilityBoundingSet', 'AmbientCapabilities']) {
      expect(valuesOf(key)).toEqual(['']);
      expect(DROP_INS.map((file) => valuesOf(key, `docker/systemd/${file}`))).toEqual([
        ['CAP_NET_RAW'],
        ['CAP_NET_ADMIN'],
      ]);
    }
  });
});

const hasSystemd = installed('systemd-analyze') !== undefined;
if (!hasSystemd) process.stdout.write('  skipped: systemd-analyze is not installed\n');

(hasSystemd ? describe : describe.skip)('systemd', () => {
  let root: string;
  let units: string;
  const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'o7u-'));
    units = join(root, 'etc', 'systemd', 'system');
    mkdirSync(units, { recursive: true });
    cpSync(join(ROOT, UNIT), join(units, 'ouroboros.service'));
    for (const program of ['opt/ouroboros/bin/irmd', 'bin/kill']) {
      mkdirSync(join(root, program, '..'), { recursive: true });
      writeFileSync(join(root, program), '', { mode: 0o755 });
    }
    // What comes with systemd; the unit waits for it.
    for (const target of readdirSync('/lib/systemd/system').filter((name) => name.endsWith('.target'))) {
      cpSync(join('/lib/systemd/system', target), join(root, 'lib', 'systemd', 'system', target), {
        dereference: true,
      });
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const verify = () => analyze('verify', `--root=${root}`, '--man=no', '--recursive-errors=no', 'ouroboros.service');

  it.each([[], ['ethernet.conf'], ['ip-tunnel.conf'], DROP_INS].map((files) => [files]))(
    'finds no fault in it with the drop-ins %j, and little exposure',
    (files) => {
      const folder = join(units, 'ouroboros.service.d');
      rmSync(folder, { recursive: true, force: true });
      for (const file of files) cpSync(join(ROOT, 'docker', 'systemd', file), join(folder, file));
      expect(verify()).toMatchObject({ status: 0, stderr: '' });
      const { stdout } = analyze('security', '--offline=true', `--root=${root}`, '--no-pager', 'ouroboros.service');
      const exposure = Number(/exposure level for ouroboros\.service: ([\d.]+)/.exec(stdout)?.[1]);
      process.stdout.write(`  measured: exposure with ${files.join(', ') || 'no drop-in'}: ${exposure}\n`);
      expect(exposure).toBeLessThan(MOST_EXPOSED);
    },
  );

  it('finds a fault where there is one', () => {
    writeFileSync(join(units, 'ouroboros.service'), readText(UNIT).replace('KillMode=mixed', 'KillMode=mixd'));
    expect(verify().stderr).toContain('mixd');
  });
});
