import { VERSION } from '@ouroboros/model';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { daemonHelp, parseCommandLine } from './index.js';

describe('the command line of an IPCP daemon', () => {
  it('runs an IPCP by name', () => {
    const run = { kind: 'run', name: 'n1', irmd: null, orphanTimeoutMs: 60_000 };
    expect(parseCommandLine(['--name', 'n1'])).toEqual(run);
    expect(parseCommandLine(['--name=n1', '--irmd', '/x y', '--orphan-timeout=0.5'])).toEqual({
      ...run,
      irmd: '/x y',
      orphanTimeoutMs: 500,
    });
  });

  it.each([
    [[], '--name is required'],
    [['--name'], '--name needs a value'],
    [
      ['n1'],
      "unknown argument 'n1'; legal: --name, --irmd, --orphan-timeout, --help, --version, --check-config, --describe",
    ],
    [['--name', 'n', '--orphan-timeout', 'x'], '--orphan-timeout must be a number of seconds up to 86400'],
  ])('says what is wrong with %j', (args, message) => {
    expect(parseCommandLine(args)).toEqual({ kind: 'wrong', message });
  });

  it('knows the flags, which need nothing else', () => {
    expect(parseCommandLine(['--check-config'])).toEqual({ kind: 'check-config' });
    expect(parseCommandLine(['--describe'])).toEqual({ kind: 'describe' });
    expect(parseCommandLine(['--help'])).toEqual({ kind: 'help' });
    expect(parseCommandLine(['--version'])).toEqual({ kind: 'version' });
    expect(daemonHelp('ipcpd-x')).toContain('Usage: ipcpd-x --name NAME');
  });
});

describe('the version', () => {
  it('is that of the package', () => {
    const manifest = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as { version: string };
    expect(VERSION).toBe(manifest.version);
  });
});
