import { fromHex } from '@ouroboros/model';
import { expectGolden, OPING_SHA3, reasonOf, valueOf } from '../../test/golden.js';
import { addressFromBytes, addressToBytes } from '../address-bytes.js';
import { decodeDht, encodeDht } from './dht.js';
import type { DhtContact, DhtMessage } from './types.js';

const HASH = 32;
const decode = (bytes: Uint8Array): ReturnType<typeof decodeDht> => decodeDht(bytes, HASH);
const golden = (hex: string, value: DhtMessage): void => expectGolden(hex, value, decode, encodeDht);

const contact = (first: string, last: string, address: number): DhtContact => ({
  id: fromHex(`${first}${'00'.repeat(30)}${last}`),
  address,
});
const a = contact('a0', '01', 0x0a0b0c0d);
const b = contact('b0', '02', 0x11223344);
const cookie = 0x0102030405060708n;
const key = OPING_SHA3;

const STORE =
  '080012270a20a000000000000000000000000000000000000000000000000000000000000001108d98ac501a320a2042dee3b0415b4f690fd91cbd99876f1e9bd8d9745ef7fa32b142773af0349d541208000000000a0b0c0d188093a3c706';
const FIND_NODE_REQ =
  '080112270a20a000000000000000000000000000000000000000000000000000000000000001108d98ac50222c08888e98a8c0e08081011220a000000000000000000000000000000000000000000000000000000000000001';
const FIND_NODE_RSP =
  '080212280a20b00000000000000000000000000000000000000000000000000000000000000210c4e68889012a5508888e98a8c0e08081011220a0000000000000000000000000000000000000000000000000000000000000011a270a20a000000000000000000000000000000000000000000000000000000000000001108d98ac50';
const FIND_VALUE_REQ =
  '080312280a20b00000000000000000000000000000000000000000000000000000000000000210c4e6888901222c08888e98a8c0e0808101122042dee3b0415b4f690fd91cbd99876f1e9bd8d9745ef7fa32b142773af0349d54';
const FIND_VALUE_RSP =
  '080412270a20a000000000000000000000000000000000000000000000000000000000000001108d98ac502a5608888e98a8c0e0808101122042dee3b0415b4f690fd91cbd99876f1e9bd8d9745ef7fa32b142773af0349d541a280a20b00000000000000000000000000000000000000000000000000000000000000210c4e6888901';

describe('directory messages', () => {
  it('match the worked example of a STORE both ways', () =>
    golden(STORE, { kind: 'store', src: a, key, value: addressToBytes(0x0a0b0c0d), expiresS: 1760086400 }));

  it('match the worked examples of FIND_NODE both ways', () => {
    golden(FIND_NODE_REQ, { kind: 'find-node-request', src: a, cookie, key: a.id });
    golden(FIND_NODE_RSP, { kind: 'find-node-response', src: b, cookie, key: a.id, contacts: [a] });
  });

  it('match the worked examples of FIND_VALUE both ways', () => {
    golden(FIND_VALUE_REQ, { kind: 'find-value-request', src: b, cookie, key });
    const response = { kind: 'find-value-response', src: a, cookie, key, contacts: [b] } as const;
    golden(`${FIND_VALUE_RSP}320a0a08000000000a0b0c0d`, { ...response, values: [addressToBytes(0x0a0b0c0d)] });
    golden(`${FIND_VALUE_RSP}3200`, { ...response, values: [] });
  });

  it('carry extension bytes in field 100', () => {
    const ext = fromHex('0801');
    golden(`${FIND_NODE_REQ}a206020801`, { kind: 'find-node-request', src: a, cookie, key: a.id, ext });
  });

  it('give other codes as a value, with source and extension', () => {
    const head = FIND_NODE_REQ.slice(4, 4 + 2 * 41);
    golden(`088001${head}a206020801`, { kind: 'other', code: 128, src: a, ext: fromHex('0801') });
    golden(`0805${head}`, { kind: 'other', code: 5, src: a });
    expect(() => encodeDht({ kind: 'other', code: 4, src: a })).toThrow(expect.objectContaining({ field: 'code' }));
  });

  it('keep the whole range of cookies', () => {
    const request: DhtMessage = { kind: 'find-value-request', src: a, cookie: 2n ** 64n - 1n, key };
    expect(valueOf(decode(encodeDht(request)))).toEqual(request);
  });

  it('are refused when cut anywhere', () => {
    for (const hex of [STORE, FIND_NODE_REQ, FIND_NODE_RSP, FIND_VALUE_REQ, `${FIND_VALUE_RSP}3200`]) {
      const bytes = fromHex(hex);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(reasonOf(decode(bytes.subarray(0, length)))).toMatch(/^(malformed|missing-field)/);
      }
    }
  });

  it('are refused without the part that the code needs', () => {
    const withCode = (code: string, hex: string): string => reasonOf(decode(fromHex(`08${code}${hex.slice(4)}`)));
    expect(withCode('00', FIND_NODE_REQ)).toBe('missing-field store');
    expect(withCode('01', STORE)).toBe('missing-field find');
    expect(withCode('02', STORE)).toBe('missing-field node');
    expect(withCode('03', STORE)).toBe('missing-field find');
    expect(withCode('04', FIND_NODE_RSP)).toBe('missing-field val');
  });

  it('are refused when ids and keys have not the length of the layer’s hash', () => {
    const reason = (message: DhtMessage): string => reasonOf(decode(encodeDht(message)));
    const short = new Uint8Array(31);
    const bad = { id: short, address: 1 };
    expect(reason({ kind: 'find-node-request', src: bad, cookie, key })).toBe('bad-length src.id');
    expect(reason({ kind: 'find-node-request', src: a, cookie, key: short })).toBe('bad-length find.key');
    expect(reason({ kind: 'find-node-response', src: a, cookie, key: short, contacts: [] })).toBe(
      'bad-length node.key',
    );
    expect(reason({ kind: 'find-node-response', src: a, cookie, key, contacts: [b, bad] })).toBe(
      'bad-length node.contacts.id',
    );
    expect(reason({ kind: 'store', src: a, key: short, value: short, expiresS: 1 })).toBe('bad-length store.key');
    expect(reason({ kind: 'store', src: a, key, value: new Uint8Array(0), expiresS: 1 })).toBe('bad-length store.val');
    expect(reasonOf(decodeDht(fromHex(STORE), 28))).toBe('bad-length src.id');
  });

  it('are refused with an address of 0 or of more than 32 bits', () => {
    const from = (address: number): string =>
      reasonOf(decode(encodeDht({ kind: 'find-node-request', src: { ...a, address }, cookie, key })));
    expect([from(0), from(0xffffffff)]).toEqual(['bad-value src.addr', 'accepted']);
    const wide = FIND_NODE_REQ.replace('1227', '1228').replace('108d98ac50', '108d98ac8010');
    expect(reasonOf(decode(fromHex(wide)))).toBe('bad-value src.addr');
  });

  it('are at most 4096 bytes long', () => {
    expect(reasonOf(decode(new Uint8Array(4097)))).toBe('too-long');
    const contacts = new Array<DhtContact>(110).fill(a);
    expect(() => encodeDht({ kind: 'find-node-response', src: a, cookie, key, contacts })).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
  });
});

describe('addresses as directory values', () => {
  it('are 8 bytes, big-endian, 1 to 2^32−1', () => {
    expect(valueOf(addressFromBytes(addressToBytes(0xfffefdfc)))).toBe(0xfffefdfc);
    expect(reasonOf(addressFromBytes(new Uint8Array(7)))).toBe('bad-length');
    expect(reasonOf(addressFromBytes(new Uint8Array(8)))).toBe('bad-value');
    expect(reasonOf(addressFromBytes(fromHex('0000000100000000')))).toBe('bad-value');
    expect(() => addressToBytes(-1)).toThrow(expect.objectContaining({ field: 'address' }));
  });
});
