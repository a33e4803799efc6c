import { EMPTY_BYTES, fromHex } from '@ouroboros/model';
import { OapFeature } from '@ouroboros/wire';
import { FEATURES, World, directoryKey, no, ok, type TestIpcp } from './testing/world.js';

const withLayer = (name: string, about: Partial<TestIpcp> = {}, world = new World()): [World, TestIpcp] => {
  const ipcp = world.layer(name, about);
  ipcp.directory.add(directoryKey('far'));
  return [world, ipcp];
};

describe('A flow between two local processes', () => {
  it('needs no IPCP and is given to both at once', () => {
    const world = new World();
    const server = world.server('hello', { pid: 7 });
    const accept = world.accept(server);
    const client = world.process('/bin/client', { pid: 8 });
    const alloc = world.alloc(client, 'hello');
    const [theirs, ours] = [world.grantOf(accept), world.grantOf(alloc)];
    expect(ours).toMatchObject({
      flowId: 1,
      mplMs: 1,
      layer: '',
      name: 'hello',
      channel: { path: '/chan/7', uid: 1000 },
    });
    expect(theirs).toEqual({ ...ours, channel: { ...ours.channel, path: '' } });
    expect(ours.channel.ticket).toHaveLength(16);
    expect(ours.correlationId).toMatch(/^[0-9a-f]{16}$/);
    expect(world.value('flowList')).toMatchObject([
      { flowId: 1, state: 'allocated', pids: [8, 7], layer: '', ipcp: '' },
    ]);
  });

  it('waits until the server accepts', () => {
    const world = new World();
    const server = world.server('hello');
    const alloc = world.alloc(world.process('/bin/client'), 'hello');
    world.advance(1000);
    expect(world.replies.has(alloc)).toBe(false);
    const accept = world.accept(server);
    expect(world.grantOf(alloc).flowId).toBe(world.grantOf(accept).flowId);
  });

  it('fails when the server does not accept in time', () => {
    const world = new World();
    world.server('hello');
    const alloc = world.alloc(world.process('/bin/client'), 'hello');
    world.advance(5000);
    expect(world.errorOf(alloc)).toMatchObject({ code: 'ENOANSWER', stage: 'accept' });
  });

  it('is not made to another user, unless that is allowed', () => {
    const world = new World();
    const accept = world.accept(world.server('hello', { uid: 1 }));
    const client = world.process('/bin/client', { uid: 2 });
    expect(world.errorOf(world.alloc(client, 'hello'))).toMatchObject({ code: 'EPERM', stage: 'policy' });
    world.input({ kind: 'policy', policy: { allowOtherUsers: true } });
    expect(world.grantOf(world.alloc(client, 'hello')).channel.uid).toBe(1);
    expect(world.grantOf(accept).channel.uid).toBe(2);
  });

  it('is not made when direct flows are switched off', () => {
    const [world, ipcp] = withLayer('udp', {}, new World({ policy: { directFlows: false } }));
    world.accept(world.server('hello'));
    ipcp.directory.add(directoryKey('hello'));
    expect(world.grantOf(world.alloc(world.process('/bin/client'), 'hello')).layer).toBe('udp-layer');
  });

  it('is never one from a process to itself', () => {
    const world = new World();
    const server = world.server('hello');
    world.accept(server);
    expect(world.errorOf(world.alloc(server, 'hello')).code).toBe('ENOSERVER');
  });

  it('goes to another host when the last local server dies before it accepts', () => {
    const [world] = withLayer('udp');
    const server = world.server('far');
    const alloc = world.alloc(world.process('/bin/client'), 'far');
    world.close(server);
    expect(world.grantOf(alloc).layer).toBe('udp-layer');
  });

  it('is told to the other process when one dies, and its number rests', () => {
    const world = new World();
    const server = world.server('hello');
    world.accept(server);
    const client = world.process('/bin/client');
    const { flowId } = world.grantOf(world.alloc(client, 'hello'));
    world.close(server);
    expect(world.downs).toEqual([`${client} ${flowId}`]);
    expect(world.valueOf(world.dealloc(client, flowId))).toBeUndefined();
    expect(world.value('flowList')).toEqual([]);
    const next = (): number => {
      world.accept(world.server('hello'));
      return world.grantOf(world.alloc(client, 'hello')).flowId;
    };
    expect(next()).toBe(flowId + 1);
    world.advance(1001);
    expect(next()).toBe(flowId);
  });

  it('is shown with what a process that holds it told of its path, and with nothing from others', () => {
    const world = new World();
    world.accept(world.server('hello'));
    const [client, other] = [world.process('/bin/client'), world.process('/bin/other')];
    const { flowId } = world.grantOf(world.alloc(client, 'hello'));
    const tell = (process: number, pathPacket: number): void =>
      world.input({ kind: 'flowFacts', process, facts: { flowId, pathPacket, roundTripMs: 12.5 } });
    tell(other, 9000);
    expect(world.value('flowList')).toMatchObject([{ pathPacket: 0, roundTripMs: 0 }]);
    tell(client, 1400);
    world.input({ kind: 'flowFacts', process: client, facts: { flowId: flowId + 1, pathPacket: 1, roundTripMs: 1 } });
    expect(world.value('flowList')).toMatchObject([{ flowId, pathPacket: 1400, roundTripMs: 12.5 }]);
  });

  it('ends when both processes have deallocated it', () => {
    const world = new World();
    const server = world.server('hello');
    world.accept(server);
    const client = world.process('/bin/client');
    const { flowId } = world.grantOf(world.alloc(client, 'hello'));
    world.valueOf(world.dealloc(client, flowId));
    expect(world.value('flowList')).toMatchObject([{ state: 'dealloc-pending' }]);
    world.valueOf(world.dealloc(server, flowId));
    expect(world.value('flowList')).toEqual([]);
    expect(world.errorOf(world.dealloc(server, flowId)).code).toBe('ENOTALLOC');
  });
});

describe('A flow over a layer', () => {
  it('is granted with the ticket that the IPCP expects and the features that both hosts have', () => {
    const [world, ipcp] = withLayer('udp');
    const grant = world.grantOf(world.alloc(world.process('/bin/client', { uid: 5 }), 'far'));
    expect(grant).toMatchObject({
      flowId: 1,
      layer: 'udp-layer',
      mplMs: 100,
      layerPacket: 8976,
      features: FEATURES,
      channel: { path: '/ipcp/udp' },
    });
    const [call] = world.callsOf('flowAlloc');
    expect(call?.args).toMatchObject([
      { flowId: 1, ticket: grant.channel.ticket, uid: 5, correlationId: grant.correlationId },
    ]);
    expect(world.callsOf('flowAgreed')[0]).toMatchObject({ ipcp: ipcp.session, args: [1, FEATURES] });
  });

  it('is granted no longer packets than leave in one piece where both ends cut their messages', () => {
    const features = FEATURES | OapFeature.FRAMES;
    const [world] = withLayer('udp', {}, new World({ features }));
    expect(world.grantOf(world.alloc(world.process('/bin/client'), 'far'))).toMatchObject({
      features,
      layerPacket: 1468,
    });
  });

  it('takes the first layer in rank order that has the name, however late it answers', () => {
    const world = new World();
    const slow = world.layer('low', { rank: 1, answers: { query: () => undefined } });
    const fast = world.layer('high', { rank: 2 });
    fast.directory.add(directoryKey('far'));
    const alloc = world.alloc(world.process('/bin/client'), 'far');
    expect(world.callsOf('query').map(({ ipcp }) => ipcp)).toEqual([slow.session, fast.session]);
    expect(world.callsOf('flowAlloc')).toEqual([]);
    world.answered(world.callsOf('query')[0]!.call, ok(true));
    expect(world.grantOf(alloc).layer).toBe('low-layer');
  });

  it('goes where the layers have just named, and asks them again after a second or when another could be asked', () => {
    const [world] = withLayer('udp');
    const client = world.process('/bin/client');
    const asks = (): number => {
      expect(world.grantOf(world.alloc(client, 'far')).layer).toBe('udp-layer');
      return world.callsOf('query').length;
    };
    expect([asks(), asks(), asks()]).toEqual([1, 1, 1]);
    world.advance(1001);
    expect([asks(), asks()]).toEqual([2, 2]);
    world.layer('better', { rank: 1 });
    expect([asks(), asks()]).toEqual([4, 4]);
  });

  it('is looked for in all layers when the one that has just named the name does not have it any more', () => {
    const world = new World();
    const low = world.layer('low', { rank: 1 });
    const high = world.layer('high', { rank: 2 });
    low.directory.add(directoryKey('far'));
    high.directory.add(directoryKey('far'));
    const client = world.process('/bin/client');
    expect(world.grantOf(world.alloc(client, 'far')).layer).toBe('low-layer');
    low.directory.clear();
    const gone = { ok: false, error: { code: 'ENAME', message: 'no member serves the name', stage: 'name' } } as const;
    low.answers.flowAlloc = () => gone;
    expect(world.grantOf(world.alloc(client, 'far')).layer).toBe('high-layer');
    high.directory.clear();
    high.answers.flowAlloc = () => gone;
    expect(world.errorOf(world.alloc(client, 'far'))).toMatchObject({ code: 'ENAME', stage: 'name' });
    expect(world.value('flowList')).toHaveLength(2);
  });

  it('fails without a trace when the IPCP that has the name dies before the layer is chosen', () => {
    const world = new World();
    world.layer('low', { rank: 1, answers: { query: () => undefined } });
    const high = world.layer('high', { rank: 2 });
    high.directory.add(directoryKey('far'));
    const alloc = world.alloc(world.process('/bin/client'), 'far');
    world.dies(high);
    world.answered(world.callsOf('query')[0]!.call, ok(false));
    expect(world.errorOf(alloc)).toMatchObject({ code: 'EIPCP', stage: 'layer' });
    expect(world.value('flowList')).toEqual([]);
  });

  it('goes on without a layer that does not answer', () => {
    const world = new World();
    world.layer('low', { rank: 1, answers: { query: () => undefined } });
    world.layer('high', { rank: 2 }).directory.add(directoryKey('far'));
    const alloc = world.alloc(world.process('/bin/client'), 'far');
    world.advance(1000);
    expect(world.grantOf(alloc).layer).toBe('high-layer');
  });

  it('is not asked for at the IPCP that asks', () => {
    const [world, ipcp] = withLayer('uni');
    const itself = world.process('/bin/ipcpd', { pid: ipcp.pid });
    expect(world.errorOf(world.alloc(itself, 'far')).message).toContain('no layer to ask');
  });

  it('is deallocated at the IPCP with the linger time, and its number rests that long', () => {
    const [world] = withLayer('udp');
    const client = world.process('/bin/client');
    const { flowId } = world.grantOf(world.alloc(client, 'far'));
    world.valueOf(world.dealloc(client, flowId, 3000));
    expect(world.callsOf('flowDealloc')[0]?.args).toEqual([flowId, 3000]);
    world.advance(3500);
    expect(world.grantOf(world.alloc(client, 'far')).flowId).toBe(2);
    world.advance(1000);
    expect(world.grantOf(world.alloc(client, 'far')).flowId).toBe(1);
  });

  it('goes down at its process when the layer ends it or the IPCP dies', () => {
    const [world, ipcp] = withLayer('udp');
    const client = world.process('/bin/client');
    const [one, two] = [
      world.grantOf(world.alloc(client, 'far')).flowId,
      world.grantOf(world.alloc(client, 'far')).flowId,
    ];
    world.input({ kind: 'flowGone', ipcp: ipcp.session, flowId: one });
    expect(world.downs).toEqual([`${client} ${one}`]);
    world.dies(ipcp);
    expect(world.downs).toEqual([`${client} ${one}`, `${client} ${two}`]);
    world.valueOf(world.dealloc(client, one));
    world.valueOf(world.dealloc(client, two));
    expect(world.value('flowList')).toEqual([]);
    expect(world.callsOf('flowDealloc')).toEqual([]);
  });

  it('is not ended by an IPCP that does not carry it', () => {
    const [world] = withLayer('udp');
    const other = world.layer('eth');
    const { flowId } = world.grantOf(world.alloc(world.process('/bin/client'), 'far'));
    world.input({ kind: 'flowGone', ipcp: other.session, flowId });
    expect(world.downs).toEqual([]);
  });

  it('cannot be ended by its process before it is granted, so that none is left that nobody holds', () => {
    const [world] = withLayer('udp', { answers: { flowAlloc: () => undefined } });
    const client = world.process('/bin/client');
    const alloc = world.alloc(client, 'far');
    expect(world.errorOf(world.dealloc(client, 1)).code).toBe('ENOTALLOC');
    const { call, args } = world.callsOf('flowAlloc')[0]!;
    world.answered(call, ok(world.farAccepts((args as [never])[0])));
    expect(world.grantOf(alloc).flowId).toBe(1);
    expect(world.value('flowList')).toMatchObject([{ flowId: 1, state: 'allocated', pids: [expect.any(Number)] }]);
  });

  it('is deallocated when its process dies', () => {
    const [world] = withLayer('udp');
    const client = world.process('/bin/client');
    const { flowId } = world.grantOf(world.alloc(client, 'far'));
    world.close(client);
    expect(world.callsOf('flowDealloc')[0]?.args).toEqual([flowId, 0]);
    expect(world.value('flowList')).toEqual([]);
  });
});

describe('An allocation that fails', () => {
  it('says ENAME and which layers were asked', () => {
    const [world] = withLayer('udp');
    world.layer('net', { answers: { query: () => undefined } });
    const alloc = world.alloc(world.process('/bin/client'), 'nowhere');
    world.advance(1000);
    expect(world.errorOf(alloc)).toMatchObject({
      code: 'ENAME',
      message: 'name nowhere is in no layer (asked: udp-layer; no answer from: net-layer)',
      stage: 'name',
    });
  });

  it('says ENOSERVER for a name that this host knows but nobody serves', () => {
    const [world] = withLayer('udp');
    world.value('nameCreate', { name: 'idle', balancing: 'spill', spread: '', direct: '', paths: {} as never });
    const error = world.errorOf(world.alloc(world.process('/bin/client'), 'idle'));
    expect(error).toMatchObject({ code: 'ENOSERVER', stage: 'accept' });
    expect(error.message).toContain('udp-layer');
  });

  it('says EINVAL for what is no name', () => {
    const [world] = withLayer('udp');
    const client = world.process('/bin/client');
    expect(world.errorOf(world.alloc(client, ''))).toMatchObject({ code: 'EINVAL', field: 'name' });
    expect(world.errorOf(world.alloc(client, 'x'.repeat(256)))).toMatchObject({ code: 'EINVAL', field: 'name' });
  });

  it('says ENOANSWER after 5 s of silence at the far end, and frees the flow when the IPCP answers at last', () => {
    const [world, ipcp] = withLayer('udp', { answers: { flowAlloc: () => undefined } });
    const alloc = world.alloc(world.process('/bin/client'), 'far', 60_000);
    world.advance(4999);
    expect(world.replies.has(alloc)).toBe(false);
    world.advance(1);
    expect(world.errorOf(alloc)).toMatchObject({
      code: 'ENOANSWER',
      message: 'the remote host did not answer',
      stage: 'time',
    });
    expect(world.callsOf('flowDealloc')).toHaveLength(1);
    expect(world.value('flowList')).toMatchObject([{ state: 'dealloc-pending' }]);
    const [call] = world.callsOf('flowAlloc');
    world.answered(call!.call, ok(world.farAccepts((call!.args as [never])[0])));
    expect(world.callsOf('flowDealloc')).toHaveLength(2);
    expect(world.value('flowList')).toEqual([]);
    expect(ipcp.session).not.toBe(0);
  });

  it('keeps its number as long as the IPCP is working on it', () => {
    const [world] = withLayer('udp', { answers: { flowAlloc: () => undefined, flowDealloc: () => undefined } });
    world.input({ kind: 'cancel', request: world.alloc(world.process('/bin/client'), 'far') });
    world.answered(world.callsOf('flowAlloc')[0]!.call, no('ECANCELED'));
    expect(world.value('flowList')).toMatchObject([{ flowId: 1, state: 'dealloc-pending' }]);
    world.answered(world.callsOf('flowDealloc')[0]!.call, ok());
    expect(world.value('flowList')).toEqual([]);
  });

  it("says ETIMEDOUT at the caller's own limit", () => {
    const [world] = withLayer('udp', { answers: { flowAlloc: () => undefined } });
    const alloc = world.alloc(world.process('/bin/client'), 'far', 300);
    world.advance(300);
    expect(world.errorOf(alloc)).toMatchObject({ code: 'ETIMEDOUT', stage: 'time' });
  });

  it.each([
    ['ENOSERVER', 'accept'],
    ['ENAME', 'name'],
    ['EQOS', 'qos'],
    ['ECLOCK', 'clock'],
    ['EREFUSED', 'policy'],
  ] as const)('passes the reason %s of a far end of ours on', (code, stage) => {
    const [world] = withLayer('udp', {
      answers: {
        flowAlloc: (call, at) => ok(at.farRefuses((call.args as [never])[0], code, 'because')),
      },
    });
    const error = world.errorOf(world.alloc(world.process('/bin/client'), 'far'));
    const message = 'the remote host refused a flow to far: because';
    expect(error).toEqual({ code, message, stage, correlationId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(world.value('flowList')).toEqual([]);
  });

  it.each([
    [-1007, '', 'ENAME', 'error 1007 (ENAME)'],
    [-1, 'EID unknown', 'EPERM', 'layer udp-layer refused a flow to far: EID unknown'],
    [-77777, '', 'EREFUSED', 'error 77777 (EREFUSED)'],
  ])('reads the number %d of a far end without reason (%j)', (response, reason, code, text) => {
    const refused = ok({ response, reason, mplMs: 0, layerPacket: 0, data: EMPTY_BYTES });
    const [world] = withLayer('udp', { answers: { flowAlloc: () => refused } });
    const error = world.errorOf(world.alloc(world.process('/bin/client'), 'far'));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it('ends the flow at the IPCP when the OAP response is not the answer to its request', () => {
    const forged = ok({ response: 0, reason: '', mplMs: 1, layerPacket: 0, data: fromHex('00'.repeat(84)) });
    const [world] = withLayer('udp', { answers: { flowAlloc: () => forged } });
    expect(world.errorOf(world.alloc(world.process('/bin/client'), 'far'))).toMatchObject({
      code: 'ECRYPT',
      stage: 'crypto',
    });
    expect(world.callsOf('flowDealloc')).toHaveLength(1);
    expect(world.value('flowList')).toEqual([]);
  });

  it('passes on what the IPCP itself says', () => {
    const [world] = withLayer('udp', { answers: { flowAlloc: () => no('EIO', 'no route', 'route') } });
    const error = world.errorOf(world.alloc(world.process('/bin/client'), 'far'));
    expect(error).toMatchObject({ code: 'EIO', message: 'no route', stage: 'route' });
  });

  it('fails both of two racing allocations when the IPCP dies under them', () => {
    const [world, ipcp] = withLayer('udp', { answers: { flowAlloc: () => undefined } });
    const client = world.process('/bin/client');
    const allocs = [world.alloc(client, 'far'), world.alloc(client, 'far')];
    world.dies(ipcp);
    for (const alloc of allocs) expect(world.errorOf(alloc)).toMatchObject({ code: 'EIPCP', stage: 'layer' });
    expect(world.downs).toEqual([]);
    expect(world.value('flowList')).toEqual([]);
    for (const { call, args } of world.callsOf('flowAlloc'))
      world.answered(call, ok(world.farAccepts((args as [never])[0])));
    expect(world.value('flowList')).toEqual([]);
  });

  it('is cancelled by its caller or by the death of its process', () => {
    const [world] = withLayer('udp', { answers: { flowAlloc: () => undefined } });
    const client = world.process('/bin/client');
    const [one, two, accept] = [world.alloc(client, 'far'), world.alloc(client, 'far'), world.accept(client)];
    world.input({ kind: 'cancel', request: one });
    expect(world.errorOf(one).code).toBe('ECANCELED');
    world.close(client);
    expect(world.errorOf(two).code).toBe('ECANCELED');
    expect(world.errorOf(accept).code).toBe('ECANCELED');
    expect(world.callsOf('flowDealloc')).toHaveLength(2);
  });

  it('says ENOMEM when all flow numbers are in use', () => {
    const [world] = withLayer('udp');
    const client = world.process('/bin/client');
    for (let i = 1; i < 10_240; i++) world.alloc(client, 'far');
    expect(world.errorOf(world.alloc(client, 'far')).code).toBe('ENOMEM');
  });

  it('is refused when its process has too many', () => {
    const world = new World({ limits: { requestsPerProcess: 2 } });
    const client = world.process('/bin/client');
    world.accept(client);
    world.accept(client);
    expect(world.errorOf(world.accept(client)).code).toBe('EAGAIN');
  });
});
