import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitStatus, OuroborosError, type ErrorCode } from '@ouroboros/model';
import { ROOT } from './commands/root.js';
import type { Entry } from './grammar/command.js';
import { runIrm } from './run.js';
import { CommandLine } from './testing/command-line.js';

const UNREACHABLE = 'Failed to communicate with the Ouroboros IPC Resource Manager daemon.';

describe('a command for another node', () => {
  it('goes there, and is refused where it works on this host alone', async () => {
    const cli = new CommandLine();
    expect(await cli.run('--node lab status')).toMatchObject({ status: 0 });
    expect(cli.nodes).toEqual([{ node: 'lab' }]);
    for (const line of ['--node lab pki status', '--node lab why hello']) {
      const { status, stderr } = await cli.run(line);
      expect(status).toBe(2);
      expect(stderr).toContain('this works on this host alone, not at node lab');
    }
    expect(await cli.run('status --node lab')).toMatchObject({ status: 2 });
  });
});

describe('a run', () => {
  it('that only explains opens no connection', async () => {
    for (const argv of [['--help'], ['ipcp', 'create', '--help'], ['help'], ['--version'], ['nonsense'], []]) {
      let out = '';
      const open = (): never => {
        throw new Error('opened');
      };
      const status = await runIrm(argv, {
        stdout: (text) => void (out += text),
        stderr: () => undefined,
        open,
        openPki: open,
        openTryFlow: open,
        openJoining: open,
        signal: new AbortController().signal,
      });
      const explains = argv.some((word) => word.includes('help') || word === '--version');
      expect([status, out !== '']).toEqual(explains ? [0, true] : [2, false]);
    }
  });

  it('prints the version', async () => {
    const cli = new CommandLine();
    expect((await cli.run('--version')).stdout).toMatch(/^Ouroboros version \d+\.\d+\.\d+\n$/);
    expect(JSON.parse((await cli.run('--version --json')).stdout)).toEqual({ version: expect.any(String) as string });
  });

  it('closes the connection, done or failed', async () => {
    const cli = new CommandLine();
    await cli.run('ipcp list');
    await cli.run('name destroy x');
    expect(cli.open).toBe(0);
  });

  it('says how to go on after a usage error, on stderr only', async () => {
    const cli = new CommandLine();
    expect(await cli.run('i c nam x')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'irm ipcp create: unknown word "nam": did you mean "name"?\nTry "irm ipcp create --help".\n',
    });
    expect(cli.management.calls).toEqual([]);
  });

  it('says that irmd is not reachable, and how to find it, with status 3', async () => {
    for (const code of ['EIRMD', 'ECONNREFUSED'] as const) {
      const cli = new CommandLine();
      cli.management.failNext('ipcpList', new OuroborosError(code, 'no socket /run/x/irm.sock'));
      expect(await cli.run('ipcp list')).toEqual({
        status: 3,
        stdout: '',
        stderr: `${UNREACHABLE}\nno socket /run/x/irm.sock\nIs irmd running? OUROBOROS_RUNTIME_DIR chooses the node.\n`,
      });
    }
  });

  it('has errors as JSON on stderr with --json', async () => {
    const cli = new CommandLine();
    const ran = await cli.run('name destroy x --json');
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(JSON.parse(ran.stderr)).toEqual({
      error: { code: 'ENAME', message: 'name "x" is unknown', field: 'name', stage: null, exitStatus: 4 },
    });
    const wrong = await cli.run('name --json destory x');
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: 'EINVAL', field: 'destory', exitStatus: 2 } });
    cli.management.failNext('status', new OuroborosError('EIRMD', 'no socket'));
    expect(JSON.parse((await cli.run('status --json')).stderr)).toMatchObject({
      error: { code: 'EIRMD', message: `${UNREACHABLE} no socket`, exitStatus: 3 },
    });
  });

  it('ends with the exit status of the error', async () => {
    const codes: readonly ErrorCode[] = ['EIO', 'EINVAL', 'EIRMD', 'ENAME', 'ETIMEDOUT', 'EREFUSED', 'EQOS', 'EEXIST'];
    for (const [index, code] of codes.entries()) {
      const cli = new CommandLine();
      cli.management.failNext('status', new OuroborosError(code, 'x'));
      expect(exitStatus(code)).toBe(index + 1);
      expect(await cli.run('status')).toMatchObject({ status: index + 1, stdout: '' });
    }
  });

  it('survives a bug: any error is status 1', async () => {
    const cli = new CommandLine();
    cli.management.status = () => Promise.reject(new TypeError('oops'));
    expect(await cli.run('status')).toEqual({ status: 1, stdout: '', stderr: 'irm status: oops\n' });
  });
});

describe('JSON.md', () => {
  const commands = (entry: Entry, path: readonly string[]): string[] =>
    entry.kind === 'group'
      ? [...entry.entries, ...(entry.ours ?? [])].flatMap((inner) => commands(inner, [...path, inner.word]))
      : [path.join(' ')];

  it.each(commands(ROOT, []))('describes irm %s', (line) => {
    const text = readFileSync(join(__dirname, '..', 'JSON.md'), 'utf8');
    expect(text).toContain(`\`irm ${line}\``);
  });
});
