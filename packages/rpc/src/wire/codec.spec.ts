import fc from 'fast-check';
import { create, fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { isErrorCode, OuroborosError, type JsonObject, type QosSpec } from '@ouroboros/model';
import * as ports from '@ouroboros/ports';
import { fromFailure, toFailure } from '../failure.js';
import * as flow from '../gen/ouroboros/flow/v1/flow_pb.js';
import * as ipcp from '../gen/ouroboros/ipcp/v1/ipcp_pb.js';
import * as irm from '../gen/ouroboros/irm/v1/irm_pb.js';
import { QosSpecSchema } from '../gen/ouroboros/model/v1/model_pb.js';
import * as sample from '../samples.fixture.js';
import { MAX_JSON_DEPTH } from './checks.js';
import { decode, encode } from './codec.js';
import { decodeFrame, encodeFrame } from './frames.js';

/** A message or an interface, brought to one form: no protobuf extras, all messages there, words as strings. */
type Form<T> = T extends string
  ? string
  : T extends number | bigint | boolean | Uint8Array
    ? T
    : T extends readonly (infer Item)[]
      ? Form<Item>[]
      : string extends keyof T
        ? JsonObject
        : { [Key in Exclude<keyof T, '$typeName' | '$unknown'>]-?: Form<NonNullable<T[Key]>> };
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

interface ShapeCase {
  readonly desc: DescMessage;
  readonly value: object;
}

/** The compiler refuses `same` unless message and interface have the same fields of the same types. */
const shape =
  <T extends object>() =>
  <D extends DescMessage>(desc: D, same: Same<Form<T>, Form<MessageShape<D>>>, value: T): ShapeCase => {
    expect(same).toBe(true);
    return { desc, value };
  };

const { GRANT, PROCESS } = sample;

describe('The schemas', () => {
  it.each([
    () => shape<QosSpec>()(QosSpecSchema, true, GRANT.qos),
    () => shape<ports.FlowGrant>()(flow.FlowGrantSchema, true, GRANT),
    () => shape<ports.ProcessAnnouncement>()(flow.ProcessAnnouncementSchema, true, PROCESS),
    () =>
      shape<ports.FlowAllocRequest>()(flow.FlowAllocRequestSchema, true, { name: '', qos: GRANT.qos, timeoutMs: 0 }),
    () => shape<ports.FlowAcceptRequest>()(flow.FlowAcceptRequestSchema, true, { timeoutMs: 1.5 }),
    () => shape<ports.IpcpAnnouncement>()(ipcp.IpcpAnnouncementSchema, true, sample.ANNOUNCED_IPCP),
    () => shape<ports.LayerInfo>()(ipcp.LayerInfoSchema, true, { name: 'net', hash: 'MD5', oapRoom: 1985 }),
    () => shape<ports.BootstrapRequest>()(ipcp.BootstrapRequestSchema, true, { layer: 'n', config: sample.CONFIG }),
    () => shape<ports.EnrollRequest>()(ipcp.EnrollRequestSchema, true, { dst: 'n', config: {}, correlationId: '00' }),
    () =>
      shape<ports.ConnectRequest>()(ipcp.ConnectRequestSchema, true, {
        dst: 'n',
        component: 'Management',
        qos: GRANT.qos,
      }),
    () =>
      shape<ports.DisconnectRequest>()(ipcp.DisconnectRequestSchema, true, { dst: 'n', component: 'Data Transfer' }),
    () => shape<ports.IpcpFlowAllocRequest>()(ipcp.IpcpFlowAllocRequestSchema, true, sample.IPCP_ALLOC),
    () => shape<ports.FlowJoinRequest>()(flow.FlowJoinRequestSchema, true, { name: 'bc', timeoutMs: 20 }),
    () => shape<ports.IpcpFlowJoinRequest>()(ipcp.IpcpFlowJoinRequestSchema, true, sample.IPCP_JOIN),
    () => shape<ports.FlowJoined>()(ipcp.FlowJoinedSchema, true, { mplMs: 100 }),
    () => shape<ports.IpcpFlowAllocResult>()(ipcp.IpcpFlowAllocResultSchema, true, sample.IPCP_ALLOC_RESULT),
    () => shape<ports.FlowArrival>()(ipcp.FlowArrivalSchema, true, sample.ARRIVAL),
    () => shape<ports.FlowArrivalAnswer>()(ipcp.FlowArrivalAnswerSchema, true, sample.ARRIVAL_ANSWER),
    () => shape<ports.IpcpCreateRequest>()(irm.IpcpCreateRequestSchema, true, sample.CREATE),
    () => shape<ports.IpcpBootstrapRequest>()(irm.IpcpBootstrapRequestSchema, true, sample.BOOTSTRAP),
    () => shape<ports.IpcpEnrollRequest>()(irm.IpcpEnrollRequestSchema, true, sample.ENROLL),
    () => shape<ports.IpcpConnectRequest>()(irm.IpcpConnectRequestSchema, true, sample.CONNECT),
    () => shape<ports.IpcpDisconnectRequest>()(irm.IpcpDisconnectRequestSchema, true, sample.DISCONNECT),
    () => shape<ports.IpcpInfo>()(irm.IpcpInfoSchema, true, sample.IPCP),
    () => shape<ports.BindProgramRequest>()(irm.BindProgramRequestSchema, true, sample.BIND),
    () => shape<ports.NameCreateRequest>()(irm.NameCreateRequestSchema, true, sample.CREATE_NAME),
    () => shape<ports.NameInfo>()(irm.NameInfoSchema, true, sample.NAME),
    () => shape<ports.FlowInfo>()(irm.FlowInfoSchema, true, sample.FLOW),
    () => shape<ports.DaemonStatus>()(irm.DaemonStatusSchema, true, sample.STATUS),
    () => shape<ports.WatchEvent>()(irm.WatchEventSchema, true, sample.NOTE),
    () => shape<ports.LinkInfo>()(irm.LinkInfoSchema, true, sample.LINK),
    () => shape<ports.RouteInfo>()(irm.RouteInfoSchema, true, sample.ROUTE),
  ])('have the shape of the interfaces, case %#', (make) => {
    const { desc, value } = make();
    const bytes = encode(desc, value);
    expect(decode(desc, bytes)).toEqual(value);
    // As the library reads and writes it.
    expect(toBinary(desc, fromBinary(desc, bytes))).toEqual(bytes);
  });
});

describe('The codec', () => {
  const faulty = (desc: DescMessage, value: object): unknown => {
    try {
      return encode(desc, value);
    } catch (error) {
      return error;
    }
  };

  it.each<[string, object]>([
    ['flowId', { ...GRANT, flowId: 2 ** 32 }],
    ['flowId', { ...GRANT, flowId: 1.5 }],
    ['mplMs', { ...GRANT, mplMs: undefined }],
    ['name', { ...GRANT, name: 7 }],
    ['qos', { ...GRANT, qos: undefined }],
    ['qos', { ...GRANT, qos: null }],
    ['qos', { ...GRANT, qos: 'raw' }],
    ['qos.bandwidth', { ...GRANT, qos: { ...GRANT.qos, bandwidth: 1 } }],
    ['qos.bandwidth', { ...GRANT, qos: { ...GRANT.qos, bandwidth: 1n << 64n } }],
    ['channel.ticket', { ...GRANT, channel: { ...GRANT.channel, ticket: 'abc' } }],
  ])('names the wrong field %s', (field, value) => {
    expect(faulty(flow.FlowGrantSchema, value)).toMatchObject({ code: 'EINVAL', field });
  });

  it('names the wrong item of a list', () => {
    const wrongHeld = { ...PROCESS, flows: [PROCESS.flows[0], { ...PROCESS.flows[0], allocated: 'yes' }] };
    expect(faulty(flow.ProcessAnnouncementSchema, wrongHeld)).toMatchObject({ field: 'flows[1].allocated' });
    const wrongArgs = { ...PROCESS, args: ['x', 1] };
    expect(faulty(flow.ProcessAnnouncementSchema, wrongArgs)).toMatchObject({ field: 'args[1]' });
    expect(faulty(flow.ProcessAnnouncementSchema, { ...PROCESS, args: 'x' })).toMatchObject({ field: 'args' });
  });

  it.each<[string, unknown]>([
    ['config', undefined],
    ['config', [1]],
    ['config.a', { a: undefined }],
    ['config.a[1]', { a: [1, Number.NaN] }],
    ['config.a.b', { a: { b: 1n } }],
    ['config.a', { a: new Uint8Array(1) }],
  ])('refuses what is no JSON at %s', (field, config) => {
    const request = { layer: 'net', config };
    expect(faulty(ipcp.BootstrapRequestSchema, request)).toMatchObject({ code: 'EINVAL', field });
  });

  it('carries JSON to its deepest level and refuses a deeper one', () => {
    const nested = (levels: number): JsonObject => (levels === 1 ? {} : { a: nested(levels - 1) });
    const request = { layer: 'net', config: nested(MAX_JSON_DEPTH) };
    expect(decode(ipcp.BootstrapRequestSchema, encode(ipcp.BootstrapRequestSchema, request))).toEqual(request);
    const tooDeep = { layer: 'net', config: nested(MAX_JSON_DEPTH + 1) };
    expect(faulty(ipcp.BootstrapRequestSchema, tooDeep)).toMatchObject({ code: 'EINVAL' });
  });

  it('carries any JSON object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4, noUnicodeString: false })), (config) => {
        const plain = JSON.parse(JSON.stringify(config)) as JsonObject;
        fc.pre(!JSON.stringify(plain).includes('__proto__'));
        const request = { layer: 'net', config: plain };
        expect(decode(ipcp.BootstrapRequestSchema, encode(ipcp.BootstrapRequestSchema, request))).toEqual(request);
      }),
      { numRuns: 300 },
    );
  });

  it('lets no decoded JSON change a prototype', () => {
    const config = JSON.parse('{"__proto__": {"polluted": true}}') as JsonObject;
    decode(ipcp.BootstrapRequestSchema, encode(ipcp.BootstrapRequestSchema, { layer: 'net', config }));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('takes what a request leaves out for its default', () => {
    const bytes = (desc: DescMessage): Uint8Array => toBinary(desc, create(desc));
    expect(decode(irm.NameCreateRequestSchema, bytes(irm.NameCreateRequestSchema))).toMatchObject({
      ...{ balancing: 'spill', paths: ports.DEFAULT_PATHS, security: null },
    });
    expect(decode(irm.IpcpCreateRequestSchema, bytes(irm.IpcpCreateRequestSchema))).toMatchObject({
      restart: 'on-failure',
    });
    expect(decode(irm.IpcpBootstrapRequestSchema, bytes(irm.IpcpBootstrapRequestSchema))).toMatchObject({ config: {} });
  });

  it('skips what it does not know, also a known field of another type', () => {
    const bytes = encode(flow.FlowDownSchema, { flowId: 7 });
    // Field 1 as bytes, field 9 as varint, field 10 as a message.
    const strange = Uint8Array.of(0x0a, 1, 5, 0x48, 5, 0x52, 2, 1, 1);
    expect(decode(flow.FlowDownSchema, Uint8Array.of(...strange, ...bytes, ...strange))).toEqual({ flowId: 7 });
    expect(() => decode(flow.FlowDownSchema, Uint8Array.of(0x52, 3, 1, 1))).toThrow('malformed message');
  });

  it('refuses an unknown word from the wire and tells the legal ones', () => {
    const bytes = encode(irm.WatchEventSchema, { ...sample.NOTE, kind: 'flow' });
    bytes.set(new TextEncoder().encode('glow'), 2);
    const run = (): unknown => decode(irm.WatchEventSchema, bytes);
    expect(run).toThrow(expect.objectContaining({ code: 'EINVAL', field: 'kind' }));
    expect(run).toThrow('ipcp, name, flow, link, route, process, empty');
  });

  it('answers any bytes with a value or EINVAL', () => {
    const frames = [flow.ProcessFrameSchema, flow.DaemonFrameSchema, ipcp.IpcpFrameSchema, ipcp.IrmFrameSchema];
    const messages = [irm.IpcpEnrollRequestSchema, irm.DaemonStatusSchema, ipcp.IpcpAnnouncementSchema];
    const good = [
      encodeFrame(flow.ProcessFrameSchema, { id: 1, kind: 'request', name: 'announce', value: PROCESS }),
      encodeFrame(ipcp.IrmFrameSchema, { id: 1, kind: 'request', name: 'flowAlloc', value: sample.IPCP_ALLOC }),
      encode(irm.IpcpEnrollRequestSchema, sample.ENROLL),
      encode(irm.DaemonStatusSchema, sample.STATUS),
    ];
    const mutated = fc
      .tuple(fc.constantFrom(...good), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
      .map(([bytes, changes, cut]) => {
        const copy = bytes.slice(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length);
        for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte;
        return copy;
      });
    const tryAll = (bytes: Uint8Array): void => {
      const attempts = [
        ...frames.map((desc) => () => decodeFrame(desc, bytes)),
        ...messages.map((desc) => () => decode(desc, bytes)),
      ];
      for (const attempt of attempts) {
        try {
          attempt();
        } catch (error) {
          if (!(error instanceof OuroborosError) || error.code !== 'EINVAL') throw error;
        }
      }
    };
    fc.assert(fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), tryAll), { numRuns: 3000 });
  });
});

describe('A failure', () => {
  it('keeps code, message, field and stage, and an unknown code becomes EIO', () => {
    const error = new OuroborosError('EQOS', 'no such QoS', { field: 'qos', stage: 'layer' });
    expect(fromFailure(toFailure(error))).toEqual(error);
    expect(isErrorCode('ENEW')).toBe(false);
    expect(fromFailure({ code: 'ENEW', message: 'x', field: '', stage: '' })).toMatchObject({ code: 'EIO' });
  });
});
