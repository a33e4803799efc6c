import { OneNode } from './one-node.js';

jest.setTimeout(30_000);

/** nobody, and its group, on every Linux. */
const NOBODY = 65_534;

// Only root can start processes of other users.
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

let node: OneNode;
beforeEach(() => void (node = new OneNode()));
afterEach(() => node.destroy());

const configuration = (settings: string): string =>
  `[irmd]\n${settings}\n[local.l0]\nbootstrap = "loop"\nreg = ["hello"]\n`;

asRoot('another user', () => {
  it('cannot reach a node that has no group', async () => {
    await node.up(configuration(''));
    await node.serve('hello');
    const ping = await node.startAs(NOBODY, 'oping', '-n', 'hello', '-c', '1').ended;
    expect(ping).toMatchObject({ status: 3, stdout: '' });
    expect(ping.tookMs).toBeLessThan(2_000);
    const list = await node.startAs(NOBODY, 'irm', 'ipcp', 'list').ended;
    expect(list).toMatchObject({ status: 3, stdout: '' });
  });

  it.each([
    ['directly', ''],
    ['through a layer', 'direct_flows = false'],
  ])('shares flows %s when irmd allows it, as client and as server', async (_how, setting) => {
    await node.up(configuration(`group = "${NOBODY}"\nallow_other_users = true\n${setting}`));
    const ours = await node.serve('hello');
    expect(await node.startAs(NOBODY, 'oping', '-n', 'hello', '-c', '2', '-i', '5ms').ended).toMatchObject({
      status: 0,
    });
    await ours.kill('SIGTERM');
    const theirs = node.startAs(NOBODY, 'oping', '-l');
    await theirs.says(/server started/);
    await node.irm.bindProcess(theirs.pid, 'hello');
    expect(await node.run('oping', '-n', 'hello', '-c', '2', '-i', '5ms')).toMatchObject({ status: 0 });
  });

  it('of the group gets no direct flow where other users are not allowed', async () => {
    await node.up(`[irmd]\ngroup = "${NOBODY}"\n[name.hello]\n`);
    await node.serve('hello');
    const ping = await node.startAs(NOBODY, 'oping', '-n', 'hello', '-c', '1').ended;
    expect(ping).toMatchObject({ status: 6, stderr: expect.stringContaining('another user') });
  });
});
