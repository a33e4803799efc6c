import { QOS_JOINED } from '@ouroboros/model';
import type { IpcpFlowJoinRequest } from '@ouroboros/ports';
import { BROADCAST_MTU } from '@ouroboros/wire';
import { World, directoryKey, no, ok, type TestIpcp } from './testing/world.js';

const OPERATIONS = ['bootstrap', 'enroll', 'connect', 'disconnect', 'flowJoin', 'flowDealloc'] as const;

function withMember(about: Partial<TestIpcp> = {}): { world: World; ipcp: TestIpcp; process: number } {
  const world = new World();
  const ipcp = world.layer('bc', { type: 'broadcast', operations: OPERATIONS, ...about });
  return { world, ipcp, process: world.process('/bin/app', { pid: 8 }) };
}
const LAYER = 'bc-layer';
const requestOf = (world: World, nth = 0): IpcpFlowJoinRequest =>
  world.callsOf('flowJoin')[nth]!.args[0] as IpcpFlowJoinRequest;

describe('A process that joins a broadcast layer', () => {
  it('gets a flow of the member of this host, without OAP', () => {
    const { world, process } = withMember();
    const grant = world.grantOf(world.join(process, LAYER));
    const { ticket, hash, qos } = requestOf(world);
    expect(grant).toEqual({
      flowId: 1,
      qos: QOS_JOINED,
      mplMs: 100,
      channel: { path: '/ipcp/bc', ticket, uid: 1000 },
      layer: LAYER,
      name: LAYER,
      features: 0,
      correlationId: expect.stringMatching(/^[0-9a-f]{16}$/),
      crypto: null,
      layerPacket: BROADCAST_MTU,
    });
    expect([hash.join('.'), qos]).toEqual([directoryKey(LAYER), QOS_JOINED]);
    expect(world.value('flowList')).toMatchObject([{ flowId: 1, ipcp: 'bc', state: 'allocated', pids: [8] }]);
    world.valueOf(world.dealloc(process, 1));
    expect([world.callsOf('flowDealloc').length, world.value('flowList')]).toEqual([1, []]);
  });

  it('is told which layer there is no member of, and which cannot be joined', () => {
    const { world, process } = withMember();
    world.layer('other');
    expect(world.errorOf(world.join(process, 'nowhere'))).toMatchObject({ code: 'ENAME', stage: 'layer' });
    expect(world.errorOf(world.join(process, 'other-layer'))).toMatchObject({
      code: 'ENOTSUP',
      message: 'layer other-layer is of type test, which cannot be joined; broadcast layers can',
    });
    expect(world.errorOf(world.join(process, ''))).toMatchObject({ code: 'EINVAL', field: 'name' });
  });

  it('finds the broadcast layer beside one of another type that has the same name', () => {
    const { world, process } = withMember();
    world.ipcp('uni');
    world.value('ipcpCreate', { name: 'uni', type: 'test', restart: 'never' });
    world.value('ipcpBootstrap', { name: 'uni', layer: LAYER, config: {}, autobind: false });
    expect(world.grantOf(world.join(process, LAYER)).channel.path).toBe('/ipcp/bc');
  });

  it('is refused as the member refuses', () => {
    const { world, process } = withMember({ answers: { flowJoin: () => no('ENAME', 'not that one') } });
    expect(world.errorOf(world.join(process, LAYER))).toMatchObject({ code: 'ENAME', message: 'not that one' });
    expect(world.value('flowList')).toEqual([]);
  });

  it.each([
    ['its own time', 300, 'ETIMEDOUT', 300],
    ['the time for an answer', 0, 'ETIMEDOUT', 5_000],
  ])('does not wait longer than %s, and takes nothing that comes later', (_what, timeoutMs, code, waitedMs) => {
    const { world, process } = withMember({ answers: { flowJoin: () => undefined } });
    const join = world.join(process, LAYER, timeoutMs);
    world.advance(waitedMs - 1);
    expect(world.replies.has(join)).toBe(false);
    world.advance(1);
    expect(world.errorOf(join)).toMatchObject({ code, stage: 'time' });
    world.answered(world.callsOf('flowJoin')[0]!.call, ok({ mplMs: 100 }));
    expect(world.callsOf('flowDealloc').length).toBeGreaterThan(0);
    expect(world.value('flowList')).toEqual([]);
  });

  it('may give up, or die, meanwhile', () => {
    const { world, process } = withMember({ answers: { flowJoin: () => undefined } });
    const join = world.join(process, LAYER);
    world.input({ kind: 'cancel', request: join });
    expect(world.errorOf(join).code).toBe('ECANCELED');
    world.join(process, LAYER);
    world.close(process);
    for (const { call } of world.callsOf('flowJoin')) world.answered(call, ok({ mplMs: 100 }));
    expect(world.value('flowList')).toEqual([]);
  });

  it('is told when the member dies, before the answer and after', () => {
    const { world, process, ipcp } = withMember();
    const { flowId } = world.grantOf(world.join(process, LAYER));
    ipcp.answers.flowJoin = () => undefined;
    const open = world.join(process, LAYER);
    world.dies(ipcp);
    expect(world.downs).toEqual([`${process} ${flowId}`]);
    expect(world.errorOf(open).code).toBe('EIPCP');
  });

  it('is not sent to broadcast layers when it asks for a name', () => {
    const { world, process } = withMember();
    expect(world.errorOf(world.alloc(process, 'far')).message).toBe('name far is in no layer (no layer to ask)');
  });
});
