import { OuroborosError } from '@ouroboros/model';
import { ROOT } from './root.js';
import type { Entry } from '../grammar/command.js';
import { CommandLine } from '../testing/command-line.js';

/** Words that may stand in place of the last word of a line; the line ends behind it. */
async function offered(cli: CommandLine, line: string): Promise<readonly string[]> {
  const { stdout, status } = await cli.runWords(['completion', 'words', '--', ...line.split(' ')]);
  expect(status).toBe(0);
  const [paths, ...candidates] = stdout.trimEnd().split('\n');
  return [...(paths ? [`(${paths})`] : []), ...candidates.map((candidate) => candidate.split('\t', 1)[0]!)];
}

const node = async (): Promise<CommandLine> => {
  const cli = new CommandLine();
  await cli.given(
    'ipcp boot name l0 type local layer loop',
    'ipcp boot name net.a type unicast layer net',
    'name create hello',
  );
  return cli;
};

describe('irm completion words', () => {
  it.each([
    ['irm ip', ['ipcp']],
    ['/usr/bin/irm ip', ['ipcp']],
    ['irm ipcp c', ['create', 'connect']],
    ['irm i c', ['create', 'connect']],
    ['irm help ipcp disc', ['disconnect']],
    ['irm ipcp help type l', ['local']],
    ['irm nonsense ', []],
    ['irm name reg h', ['hello']],
    ['irm name reg hello ', ['ipcp', 'layer', '--json', '--help']],
    ['irm name reg hello --json l', ['layer']],
    ['irm name reg hello l ', ['loop', 'net']],
    ['irm name reg hello l loop layer n', ['net']],
    ['irm bind ipcp n', ['net.a']],
    ['irm bind program ', ['(program)']],
    ['irm bind program oping name h', ['hello']],
    ['irm bind program oping name hello a', ['auto']],
    ['irm bind program oping name hello auto a', []],
    ['irm bind program oping name hello -- x', ['(file)']],
    ['irm name create web sencpath ', ['(file)']],
    ['irm name create web lb ', ['round-robin', 'spillover']],
    ['irm ipcp connect name net.a dst hello comp ', ['*', 'mgmt', 'dt']],
    ['irm ipcp boot type udp4 i', ['ip']],
    ['irm ipcp boot type unicast i', []],
    ['irm ipcp boot type local name x h', ['hash']],
    ['irm route list n', ['net.a']],
    ['irm wait --r', ['--ready']],
    ['irm wait --ready --r', []],
    ['irm pki issue hello c', ['client']],
    ['irm pki issue hello --key p-3', ['p-384']],
    ['irm pki issue hello --to ', ['(directory)']],
    ['irm invite l', ['list', 'loop']],
    ['irm invite net --t', ['--ttl']],
    ['irm completion f', ['fish']],
    ['irm --node-', ['--node-name']],
    ['irm --node h', []],
    ['irm --node far --cert ', ['(file)']],
    ['irm --node far name reg h', ['hello']],
    ['irm bind program oping name hello -- --node x', ['(file)']],
  ])('offers for "%s" %j', async (line, expected) => {
    expect(await offered(await node(), line)).toEqual(expected);
  });

  it('offers what the program of a type says of its bootstrap', async () => {
    const cli = await node();
    const key = { legal: 'a number', help: 'how fast', required: false, fallback: '1' };
    cli.management.types.set('pigeon', { type: 'pigeon', rank: 0, operations: [], keys: [{ key: 'speed', ...key }] });
    expect(await offered(cli, 'irm ipcp boot type pigeon name x layer y s')).toEqual(['speed']);
  });

  it('offers paths of the RIB step by step', async () => {
    const cli = await node();
    cli.management.rib.set('dt/counters', '1');
    expect(await offered(cli, 'irm rib cat net')).toEqual(['net.a']);
    expect(await offered(cli, 'irm rib cat net.a/')).toEqual(['net.a/dt']);
    expect(await offered(cli, 'irm rib cat net.a/dt/')).toEqual(['net.a/dt/counters']);
  });

  it('is silent about the node when its daemon does not answer, and closes what it opened', async () => {
    const cli = await node();
    cli.management.failNext('nameList', new OuroborosError('EIRMD', 'no daemon'));
    expect(await cli.runWords('completion words -- irm name reg h'.split(' '))).toEqual({
      status: 0,
      stdout: '\n',
      stderr: '',
    });
    expect(cli.open).toBe(0);
  });

  it('does not wait long for a daemon that hangs', async () => {
    const cli = await node();
    cli.management.nameList = () => new Promise(() => undefined);
    const startedAt = performance.now();
    expect(await offered(cli, 'irm name reg h')).toEqual([]);
    expect(performance.now() - startedAt).toBeGreaterThan(250);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('answers for every command of the table without a fault', async () => {
    const cli = await node();
    const paths = (entry: Entry, path: string): string[] =>
      entry.kind === 'command'
        ? [path]
        : [...entry.entries, ...(entry.ours ?? [])].flatMap((inner) => paths(inner, `${path} ${inner.word}`));
    const all = paths(ROOT, 'irm');
    expect(all.length).toBeGreaterThan(30);
    for (const line of all) {
      expect(await offered(cli, line)).toContain(line.split(' ').at(-1));
      expect(await offered(cli, `${line} --h`)).toEqual(['--help']);
    }
  });
});

describe('irm completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s without asking the daemon', async (shell) => {
    const cli = new CommandLine();
    const { stdout, status } = await cli.run(`completion ${shell}`);
    expect(status).toBe(0);
    expect(stdout).toContain('irm completion words -- ');
    expect(await cli.json(`completion ${shell}`)).toEqual({ shell, script: stdout });
    expect(cli.management.calls).toEqual([]);
  });

  it('knows no other shell', async () => {
    expect(await new CommandLine().run('completion tcsh')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('shell must be one of bash, zsh, fish, words, not "tcsh"'),
    });
  });
});
