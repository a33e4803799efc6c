import { OapFeature, encodeOap, encodeOapExtension } from '@ouroboros/wire';
import { correlationIdOf, refusalNotice } from '@ouroboros/oap';
import { ORDINARY, credentialOf, security, trustIn } from '../../oap/src/oap.fixture.js';
import { plainMessage } from '../../oap/src/message.js';
import { WALL, World, directoryKey, farRequest } from './testing/world.js';

const FEATURES = ORDINARY | OapFeature.REFUSAL_NOTICE;
const WHY = { ok: false, code: 'EAUTH', text: '"certificate of hello" expired\n', features: FEATURES } as const;
const id = new Uint8Array(16).fill(7);

/** A host that asks another one, which shows a certificate, for a flow to `hello`. */
function client(features: number): World {
  const far = security({ credential: credentialOf('hello') });
  const own = {
    ok: true,
    credential: null,
    encConf: null,
    kemKeys: { der: null, raw: null },
    trust: trustIn(),
  } as const;
  const world = new World({ features, far, files: () => own });
  world.layer('udp', { directory: new Set([directoryKey('hello')]) });
  return world;
}

const warnings = (world: World) => world.of('log').filter(({ level }) => level === 'warn');

describe('A client that does not believe the certificate of a server', () => {
  it('says why to the server, by a request of the same id, and keeps no flow', () => {
    const world = client(FEATURES);
    const request = world.alloc(world.process('/bin/client'), 'hello');
    const why = '"certificate of hello" is not trusted';
    expect(world.errorOf(request)).toMatchObject({ code: 'EAUTH', message: why });
    const [first, second, ...others] = world.callsOf('flowAlloc').map(({ args }) => args[0] as { data: Uint8Array });
    expect(others).toEqual([]);
    const own = first!.data.subarray(0, 16);
    const extension = encodeOapExtension({ features: FEATURES, refusal: { error: -1009, text: why } });
    expect(second!.data).toEqual(encodeOap(plainMessage({ id: own, timestampNs: WALL, data: extension })));
    expect(warnings(world)).toMatchObject([
      { message: `no flow to hello: ${why}`, fields: { id: correlationIdOf(own) } },
    ]);
    world.advance(10_000);
    expect(world.value('flowList')).toEqual([]);
    expect(world.callsOf('flowAlloc')).toHaveLength(2);
  });

  it('does not wait for an answer', () => {
    const world = client(FEATURES);
    const ipcp = world.ipcps.get('udp')!;
    ipcp.answers.flowAlloc = (call) => {
      if (world.callsOf('flowAlloc').length > 1) return undefined;
      return { ok: true, value: world.farAccepts(call.args[0] as never) };
    };
    const request = world.alloc(world.process('/bin/client'), 'hello');
    expect(world.errorOf(request).code).toBe('EAUTH');
    world.advance(10_000);
    const { call } = world.callsOf('flowAlloc')[1]!;
    world.answered(call, { ok: true, value: { response: -1009, reason: '', mplMs: 0, data: new Uint8Array(0) } });
    expect(world.value('flowList')).toEqual([]);
  });

  it('says nothing to a host that does not take such requests', () => {
    const world = client(ORDINARY);
    world.errorOf(world.alloc(world.process('/bin/client'), 'hello'));
    expect(world.callsOf('flowAlloc')).toHaveLength(1);
  });
});

describe('A server that is told that its flow was not taken', () => {
  const { exchange } = farRequest(id, FEATURES);

  it('logs why, under the id of the flow, and asks no process', () => {
    const world = new World({ features: FEATURES });
    const ipcp = world.layer('udp');
    const accept = world.accept(world.server('hello'));
    world.value('nameRegister', 'hello', 'udp');
    const notice = refusalNotice(exchange, WHY, WALL + 1n)!;
    const { response, flowId } = world.answerOf(world.arrives(ipcp, 'hello', notice));
    expect([response, flowId]).toEqual([-1009, 0]);
    expect(warnings(world)).toMatchObject([
      {
        message: 'a client did not take its flow to hello: "certificate of hello" expired ',
        fields: { id: correlationIdOf(id), name: 'hello', code: 'EAUTH' },
      },
    ]);
    // The same once more is a replay.
    world.arrives(ipcp, 'hello', notice);
    expect(warnings(world)).toHaveLength(1);
    expect(world.replies.has(accept)).toBe(false);
    expect(world.value('flowList')).toEqual([]);
  });

  it('takes it for a request of the name that is asked for alone', () => {
    const world = new World({ features: FEATURES });
    const notice = refusalNotice(exchange, WHY, WALL + 1n)!;
    expect(world.answerOf(world.arrives(world.layer('udp'), 'hello', notice)).response).toBe(-1007);
    expect(warnings(world)).toEqual([]);
  });
});
