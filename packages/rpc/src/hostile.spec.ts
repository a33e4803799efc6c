import { Client, credentials, Metadata, status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { create, toBinary, type DescMethod } from '@bufbuild/protobuf';
import { connect as connectHttp2, constants } from 'node:http2';
import { createConnection } from 'node:net';
import { OuroborosError, QOS_RAW } from '@ouroboros/model';
import type { FlowService, Management } from '@ouroboros/ports';
import { MAX_OPEN_REQUESTS } from './exchange.js';
import type { Frame } from './frame.js';
import { DaemonFrameSchema, Flows, ProcessFrameSchema } from './gen/ouroboros/flow/v1/flow_pb.js';
import { Operations } from './gen/ouroboros/ipcp/v1/ipcp_pb.js';
import { Management as ManagementSchema } from './gen/ouroboros/irm/v1/irm_pb.js';
import { connectManagement } from './index.js';
import { deferred, refusing, Rig } from './rig.fixture.js';
import { PROCESS, STATUS } from './samples.fixture.js';
import { decodeFrame, encodeFrame } from './wire/frames.js';
import { methodDefinition } from './wire/definition.js';
import { fromStatus } from './wire/status.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** An xorshift generator: the same bytes in every run. */
function noise(length: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    }),
  );
}

const LONG_REFUSAL = new OuroborosError('EINVAL', 'x'.repeat(2000));

describe('A server under hostile input', () => {
  let rig: Rig;
  let raw: Client;
  let sessions: number;

  beforeEach(async () => {
    rig = new Rig();
    sessions = 0;
    await rig.serve({
      managementFor: () => refusing<Management>({ status: () => Promise.resolve(STATUS) }),
      onProcess: (session) => {
        sessions += 1;
        session.onClose(() => (sessions -= 1));
        session.serve(
          refusing<FlowService>({
            alloc: () => new Promise(() => undefined),
            accept: () => Promise.reject(LONG_REFUSAL),
          }),
        );
      },
    });
    raw = rig.keep(new Client(`unix:${rig.path}`, credentials.createInsecure()));
  });

  afterEach(async () => {
    const management = rig.keep(connectManagement(rig.path));
    expect(await management.status()).toEqual(STATUS);
    rig.close();
  });

  type Stream = ClientDuplexStream<Uint8Array, Uint8Array>;
  const open = (method: DescMethod = Flows.method.attach): Stream => {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    return raw.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
  };
  const send = (stream: Stream, id: number, name: string, value: object): boolean =>
    stream.write(encodeFrame(ProcessFrameSchema, { id, kind: 'request', name, value }));
  const nextFrame = (stream: Stream): Promise<Frame> =>
    new Promise((resolve) =>
      stream.once('data', (bytes: Uint8Array) => resolve(decodeFrame(DaemonFrameSchema, bytes))),
    );
  /** The code with which a stream ends; undefined = a normal end. */
  const endOf = (stream: Stream): Promise<string | undefined> =>
    new Promise((resolve) => {
      stream.on('data', () => undefined);
      stream.on('error', (error: ServiceError) => resolve(fromStatus(error).code));
      stream.on('end', () => resolve(undefined));
    });

  it('survives connections that speak no HTTP/2, or break it', async () => {
    const ends = Array.from({ length: 60 }, (_, seed) => {
      const start = seed % 3 === 0 ? PREFACE : PREFACE.subarray(0, seed);
      const socket = createConnection(rig.path);
      socket.on('error', () => undefined);
      socket.end(Buffer.concat([start, noise(2000, seed + 1)]));
      socket.resume();
      return new Promise((resolve) => socket.once('close', resolve));
    });
    await Promise.all(ends);
  });

  it.each([
    ['an unknown path', { ':path': '/nothing/Nothing' }],
    ['a path of odd bytes', { ':path': '/\u00ff\u00fe%%\u0080' }],
    ['a wrong content type', { 'content-type': 'text/html' }],
    ['a wrong method', { ':method': 'GET' }],
    ['an absurd time-out', { 'grpc-timeout': '99999999999999999H' }],
    ['a bad binary header', { 'x-bin': '!!!not base64???' }],
    ['an unknown encoding', { 'grpc-encoding': 'zip' }],
  ])('survives a request with %s', async (_, headers) => {
    const session = connectHttp2('http://localhost', { createConnection: () => createConnection(rig.path) });
    session.on('error', () => undefined);
    const request = session.request({
      ':method': 'POST',
      ':path': '/ouroboros.irm.v1.Management/Status',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    request.on('error', () => undefined);
    const closed = new Promise((resolve) => request.once('close', resolve));
    request.end(Buffer.from([1, 0, 0, 0, 3, 1, 2, 3]));
    request.resume();
    await closed;
    session.close(constants.NGHTTP2_NO_ERROR as never);
  });

  it('takes a trailer that cannot be read for none', () => {
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from([0xff, 0xff]));
    expect(fromStatus({ code: status.UNAVAILABLE, details: 'gone', metadata })).toMatchObject({ code: 'EIRMD' });
  });

  it('answers a unary request of noise with EINVAL', async () => {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(ManagementSchema.method.ipcpConnect);
    for (let seed = 1; seed <= 50; seed++) {
      const error = await new Promise<ServiceError | null>((resolve) =>
        raw.makeUnaryRequest(path, requestSerialize, responseDeserialize, noise(seed * 7, seed), (e) => resolve(e)),
      );
      expect(error?.code).toBe(status.INVALID_ARGUMENT);
      expect(fromStatus(error!).code).toBe('EINVAL');
    }
  });

  it('ends a stream of noise with EINVAL', async () => {
    const stream = open();
    stream.write(Buffer.from([0xff, 0xff, 0xff]));
    expect(await endOf(stream)).toBe('EINVAL');
  });

  it('ends a stream whose message is larger than 1 MiB', async () => {
    const stream = open();
    stream.write(Buffer.alloc(1024 * 1024 + 1));
    expect(await endOf(stream)).toBe('EMSGSIZE');
  });

  it('ends a stream that begins with anything but its announcement, after an answer', async () => {
    const flows = open();
    send(flows, 1, 'accept', { timeoutMs: 0 });
    expect(await nextFrame(flows)).toMatchObject({ id: 1, name: 'failure', value: { code: 'EINVAL' } });
    expect(await endOf(flows)).toBeUndefined();
    expect(await endOf(open(Operations.method.serve).end() as Stream)).toBeUndefined();
  });

  it('refuses a session that nobody registered', async () => {
    const stream = open(Operations.method.serve);
    const end = endOf(stream);
    const { input } = Operations.method.serve;
    stream.write(encodeFrame(input, { id: 1, kind: 'request', name: 'open', value: { session: '0'.repeat(32) } }));
    expect(await end).toBeUndefined();
  });

  it('refuses a second announcement, a request that is open already, an unknown one and one that lacks a message', async () => {
    const stream = open();
    send(stream, 1, 'announce', PROCESS);
    expect(await nextFrame(stream)).toMatchObject({ id: 1, name: 'done' });
    send(stream, 2, 'announce', PROCESS);
    expect(await nextFrame(stream)).toMatchObject({ id: 2, name: 'failure', value: { code: 'EINVAL' } });
    const request = { name: 'n', qos: QOS_RAW, timeoutMs: 0 };
    send(stream, 3, 'alloc', request);
    send(stream, 3, 'alloc', request);
    expect(await nextFrame(stream)).toMatchObject({ id: 3, name: 'failure', value: { code: 'EINVAL' } });
    stream.write(toBinary(ProcessFrameSchema, create(ProcessFrameSchema, { id: 4 })));
    expect(await nextFrame(stream)).toMatchObject({ id: 4, name: 'failure', value: { code: 'ENOTSUP' } });
    const incomplete = { case: 'alloc' as const, value: { name: 'n' } };
    stream.write(toBinary(ProcessFrameSchema, create(ProcessFrameSchema, { id: 5, request: incomplete })));
    expect(await nextFrame(stream)).toMatchObject({ id: 5, name: 'failure', value: { code: 'EINVAL', field: 'qos' } });
    stream.end();
  });

  it('bounds the requests that a stream may have open', async () => {
    const stream = open();
    const refused = deferred<Frame>();
    stream.on('data', (bytes: Uint8Array) => {
      const frame = decodeFrame(DaemonFrameSchema, bytes);
      if (frame.name === 'failure') refused.resolve(frame);
    });
    send(stream, 1, 'announce', PROCESS);
    const request = { name: 'n', qos: QOS_RAW, timeoutMs: 0 };
    for (let id = 2; id < MAX_OPEN_REQUESTS + 10; id++) send(stream, id, 'alloc', request);
    expect((await refused.promise).value).toMatchObject({ code: 'EAGAIN' });
    stream.cancel();
    stream.on('error', () => undefined);
  });

  it('cuts a stream that sends but never reads', async () => {
    const announced = deferred();
    const stream = open();
    stream.once('data', () => {
      stream.pause();
      announced.resolve();
    });
    send(stream, 1, 'announce', PROCESS);
    await announced.promise;
    expect(sessions).toBe(1);
    const ended = new Promise((resolve) => stream.once('error', resolve));
    const flood = (id: number): void => {
      for (let i = 0; i < 50; i++) send(stream, id + i, 'accept', { timeoutMs: 0 });
      // 8 MiB are 3,700 answers. grpc-js gets slow with many more requests waiting on our side.
      if (id < 5000) setTimeout(() => flood(id + 50), 1);
    };
    flood(2);
    await ended;
    expect(sessions).toBe(0);
  });
});
