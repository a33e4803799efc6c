import { OneNode, until } from './one-node.js';
import type { Program, Ran } from './programs.js';

jest.setTimeout(60_000);

let node: OneNode;
beforeEach(() => void (node = new OneNode()));
afterEach(() => node.destroy());

const CONFIGURATION = '[irmd]\ndirect_flows = false\n[local.l0]\nbootstrap = "loop"\n';

/** A server of a tool, bound to a name and registered. */
async function serving(name: string, tool: string, ...args: string[]): Promise<Program> {
  const server = node.start(tool, ...args);
  const bind = (): Promise<boolean> =>
    node.irm.bindProcess(server.pid, name).then(
      () => true,
      () => false,
    );
  await until('the server is attached', bind, 10_000);
  await node.irm.regName(name, { layers: ['loop'] });
  return server;
}

const statuses = (runs: readonly Ran[]): (number | null)[] => runs.map(({ status }) => status);

describe('oecho', () => {
  it.each(['raw', 'data'])('says hello and is answered, with QoS %s', async (qos) => {
    await node.up(CONFIGURATION);
    const server = await serving('oecho', 'oecho', '--listen');
    const plain = await node.run('oecho', '-q', qos);
    const json = await node.run('oecho', '-q', qos, '--json');
    expect(plain).toMatchObject({ status: 0, stdout: 'Server replied with Client says hi!\n', stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'oecho', reply: 'Client says hi!', receivedBytes: 16 });
    const { status, stdout, stderr } = await server.kill('SIGINT');
    const flow = 'New flow.\nMessage from client is Client says hi!.\n';
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `Starting the server.\n${flow}${flow}`,
      stderr: '',
    });
  });

  it('says what is wrong, with the exit statuses of all tools', async () => {
    const without = await node.run('oecho');
    await node.up(CONFIGURATION);
    const runs = [without, await node.run('oecho'), await node.run('oecho', '-x'), await node.run('oecho', '--help')];
    expect(statuses(runs)).toEqual([3, 4, 2, 0]);
    expect(runs[1]!.stderr).toContain('oecho: ');
  });
});

describe('ocbr', () => {
  it('sends at a rate, and the server counts every packet', async () => {
    await node.up(CONFIGURATION);
    const server = await serving('cbr', 'ocbr', '--listen');
    const client = await node.run('ocbr', '-n', 'cbr', '-d', '2', '-r', '1M', '-s', '500', '--json');
    const sent = JSON.parse(client.stdout) as { packets: number; bytes: number };
    expect([client.status, sent.bytes]).toEqual([0, sent.packets * 500]);
    // 250 packets a second; a busy machine sends fewer, none sends more.
    expect(sent.packets).toBeGreaterThan(250);
    expect(sent.packets).toBeLessThanOrEqual(502);
    await server.says(new RegExp(` ${sent.packets} packets \\( +${sent.bytes} bytes\\)`));
    expect(await server.kill('SIGTERM')).toMatchObject({ status: 0, stderr: '' });
  });

  it('floods until it is interrupted, and both sides sum up', async () => {
    await node.up(CONFIGURATION);
    const server = await serving('cbr', 'ocbr', '--listen', '--json', '-i', '100', '-t', '5');
    const client = node.start('ocbr', '-n', 'cbr', '-f');
    await client.says(/Client started, duration 60, flooding, size 1000 B/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { status, stdout } = await client.kill('SIGINT');
    const [, packets] = /sent statistics: +(\d+) packets/.exec(stdout)!;
    expect([status, Number(packets) > 100]).toEqual([0, true]);
    await server.says(/"of":"end"/);
    expect(JSON.parse(server.stdout)).toMatchObject({ of: 'end', packets: Number(packets) });
  });

  it('says what is wrong, with the exit statuses of all tools', async () => {
    const without = await node.run('ocbr', '-n', 'cbr');
    await node.up(CONFIGURATION);
    const runs = [
      without,
      await node.run('ocbr', '-n', 'nobody'),
      await node.run('ocbr'),
      await node.run('ocbr', '--help'),
    ];
    expect(statuses(runs)).toEqual([3, 4, 2, 0]);
  });
});
