import { openFlows, type Flow, type Flows } from '@ouroboros/flow/node';
import { QOS_DATA, QOS_RAW } from '@ouroboros/model';
import { answersPing, downAfter, refusedWithin } from './flows.js';
import { OneNode, until } from './one-node.js';
import type { Program } from './programs.js';

/** The names say how they are reached; `irm name list` shows what they demand. */
const CONFIGURATION = `
[name.direct]
direct = "allow"
[name.layered]
direct = "deny"
[name.secret]
encryption = "require"
[name.proven]
authentication = "require"
[name.trusted]
authentication = "require"
direct = "allow"
[name.nowhere]
direct = "deny"
[local.loop]
bootstrap = "loop"
reg = ["direct", "layered", "secret", "proven"]
`;

let node: OneNode;
let client: Flows;
beforeAll(async () => {
  node = new OneNode();
  await node.up(CONFIGURATION);
  client = openFlows({ runtimeDir: node.dir });
});
afterAll(async () => {
  await client.close();
  await node.destroy();
});

describe.each([
  ['direct', '', 'none'],
  ['layered', 'loop', 'its own key'],
] as const)('A flow to the name %s, over layer "%s"', (name, layer, key) => {
  let server: Program;
  let flow: Flow;
  beforeEach(async () => {
    server = await node.serve(name);
    flow = await client.alloc(name, { qos: { ...QOS_RAW, timeout: 1_000 } });
    await answersPing(flow);
  });
  afterEach(async () => {
    await flow.dealloc();
    await server.kill('SIGKILL');
  });

  it(`is what it is asked to be, with ${key}`, async () => {
    expect([flow.name, flow.layer, flow.crypto === null]).toEqual([name, layer, key === 'none']);
    expect(flow.qos).toEqual({ ...QOS_RAW, timeout: 1_000 });
    const flows = (await node.irm.listFlows()).filter(({ correlationId }) => correlationId === flow.correlationId);
    expect(flows.map(({ name: of, layer: over, state }) => [of, over, state])).toEqual(
      (layer === '' ? [0] : [0, 1]).map(() => [name, layer, 'allocated']),
    );
  });

  it('takes 16 MiB, and refuses more with EMSGSIZE', async () => {
    expect(flow.maxPacket).toBe(16 * 2 ** 20);
    await expect(flow.write(new Uint8Array(flow.maxPacket + 1))).rejects.toMatchObject({ code: 'EMSGSIZE' });
  });

  it('is down when the server is killed, for reads and writes', async () => {
    const down = downAfter(flow);
    await server.kill('SIGKILL');
    expect(await down).toBeLessThan(1_000);
    await expect(flow.write(new Uint8Array(64))).rejects.toMatchObject({ code: 'EFLOWDOWN' });
  });

  it('is down when the server ends it, after what was sent before has been read', async () => {
    await flow.write(new Uint8Array(64));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.kill('SIGINT');
    expect((await flow.read({ timeoutMs: 3_000 })).length).toBe(64);
    await expect(flow.read({ timeoutMs: 3_000 })).rejects.toMatchObject({ code: 'EFLOWDOWN' });
  });

  it('has lost its peer when that is silent for the time-out', async () => {
    process.kill(server.pid, 'SIGSTOP');
    await expect(flow.read({ timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'EFLOWPEER' });
    process.kill(server.pid, 'SIGCONT');
  });

  it('is refused when nobody serves the name any more', async () => {
    await server.kill('SIGKILL');
    expect((await refusedWithin(2_000, client.alloc(name))).code).toBe('ENOSERVER');
  });

  it('may be reliable: its end is read, too', async () => {
    const reliable = await client.alloc(name, { qos: QOS_DATA });
    await answersPing(reliable);
    await reliable.finish();
    await expect(reliable.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'EPIPE' });
    await reliable.dealloc();
  });
});

describe('A flow whose server ends it at once', () => {
  it.each(['direct', 'layered'])('to the name %s brings what was written before, then its end', async (name) => {
    const server = node.start('brief-server', '100');
    await until('it serves', () =>
      node.irm.bindProcess(server.pid, name).then(
        () => true,
        () => false,
      ),
    );
    for (let left = 100; left > 0; left -= 1) {
      const flow = await client.alloc(name, { qos: QOS_RAW });
      const read = (): Promise<Uint8Array> => flow.read({ timeoutMs: 3_000 });
      expect([[...(await read())], [...(await read())]]).toEqual([[left], [7]]);
      await expect(read()).rejects.toMatchObject({ code: 'EFLOWDOWN' });
      await flow.dealloc();
    }
    expect((await server.ended).status).toBe(0);
  });
});

describe('A name that demands something', () => {
  it('is served over a layer, which brings it', async () => {
    const server = await node.serve('secret');
    const flow = await client.alloc('secret');
    expect([flow.layer, flow.crypto !== null]).toEqual(['loop', true]);
    await node.irm.bindProcess(server.pid, 'proven');
    expect(await refusedWithin(2_000, client.alloc('proven'))).toMatchObject({ code: 'EAUTH' });
    await flow.dealloc();
  });

  it('is served directly when it says so, and says why it is not otherwise', async () => {
    const server = await node.serve('trusted');
    const flow = await client.alloc('trusted');
    expect([flow.layer, flow.crypto]).toEqual(['', null]);
    await node.irm.bindProcess(server.pid, 'nowhere');
    const ran = await node.run('oping', '-n', 'nowhere', '-c', '1');
    expect(ran.stderr).toMatch(
      /nowhere is served on this host, but in no layer \(asked: loop\): the name denies direct flows/,
    );
    await flow.dealloc();
  });

  it('may be made and shown by irm', async () => {
    await node.irmOk('name', 'create', 'made', 'direct', 'deny');
    const { names } = JSON.parse(await node.irmOk('name', 'list', '--json')) as { names: object[] };
    expect(names).toContainEqual(expect.objectContaining({ name: 'made', direct: 'deny' }));
    expect(names).toContainEqual(expect.objectContaining({ name: 'direct', direct: 'allow' }));
  });
});
