import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OuroborosError, VERSION } from '@ouroboros/model';
import { helpText } from '@ouroboros/manual';
import { parseCommandLine } from './command-line.js';
import { MANUAL } from './manual.js';

const fault = (...args: string[]): string => {
  try {
    parseCommandLine(args);
  } catch (thrown) {
    if (thrown instanceof OuroborosError && thrown.code === 'EINVAL') return thrown.message;
    throw thrown;
  }
  return '';
};

describe('the command line of irmd', () => {
  it('may be empty', () => {
    expect(parseCommandLine([])).toEqual({
      config: undefined,
      checkConfig: false,
      stdout: false,
      runtimeDir: undefined,
      logLevel: undefined,
      help: false,
      version: false,
    });
  });

  it('takes each option', () => {
    const args = [
      '--config',
      'f',
      '--check-config',
      '--stdout',
      '--runtime-dir=/d',
      '--log-level',
      'debug',
      '--help',
      '--version',
    ];
    expect(parseCommandLine(args)).toEqual({
      config: 'f',
      checkConfig: true,
      stdout: true,
      runtimeDir: '/d',
      logLevel: 'debug',
      help: true,
      version: true,
    });
  });

  it.each([
    [['--colour'], "Unknown option '--colour'"],
    [['-x'], "Unknown option '-x'"],
    [['up'], "Unexpected argument 'up'"],
    [['--config'], "Option '--config <value>' argument missing"],
    [['--config', ''], '--config needs a path'],
    [['--runtime-dir='], '--runtime-dir needs a path'],
    [['--check-config'], '--check-config needs --config FILE'],
    [['--log-level', 'loud'], '--log-level must be one of trace, debug, info, warn, error, not "loud"'],
  ])('refuses %j', (args, message) => {
    expect(fault(...args)).toBe(message);
  });

  it('is described in the usage', () => {
    for (const option of ['config', 'check-config', 'stdout', 'runtime-dir', 'log-level', 'help', 'version']) {
      expect(helpText(MANUAL)).toContain(`--${option}`);
    }
  });

  it('tells the version of the package', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ version: VERSION });
  });
});
