import { CommandLine } from '../testing/command-line.js';

describe('irm bind and unbind', () => {
  it('bind a program with its arguments', async () => {
    const cli = new CommandLine();
    const { stdout } = await cli.run('bind program oping name hello auto -- --listen --json');
    expect(stdout).toBe('/usr/bin/oping: bound to hello\n');
    expect(cli.management.callsOf('bindProgram')).toEqual([
      [{ program: '/usr/bin/oping', name: 'hello', auto: true, args: ['--listen', '--json'] }],
    ]);
    expect(await cli.json('b p oecho n echo')).toEqual({
      program: '/usr/bin/oecho',
      name: 'echo',
      auto: false,
      args: [],
    });
  });

  it('are status 4 for a program that does not exist, 8 for binding otherwise what is bound', async () => {
    const cli = new CommandLine();
    expect(await cli.run('bind program absent name hello')).toMatchObject({
      status: 4,
      stderr: 'irm bind program: program absent does not exist in PATH\n',
    });
    await cli.given('bind program oping name hello');
    expect(await cli.run('bind program oping name hello')).toMatchObject({ status: 0 });
    expect(await cli.run('bind program oping name hello auto')).toMatchObject({ status: 8 });
  });

  it('bind and unbind processes', async () => {
    const cli = new CommandLine();
    expect((await cli.run('bind process 77 name hello')).stdout).toBe('process 77: bound to hello\n');
    expect((await cli.run('unbind process 77')).stdout).toBe('process 77: unbound from all names\n');
    expect(await cli.json('unbind process 77 name hello')).toEqual({ pid: 77, name: 'hello' });
    expect(cli.management.callsOf('unbindProcess')).toEqual([
      [77, ''],
      [77, 'hello'],
    ]);
  });

  it('bind and unbind IPCPs', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name n1 type unicast', 'bind ipcp n1 name hello', 'unbind ipcp n1 name hello');
    expect(cli.management.callsOf('unbindIpcp')).toEqual([['n1', 'hello']]);
    expect(await cli.run('bind ipcp n2 name hello')).toMatchObject({ status: 4 });
    expect(await cli.json('bind ipcp n1 name hello')).toEqual({ ipcp: 'n1', name: 'hello' });
  });

  it('unbind programs from one name or from all', async () => {
    const cli = new CommandLine();
    await cli.given('bind program oping name hello', 'unbind program oping name hello', 'unbind program oping');
    expect(cli.management.callsOf('unbindProgram')).toEqual([
      ['oping', 'hello'],
      ['oping', ''],
    ]);
    expect(await cli.json('unbind program oping')).toEqual({ program: 'oping', name: null });
    expect(await cli.run('unbind program oping name other')).toMatchObject({ status: 4 });
  });
});
