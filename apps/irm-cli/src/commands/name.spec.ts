import { CommandLine } from '../testing/command-line.js';

const RULE = `+${'-'.repeat(52)}+${'-'.repeat(22)}+\n`;
const row = (name: string, policy: string): string => `| ${name.padStart(50)} | ${policy.padStart(20)} |\n`;

async function withLayers(): Promise<CommandLine> {
  const cli = new CommandLine();
  await cli.given(
    'ipcp boot name l0 type local layer loop',
    'ipcp boot name n1 type unicast layer net',
    'ipcp boot name n2 type unicast layer net',
  );
  return cli;
}

describe('irm name create and destroy', () => {
  it('create with round-robin unless told otherwise, and twice without complaint', async () => {
    const cli = new CommandLine();
    expect(await cli.run('name create a')).toEqual({ status: 0, stdout: '', stderr: '' });
    await cli.given('name create b lb spillover', 'name create c lb spill sk /k c /e', 'name create a lb spill');
    expect(cli.management.callsOf('nameCreate')).toMatchObject([
      [{ name: 'a', balancing: 'round-robin', paths: { serverKey: '' } }],
      [{ name: 'b', balancing: 'spill' }],
      [{ name: 'c', balancing: 'spill', paths: { serverKey: '/k', clientEnc: '/e', clientCrt: '' } }],
      [{ name: 'a', balancing: 'spill' }],
    ]);
    await cli.given('name create e spread nearest');
    expect(cli.management.callsOf('nameCreate').at(-1)).toMatchObject([{ name: 'e', spread: 'nearest' }]);
    expect(await cli.json('name create d')).toEqual({ name: 'd', balancing: 'round-robin', spread: '', direct: '' });
    await cli.given('name create f direct deny');
    expect(cli.management.callsOf('nameCreate').at(-1)).toMatchObject([{ name: 'f', direct: 'deny' }]);
    expect(await cli.run('name create g direct maybe')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('allow, deny'),
    });
  });

  it('say what flows of the name must or may have', async () => {
    const cli = new CommandLine();
    await cli.given('name create a', 'name create b encryption off', 'name create c auth require');
    expect(cli.management.callsOf('nameCreate')).toMatchObject([
      [{ security: { encryption: '', authentication: '' } }],
      [{ security: { encryption: 'off', authentication: '' } }],
      [{ security: { encryption: '', authentication: 'require' } }],
    ]);
    expect(await cli.run('name create d authentication off')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('require, offer'),
    });
  });

  it('may be told later what their flows must have', async () => {
    const cli = new CommandLine();
    await cli.given('name create a', 'name secure a encryption require authentication offer', 'name secure a');
    expect(cli.management.callsOf('nameSecure')).toEqual([
      ['a', { encryption: 'require', authentication: 'offer' }],
      ['a', { encryption: '', authentication: '' }],
    ]);
    expect(await cli.run('name secure b')).toMatchObject({ status: 4 });
  });

  it('destroy, and are status 4 for what is unknown', async () => {
    const cli = new CommandLine();
    await cli.given('name create a', 'name destroy a');
    expect(await cli.run('name destroy a')).toMatchObject({
      status: 4,
      stderr: 'irm name destroy: name "a" is unknown\n',
    });
  });
});

describe('irm name list', () => {
  it('of nothing is one line and a blank one', async () => {
    expect((await new CommandLine().run('name list')).stdout).toBe('No names in system.\n\n');
  });

  it('is the table of C, sorted by name, or what begins with a prefix', async () => {
    const cli = new CommandLine();
    await cli.given('name create hello', 'name create arrow lb spill');
    const head = RULE + row('name', 'load-balance policy') + RULE;
    expect((await cli.run('name list')).stdout).toBe(
      head + row('arrow', 'spillover') + row('hello', 'round-robin') + RULE,
    );
    expect((await cli.run('name list list he')).stdout).toBe(head + row('hello', 'round-robin') + RULE);
    expect((await cli.run('n l l zz')).stdout).toBe(head + RULE);
  });

  it('tells programs, processes and registrations in JSON', async () => {
    const cli = await withLayers();
    await cli.given(
      'name register hello layer net',
      'bind program oping name hello auto -- -l',
      'bind process 77 name hello',
    );
    expect(await cli.json('name list')).toEqual({
      names: [
        {
          name: 'hello',
          balancing: 'spill',
          spread: '',
          direct: '',
          programs: [{ path: '/usr/bin/oping', args: ['-l'], auto: true }],
          pids: [77],
          registered: ['n1', 'n2'],
        },
      ],
    });
  });
});

describe('irm name register and unregister', () => {
  it('register by IPCPs and layers, wildcards included', async () => {
    const cli = await withLayers();
    const { stdout } = await cli.run('name register hello ipcp l* layer ne* ipcp n1');
    expect(stdout).toBe(
      'hello: registered at l0 (layer loop)\nhello: registered at n1 (layer net)\nhello: registered at n2 (layer net)\n',
    );
    expect(await cli.json('name unregister hello layer *')).toEqual({
      name: 'hello',
      ipcps: ['l0', 'n1', 'n2'],
      skipped: [],
    });
  });

  it('are status 4 for an unknown layer or IPCP and do nothing then', async () => {
    const cli = await withLayers();
    expect(await cli.run('name register hello layer net layer nett')).toMatchObject({
      status: 4,
      stderr: 'irm name register: layer "nett" is unknown at this host: did you mean "net"?\n',
    });
    expect(await cli.run('name unregister hello ipcp x')).toMatchObject({ status: 4 });
    expect(cli.management.callsOf('nameRegister')).toEqual([]);
  });

  it('say which IPCPs they left out', async () => {
    const cli = await withLayers();
    await cli.management.ipcpCreate({ name: 'b', type: 'broadcast', restart: 'never' });
    await cli.management.ipcpBootstrap({ name: 'b', layer: 'net', config: {}, autobind: false });
    const ran = await cli.run('name register hello layer net');
    expect(ran).toMatchObject({ status: 0, stderr: 'irm: b left out: type broadcast has no directory\n' });
  });
});
