import { createHash } from 'node:crypto';
import { SILENCE_LIMIT_MS, linkExtension } from '@ouroboros/connections';
import { loadCrypto } from '@ouroboros/crypto';
import { FRCP_MAX_WINDOW, Frcp } from '@ouroboros/frcp';
import { micros, toHex, fromHex, type Address, type Micros } from '@ouroboros/model';
import {
  NO_SECURITY,
  OapServer,
  answerOap,
  completeOap,
  prepareOap,
  readOapRefusal,
  refusalNotice,
  refuseOap,
} from '@ouroboros/oap';
import type { FlowEnd, Hash } from '@ouroboros/ports';
import { MemoryChannelNetwork, VirtualClock } from '@ouroboros/simnet';
import { KEY_LIMITS, createProtection } from '@ouroboros/protection';
import {
  addressToBytes,
  BROADCAST_HOPS,
  BROADCAST_MTU,
  BROADCAST_NEIGHBORS_MAX,
  BROADCAST_PCI_LENGTH,
  broadcastHops,
  broadcastNumber,
  broadcastType,
  CEP_COMPONENTS,
  decodeBroadcastNeighbors,
  decodeCep,
  decodeDht,
  decodeFa,
  decodeJoinAnswer,
  decodeOapExtension,
  decodePeerExtension,
  decodeDescent,
  decodeTrace,
  decodeUdpMgmt,
  encodeBroadcastNeighbors,
  encodeCep,
  encodeDht,
  encodeEthMgmt,
  encodeFa,
  encodeOapExtension,
  encodeDescent,
  encodeTrace,
  encodeUdpMgmt,
  ETH_DIX,
  ETH_LLC,
  FlowSegment,
  FRCP_MAX_RANGES,
  FRCP_PCI_LENGTH,
  FrcpFlag,
  fragmentCount,
  fragmentIndex,
  fragmentMessage,
  MAX_MESSAGE,
  OapFeature,
  OcepFeature,
  PROBE_ANSWER_LENGTH,
  probeAnswerLength,
  probeNumber,
  type Decoded,
  type Descent,
  type Trace,
  type TraceReply,
  writeBroadcastPci,
  writeFrcpPci,
  writeProbe,
  writeProbeAnswer,
} from '@ouroboros/wire';
import { decodeSync, encodeEntries, encodeSummary } from '../../../packages/ipcp-unicast/src/routing/messages.js';
import { MAX_ORIGINS } from '../../../packages/ipcp-broadcast/src/origins.js';
import { DHT_WITHDRAW_CODE, DHT_WITHDRAWS } from '../../../packages/ipcp-unicast/src/dir/index.js';
import { decodeName } from '../../../packages/ipcp-unicast/src/dir/name-statement.js';
import {
  MAX_ADJACENCIES,
  decodeBody,
  decodeStatement,
  encodeBody,
  encodeStatement,
} from '../../../packages/ipcp-unicast/src/routing/statement.js';
import { LsDatabase } from '../../../packages/ipcp-unicast/src/routing/database.js';
import {
  ANSWER_LENGTH,
  ChangeMessage,
  MESSAGE_HEAD,
  OFFER_LENGTH,
  PART_LENGTH,
  writeChangeHead,
} from '../../../packages/protection/src/change-message.js';
import { REPLAY_WINDOW } from '../../../packages/protection/src/replay-window.js';
import { FrameStage } from '../../../packages/flow/src/stack/frame-stage.js';
import { Fragmenter } from '../../../packages/flow/src/stack/fragmenter.js';
import { BASE_PACKET } from '../../../packages/flow/src/stack/path-mtu.js';
import { Segmenter } from '../../../packages/flow/src/stack/segmenter.js';
import { encodeControl, type ControlMessage } from '../../../packages/ipcp-tcp/src/bytes/control.js';
import { FRAME_HEADER, MAX_PAYLOAD, writeFrameHeader } from '../../../packages/ipcp-tcp/src/bytes/frames.js';
import { WINDOW } from '../../../packages/ipcp-tcp/src/tcp-path.js';
import { blocksOf, readText, remarkOf } from './document.js';
import { INVITATION_EXAMPLES, TOKEN } from './invitation-examples.js';
import { NAME, NAME_EXAMPLES, NAME_NUMBERS } from './name-examples.fixture.js';

const HASH_LENGTH = 32;
const hash: Hash = {
  digest: (name, bytes) => new Uint8Array(createHash(name.replace('SHA384', 'sha384')).update(bytes).digest()),
};
const FEATURES = OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON;
const tools = { hash, crypto: null };
const common = { security: NO_SECURITY, room: 1388 };
const RESPONSE_TIME = 0x17979cfe3dd21855n;

function requestOf(features: number) {
  const id = fromHex('000102030405060708090a0b0c0d0e0f');
  const prepared = prepareOap({ ...common, id, timestampNs: 0x17979cfe3d85cd15n, features, name: 'server' }, tools);
  if (!prepared.ok) throw new Error(prepared.text);
  return prepared;
}
const request = requestOf(FEATURES);

function responseTo(bytes: Uint8Array): Uint8Array {
  const answered = answerOap(offerOf(bytes), { ...common, timestampNs: RESPONSE_TIME }, tools);
  if (!answered.ok) throw new Error(answered.text);
  return answered.bytes;
}

function offerOf(bytes: Uint8Array) {
  const read = new OapServer(tools, FEATURES).read(bytes, 0 as Micros);
  if (!read.ok) throw new Error(read.text);
  return read.offer;
}

/** Data field of the request by which a client does not take a flow. */
function noticeData(): Uint8Array {
  const features = OapFeature.REFUSAL_REASON | OapFeature.REFUSAL_NOTICE;
  const why = { ok: false, code: 'EAUTH', text: 'expired', features } as const;
  const read = new OapServer(tools, features).read(refusalNotice(request.exchange, why, RESPONSE_TIME)!, micros(0));
  if (!read.ok) throw new Error(read.text);
  return read.offer.request.data;
}

const link = {
  dst: 0x0a0b0c0d as Address,
  src: 0x01020304 as Address,
  seq: 7n,
  withdrawn: true,
  ended: true,
  ageMs: 1500,
};
const statement = {
  origin: link.src,
  number: 0x0000_019b_bf2d_7e00n,
  adjacencies: [{ dst: link.dst, withdrawn: true, ended: false }],
  certificate: Uint8Array.of(0x30, 0x02, 0x30, 0x00),
};
const database = new LsDatabase();
database.put(link, micros(0));

const key = fromHex('3b'.repeat(HASH_LENGTH));
const self = { id: fromHex('c4'.repeat(HASH_LENGTH)), address: 0x01020304 };
const withdrawal = new Uint8Array([...key, ...addressToBytes(self.address)]);

/** The first packet of a protected flow. */
async function ownPacket(): Promise<Uint8Array> {
  const protection = createProtection({
    crypto: {
      profile: 'o7s',
      cipher: 'aes-256-gcm',
      secret: Uint8Array.from({ length: 32 }, (_, i) => i + 1),
      kemInBand: false,
      kex: 'X25519',
      peer: '',
    },
    initiator: true,
    ...(await loadCrypto()),
    random: { bytes: (length) => new Uint8Array(length), uint32: () => 0 },
    output: { transmit: () => true, ready: () => undefined },
    mplMs: 100,
    now: micros(0),
  });
  const text = new TextEncoder().encode('\0hello');
  const packet = new Uint8Array(text.length + protection.overhead);
  protection.seal(text, 0, text.length, packet, 0, micros(0));
  return packet;
}

function broadcastPacket(): Uint8Array {
  const pci = new Uint8Array(BROADCAST_PCI_LENGTH);
  writeBroadcastPci(pci, BROADCAST_HOPS - 2, 0xa1b2c3d4, 0x01020304, 7);
  return Uint8Array.of(...pci, ...ascii('hello'));
}

function confirm(): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_HEAD);
  writeChangeHead(bytes, 0, { type: ChangeMessage.CONFIRM, epoch: 1, part: 0 });
  return bytes;
}

const NOTHING = new Uint8Array(0);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The packets that `write` puts into the channel. */
function sentBy(write: (end: FlowEnd) => void): Uint8Array[] {
  const channel = new MemoryChannelNetwork((callback) => callback());
  const end = channel.createHost({ path: '/far' }).expect(new Uint8Array(16));
  const sent: Uint8Array[] = [];
  end.write = (head, headLength, body, offset, length) => {
    sent.push(Uint8Array.of(...head.subarray(0, headLength), ...body.subarray(offset, offset + length)));
    return 'ok';
  };
  write(end);
  return sent;
}

const frames = (end: FlowEnd): FrameStage =>
  new FrameStage(end, { clock: new VirtualClock(() => Promise.resolve()), overhead: 0, probes: true, firstNumber: 0 });

function probe(): Uint8Array {
  const bytes = new Uint8Array(11);
  writeProbe(bytes, 7);
  return bytes;
}

function probeAnswer(): Uint8Array {
  const bytes = new Uint8Array(PROBE_ANSWER_LENGTH);
  writeProbeAnswer(bytes, 7, 1400);
  return bytes;
}

/** What a receiver says after packets 0, 1, 4 and 4 of a run, of which its reader took the first. */
function acknowledgement(): Uint8Array {
  const sent: Uint8Array[] = [];
  const config = { reliable: true, selective: true, initialSeqno: 0x2000, mplMs: 100, receiveBytes: 1 << 20 };
  const nothing = (): void => undefined;
  const frcp = new Frcp(config, {
    ...{ readable: nothing, writable: nothing, settled: nothing, failed: nothing },
    transmit: (head, headLength) => sent.push(head.slice(0, headLength)) > 0,
  });
  for (const i of [0, 1, 4, 4]) {
    const packet = new Uint8Array(FRCP_PCI_LENGTH + 1);
    writeFrcpPci(packet, 0, i === 0 ? FrcpFlag.DATA | FrcpFlag.DRF : FrcpFlag.DATA, 0, 0x1000 + i, 0);
    frcp.receive(packet, 0, packet.length, micros(0));
    frcp.read(i === 0 ? 1 : 0, () => true, micros(0));
  }
  frcp.wake(frcp.deadline);
  return sent.at(-1)!;
}

function tcpFrame(eid: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER + payload.length);
  writeFrameHeader(bytes, 0, eid, payload.length);
  bytes.set(payload, FRAME_HEADER);
  return bytes;
}

const tcpControl = (message: ControlMessage): Uint8Array => tcpFrame(0, encodeControl(message));

/** Bytes of each example, as the code that sends such messages makes them. */
const TRACE_NUMBER = 0x9e3779b97f4a7c15n;
const TRACE_QUESTION: Trace = {
  kind: 'question',
  number: TRACE_NUMBER,
  asker: 0x0a0b0c0d,
  target: 0x04030201,
  cube: 2,
};
const TRACE_ANSWER: TraceReply = {
  kind: 'answer',
  number: TRACE_NUMBER,
  name: 'net.b',
  hop: { next: 0x04030201, lowerLayer: 'udp', longest: 1400, waiting: 3, linkCube: 0 },
  tells: true,
};
const DESCENT_QUESTION: Descent = {
  ...{ kind: 'question', number: TRACE_NUMBER, asker: 0x0a0b0c0d, neighbor: 0x04030201, cube: 2 },
  ...{ ranks: 8, patienceMs: 3392 },
};
const DESCENT_ANSWER: Descent = {
  kind: 'answer',
  number: TRACE_NUMBER,
  below: {
    ...{ layer: 'mid', type: 'unicast', authenticated: true, cut: false },
    steps: [
      {
        ...{ address: 0x0a0b0c0d, name: 'mid.b', roundTripMs: 0, hop: TRACE_ANSWER.hop! },
        below: { layer: 'udp', type: 'udp4', authenticated: false, cut: false, steps: [] },
      },
      { address: 0x04030201, name: 'mid.c', roundTripMs: 0.25, hop: null, below: null },
    ],
  },
};

const examples: Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>> = {
  'oap-offer': () => encodeOapExtension({ features: FEATURES }),
  'oap-request': () => request.bytes,
  'oap-response': () => responseTo(request.bytes),
  'oap-refusal': () => encodeOapExtension({ features: FEATURES, refusal: { error: -1100, text: 'nobody' } }),
  'oap-weakness': () =>
    encodeOapExtension({ features: FEATURES, refusal: { error: -1008, text: 'weak' }, wantedKex: 716 }),
  'oap-notice': () => noticeData(),
  'udp-dealloc': () => encodeUdpMgmt({ kind: 'dealloc', sEid: 70, dEid: 65, response: 0 }),
  'dix-dealloc': () => encodeEthMgmt(ETH_DIX, { kind: 'dealloc', sEid: 70, dEid: 65 }),
  'llc-inquiry': () => encodeEthMgmt(ETH_LLC, { kind: 'inquiry', sEid: 6, dEid: 5 }),
  'udp-inquiry': () => encodeUdpMgmt({ kind: 'inquiry', sEid: 70, dEid: 65 }),
  'fa-dealloc': () => encodeFa({ kind: 'dealloc', rEid: 0x9e3779b900000041n, response: 0 }),
  'fa-echo': () => encodeFa({ kind: 'echo', sAddr: 0x0a0b0c0d, number: 0x9e3779b97f4a7c15n, cube: 2 }),
  'fa-echo-reply': () => encodeFa({ kind: 'echo-reply', number: 0x9e3779b97f4a7c15n, cube: 2 }),
  'link-extension': () => linkExtension(OcepFeature.LS_SYNC),
  ocep: () =>
    encodeCep({ ...CEP_COMPONENTS.management, address: self.address, ext: linkExtension(OcepFeature.LS_SYNC) }),
  summary: () => encodeSummary(database.size, database.digest),
  entries: () => encodeEntries([link]),
  withdraw: () => encodeDht({ kind: 'other', code: DHT_WITHDRAW_CODE, src: self, ext: withdrawal }),
  'frame-packet': () => sentBy((end) => frames(end).write(NOTHING, 0, ascii('hello'), 0, 5))[0]!,
  'frame-fragment': () =>
    sentBy((end) => new Fragmenter(end, 42).write(15, NOTHING, 0, ascii('fragment me'), 0, 11))[1]!,
  'frame-probe': () => probe(),
  'frame-probe-answer': () => probeAnswer(),
  'segment-whole': () => sentBy((end) => new Segmenter(end).write(7, NOTHING, 0, ascii('one'), 0, 3))[0]!,
  'segment-first': () => sentBy((end) => new Segmenter(end).write(7, NOTHING, 0, ascii('segments'), 0, 8))[0]!,
  'segment-end': () => Uint8Array.of(FlowSegment.end),
  'own-packet': ownPacket,
  'key-change-confirm': confirm,
  'frcp-selective': acknowledgement,
  'tcp-hello': () => tcpControl({ kind: 'hello', hash: 1, member: '22'.repeat(16), run: '33'.repeat(8), layer: 'net' }),
  'tcp-credit': () => tcpControl({ kind: 'credit', from: 65, to: 64, bytes: WINDOW }),
  'tcp-packet': () => tcpFrame(64, ascii('hello')),
  'broadcast-ocep': () =>
    encodeCep({ ...CEP_COMPONENTS.broadcast, address: 0, ext: linkExtension(OcepFeature.BROADCAST_PCI) }),
  'broadcast-packet': broadcastPacket,
  'broadcast-neighbors': () => encodeBroadcastNeighbors({ self: 'bc.1', neighbors: ['bc.2', 'bc.10'] }),
  ...INVITATION_EXAMPLES,
  statement: () =>
    encodeStatement({ body: encodeBody(statement), signature: Uint8Array.of(0x5a, 0x5a, 0x5a) }, link.ageMs),
  ...NAME_EXAMPLES,
  'trace-question': () => encodeTrace(TRACE_QUESTION),
  'trace-answer': () => encodeTrace(TRACE_ANSWER),
  'descent-question': () => encodeDescent(DESCENT_QUESTION),
  'descent-answer': () => encodeDescent(DESCENT_ANSWER),
};

const blocks = blocksOf('docs/wire-extensions.md').filter(({ language }) => language === 'hex');
const shown = new Map(blocks.map((block) => [remarkOf(block, 'example'), block.text.replace(/;.*/g, '')]));

function valueOf<T>(decoded: Decoded<T>): T {
  if (decoded.ok) return decoded.value;
  throw new Error(decoded.reason);
}
const bytesOf = (name: string): Uint8Array => fromHex(shown.get(name)!);

describe('the examples of docs/wire-extensions.md', () => {
  it('are all that this file knows', () => {
    expect([...shown.keys()]).toEqual(Object.keys(examples));
  });

  it.each(Object.keys(examples))('show %s as the encoder makes it', async (name) => {
    expect(toHex(bytesOf(name))).toBe(toHex(await examples[name]!()));
  });

  it('decode to what the text says', () => {
    expect(valueOf(decodeOapExtension(bytesOf('oap-offer')))).toEqual({ features: 3 });
    expect(valueOf(decodeOapExtension(bytesOf('oap-refusal'))).refusal).toEqual({ error: -1100, text: 'nobody' });
    expect(valueOf(decodeUdpMgmt(bytesOf('udp-dealloc')))).toEqual({
      kind: 'dealloc',
      sEid: 70,
      dEid: 65,
      response: 0,
    });
    expect(valueOf(decodeFa(bytesOf('fa-dealloc'), HASH_LENGTH))).toMatchObject({ rEid: 0x9e3779b900000041n });
    const echo = { number: 0x9e3779b97f4a7c15n, cube: 2 };
    expect(valueOf(decodeFa(bytesOf('fa-echo'), HASH_LENGTH))).toMatchObject({ kind: 'echo', ...echo });
    expect(valueOf(decodeFa(bytesOf('fa-echo-reply'), HASH_LENGTH))).toMatchObject({ kind: 'echo-reply', ...echo });
    expect(valueOf(decodeTrace(bytesOf('trace-question')))).toEqual(TRACE_QUESTION);
    expect(valueOf(decodeTrace(bytesOf('trace-answer')))).toEqual(TRACE_ANSWER);
    expect(valueOf(decodeDescent(bytesOf('descent-question')))).toEqual(DESCENT_QUESTION);
    expect(valueOf(decodeDescent(bytesOf('descent-answer')))).toEqual(DESCENT_ANSWER);
    expect(valueOf(decodePeerExtension(valueOf(decodeCep(bytesOf('ocep'))).ext!))).toEqual({
      version: 1,
      features: OcepFeature.LS_SYNC | OcepFeature.LINKS_REST,
      keepaliveMs: SILENCE_LIMIT_MS,
    });
    expect(decodeSync(bytesOf('summary'))).toEqual({ kind: 'summary', count: 1, digest: database.digest });
    expect(decodeSync(bytesOf('entries'))).toEqual({ kind: 'entries', entries: [link] });
    expect(valueOf(decodeDht(bytesOf('withdraw'), HASH_LENGTH))).toMatchObject({ kind: 'other', code: 5, src: self });
  });

  it('are read as frames by the other end', () => {
    const fragment = bytesOf('frame-fragment');
    expect([fragmentMessage, fragmentIndex, fragmentCount].map((read) => read(fragment, 0))).toEqual([42, 1, 2]);
    expect(probeNumber(bytesOf('frame-probe'), 0)).toBe(7);
    const answer = bytesOf('frame-probe-answer');
    expect([probeNumber(answer, 0), probeAnswerLength(answer, 0)]).toEqual([7, 1400]);
    expect([MAX_MESSAGE, BASE_PACKET]).toEqual([16 * 1024 * 1024, 512]);
  });

  it('make a handshake: the response belongs to the request, and so would a refusal', () => {
    const completed = completeOap(request.exchange, bytesOf('oap-response'), RESPONSE_TIME, tools);
    expect(completed).toEqual({ ok: true, features: FEATURES, crypto: null, peer: '' });
    const refused = refuseOap(offerOf(bytesOf('oap-request')), { code: 'ENOSERVER', text: 'nobody' }, RESPONSE_TIME);
    expect(readOapRefusal(request.exchange, refused.data)).toEqual({ error: -1100, text: 'nobody' });
  });

  it('name the numbers of packet protection', () => {
    expect(KEY_LIMITS).toEqual({ packets: 2 ** 20, time: 120_000_000 });
    expect([OFFER_LENGTH, ANSWER_LENGTH, PART_LENGTH, REPLAY_WINDOW]).toEqual([1184 + 32, 1088 + 32, 448, 8160]);
    expect(ChangeMessage).toEqual({ OFFER: 1, ANSWER: 2, CONFIRM: 3, CONFIRMED: 4, REQUEST: 5 });
  });

  it('name the numbers of TCP layers', () => {
    expect([MAX_PAYLOAD, WINDOW]).toEqual([16_384, 262_144]);
  });

  it('name the numbers of selective acknowledgements', () => {
    expect([FRCP_MAX_RANGES, FRCP_MAX_WINDOW]).toEqual([96, 4096]);
  });

  it('name the numbers of broadcast layers', () => {
    expect([BROADCAST_MTU, BROADCAST_HOPS, BROADCAST_NEIGHBORS_MAX, MAX_ORIGINS]).toEqual([1400, 64, 1024, 1024]);
    const neighbors = valueOf(decodeBroadcastNeighbors(bytesOf('broadcast-neighbors')));
    expect(neighbors).toEqual({ self: 'bc.1', neighbors: ['bc.2', 'bc.10'] });
    const packet = bytesOf('broadcast-packet');
    expect([broadcastType, broadcastHops, broadcastNumber].map((read) => read(packet, 0))).toEqual([0, 62, 7]);
  });

  it('name the numbers of signed link state', () => {
    expect(decodeBody(decodeStatement(bytesOf('statement'))!.body)).toEqual(statement);
    expect(MAX_ADJACENCIES).toBe(1024);
  });

  it('name the numbers of signed names', () => {
    const stored = valueOf(decodeDht(bytesOf('signed-name'), HASH_LENGTH));
    expect(stored.kind === 'store' && decodeName(stored.value)).toMatchObject(NAME);
    expect(NAME_NUMBERS).toEqual([180_000, 60_000, 2048, 1300, 2048, 256, 16]);
  });

  it('name the token of the invitation', () => {
    expect(readText('docs/wire-extensions.md')).toContain(TOKEN);
    expect(valueOf(decodeJoinAnswer(bytesOf('join-answer')))).toMatchObject({ response: 0, reason: '' });
  });

  it('name the bits of the code', () => {
    expect([OapFeature.DEALLOC_MESSAGE, OapFeature.REFUSAL_REASON, OapFeature.INQUIRY]).toEqual([1, 2, 4]);
    expect(OapFeature.REFUSAL_NOTICE).toBe(64);
    const { LS_SYNC, BROADCAST_PCI, LINKS_REST } = OcepFeature;
    expect([LS_SYNC, BROADCAST_PCI, LINKS_REST, DHT_WITHDRAWS]).toEqual([1, 2, 4, 1]);
  });
});
