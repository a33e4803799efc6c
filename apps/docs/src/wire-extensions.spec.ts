import { createHash } from 'node:crypto';
import { micros, toHex, fromHex, type Address, type Micros } from '@ouroboros/model';
import { NO_SECURITY, OapServer, answerOap, completeOap, prepareOap, readOapRefusal, refuseOap } from '@ouroboros/oap';
import type { Hash } from '@ouroboros/ports';
import {
  addressToBytes,
  CEP_COMPONENTS,
  decodeCep,
  decodeDht,
  decodeFa,
  decodeOapExtension,
  decodePeerExtension,
  decodeUdpMgmt,
  encodeCep,
  encodeDht,
  encodeFa,
  encodeOapExtension,
  encodeUdpMgmt,
  OapFeature,
  type Decoded,
} from '@ouroboros/wire';
import { decodeSync, encodeEntries, encodeSummary } from '../../../packages/ipcp-unicast/src/routing/messages.js';
import { LINK_EXTENSION, LS_SYNC, SILENCE_LIMIT_MS } from '../../../packages/ipcp-unicast/src/connmgr/link.js';
import { DHT_WITHDRAW_CODE, DHT_WITHDRAWS } from '../../../packages/ipcp-unicast/src/dir/index.js';
import { LsDatabase } from '../../../packages/ipcp-unicast/src/routing/database.js';
import { blocksOf, remarkOf } from './document.js';

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

const link = {
  dst: 0x0a0b0c0d as Address,
  src: 0x01020304 as Address,
  seq: 7n,
  withdrawn: true,
  ended: true,
  ageMs: 1500,
};
const database = new LsDatabase();
database.put(link, micros(0));

const key = fromHex('3b'.repeat(HASH_LENGTH));
const self = { id: fromHex('c4'.repeat(HASH_LENGTH)), address: 0x01020304 };
const withdrawal = new Uint8Array([...key, ...addressToBytes(self.address)]);

/** Bytes of each example, as the code that sends such messages makes them. */
const examples: Readonly<Record<string, () => Uint8Array>> = {
  'oap-offer': () => encodeOapExtension({ features: FEATURES }),
  'oap-request': () => request.bytes,
  'oap-response': () => responseTo(request.bytes),
  'oap-refusal': () => encodeOapExtension({ features: FEATURES, refusal: { error: -1100, text: 'nobody' } }),
  'udp-dealloc': () => encodeUdpMgmt({ kind: 'dealloc', sEid: 70, dEid: 65, response: 0 }),
  'udp-inquiry': () => encodeUdpMgmt({ kind: 'inquiry', sEid: 70, dEid: 65 }),
  'fa-dealloc': () => encodeFa({ kind: 'dealloc', rEid: 0x9e3779b900000041n, response: 0 }),
  'link-extension': () => LINK_EXTENSION,
  ocep: () => encodeCep({ ...CEP_COMPONENTS.management, address: self.address, ext: LINK_EXTENSION }),
  summary: () => encodeSummary(database.size, database.digest),
  entries: () => encodeEntries([link]),
  withdraw: () => encodeDht({ kind: 'other', code: DHT_WITHDRAW_CODE, src: self, ext: withdrawal }),
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

  it.each(Object.keys(examples))('show %s as the encoder makes it', (name) => {
    expect(toHex(bytesOf(name))).toBe(toHex(examples[name]!()));
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
    expect(valueOf(decodePeerExtension(valueOf(decodeCep(bytesOf('ocep'))).ext!))).toEqual({
      version: 1,
      features: LS_SYNC,
      keepaliveMs: SILENCE_LIMIT_MS,
    });
    expect(decodeSync(bytesOf('summary'))).toEqual({ kind: 'summary', count: 1, digest: database.digest });
    expect(decodeSync(bytesOf('entries'))).toEqual({ kind: 'entries', entries: [link] });
    expect(valueOf(decodeDht(bytesOf('withdraw'), HASH_LENGTH))).toMatchObject({ kind: 'other', code: 5, src: self });
  });

  it('make a handshake: the response belongs to the request, and so would a refusal', () => {
    const completed = completeOap(request.exchange, bytesOf('oap-response'), RESPONSE_TIME, tools);
    expect(completed).toEqual({ ok: true, features: FEATURES, crypto: null, peer: '' });
    const refused = refuseOap(offerOf(bytesOf('oap-request')), { code: 'ENOSERVER', text: 'nobody' }, RESPONSE_TIME);
    expect(readOapRefusal(request.exchange, refused.data)).toEqual({ error: -1100, text: 'nobody' });
  });

  it('name the bits of the code', () => {
    expect([OapFeature.DEALLOC_MESSAGE, OapFeature.REFUSAL_REASON, OapFeature.INQUIRY]).toEqual([1, 2, 4]);
    expect([LS_SYNC, DHT_WITHDRAWS]).toEqual([1, 1]);
  });
});
