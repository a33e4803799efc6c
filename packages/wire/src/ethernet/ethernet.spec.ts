import fc from 'fast-check';
import { concatBytes, fromHex, QOS_RAW, toHex } from '@ouroboros/model';
import { OAP_REQUEST, OAP_RESPONSE, OPING_SHA3, reasonOf, valueOf } from '../../test/golden.js';
import {
  decodeEthMgmt,
  encodeEthMgmt,
  ETH_DIX,
  ETH_DIX_ETHERTYPE,
  ETH_LLC,
  EthVerdict,
  MAC_BROADCAST,
  macText,
  readMac,
  writeMac,
  type EthFraming,
  type EthMgmt,
} from '../index.js';

const ONE = 0x020000000001;
const TWO = 0x020000000002;

/** A whole frame, as a shim puts it together. */
function frame(framing: EthFraming, to: number, from: number, receiver: number, sender: number, payload: Uint8Array) {
  const bytes = concatBytes(new Uint8Array(framing.headerLength), payload);
  writeMac(bytes, 0, to);
  writeMac(bytes, 6, from);
  framing.write(bytes, ETH_DIX_ETHERTYPE, receiver, sender, payload.length);
  return bytes;
}

const payloadOf = (framing: EthFraming, bytes: Uint8Array): Uint8Array => {
  const length = framing.payloadLength(bytes, 0, bytes.length, ETH_DIX_ETHERTYPE);
  return bytes.subarray(framing.headerLength, framing.headerLength + length);
};

/** The worked examples. [spec/wire-shims.md §9] */
const QUERY: EthMgmt = { kind: 'name-query', hash: OPING_SHA3 };
const FOUND: EthMgmt = { kind: 'name-reply', hash: OPING_SHA3 };
const request = (sEid: number): EthMgmt => ({
  kind: 'request',
  sEid,
  qos: QOS_RAW,
  hash: OPING_SHA3,
  data: fromHex(OAP_REQUEST),
});
const reply = (sEid: number, dEid: number): EthMgmt => ({
  kind: 'reply',
  sEid,
  dEid,
  response: 0,
  data: fromHex(OAP_RESPONSE),
});

const DIX_QUERY = `ff ff ff ff ff ff 02 00 00 00 00 01 a0 00 00 00
  00 47 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 02 00 42 de e3 b0 41 5b 4f 69 0f d9 1c bd 99 87 6f 1e 9b d8 d9 74 5e f7 fa
  32 b1 42 77 3a f0 34 9d 54`;
const DIX_FOUND = `02 00 00 00 00 01 02 00 00 00 00 02 a0 00 00 00
  00 47 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 03 00 42 de e3 b0 41 5b 4f 69 0f d9 1c bd 99 87 6f 1e 9b d8 d9 74 5e f7 fa
  32 b1 42 77 3a f0 34 9d 54`;
const DIX_REQUEST = `02 00 00 00 00 02 02 00 00 00 00 01 a0 00 00 00
  00 6b 00 40 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 01 ff ff ff ff ff ff ff ff 00 01
  d4 c0 00 00 00 00 00 00 00 42 de e3 b0 41 5b 4f 69 0f d9 1c bd 99 87 6f 1e 9b d8 d9 74 5e f7 fa
  32 b1 42 77 3a f0 34 9d 54 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe 3d 85 cd
  15 00 00 00 00 00 00 00 00 00 00 00 00`;
const DIX_REPLY = `02 00 00 00 00 01 02 00 00 00 00 02 a0 00 00 00
  00 7b 00 41 00 40 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 01 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe 3d d2 18
  55 00 00 00 00 00 00 00 00 00 00 00 00 85 77 0d d0 8a 55 74 0f da c4 d7 fe 6c ee 20 ff 86 af f7
  81 01 f7 08 64 be e0 82 33 96 80 c2 a5 f2 6b 53 42 dd af 6b 31 e3 6d 91 ba 6d ef c7 ba`;
const DIX_DATA = '02 00 00 00 00 02 02 00 00 00 00 01 a0 00 00 41 00 05 68 65 6c 6c 6f';
const LLC_QUERY = `ff ff ff ff ff ff 02 00 00 00 00 01 00 48 80 80
  03 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 42 de e3 b0 41 5b 4f 69 0f d9 1c bd 99 87 6f 1e 9b d8 d9 74 5e f7 fa 32 b1 42
  77 3a f0 34 9d 54`;
const LLC_REQUEST = `02 00 00 00 00 02 02 00 00 00 00 01 00 6c 80 80
  03 02 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 01 ff ff ff ff ff ff ff ff 00 01 d4
  c0 00 00 00 00 00 42 de e3 b0 41 5b 4f 69 0f d9 1c bd 99 87 6f 1e 9b d8 d9 74 5e f7 fa 32 b1 42
  77 3a f0 34 9d 54 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe 3d 85 cd 15 00 00
  00 00 00 00 00 00 00 00 00 00`;
const LLC_REPLY = `02 00 00 00 00 01 02 00 00 00 00 02 00 7c 80 80
  03 03 02 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe 3d d2 18 55 00 00
  00 00 00 00 00 00 00 00 00 00 85 77 0d d0 8a 55 74 0f da c4 d7 fe 6c ee 20 ff 86 af f7 81 01 f7
  08 64 be e0 82 33 96 80 c2 a5 f2 6b 53 42 dd af 6b 31 e3 6d 91 ba 6d ef c7 ba`;
const LLC_DATA = '02 00 00 00 00 02 02 00 00 00 00 01 00 08 c0 40 03 68 65 6c 6c 6f';

describe('management frames match the worked examples both ways', () => {
  it.each([
    ['DIX name query', ETH_DIX, DIX_QUERY, MAC_BROADCAST, ONE, QUERY],
    ['DIX name reply', ETH_DIX, DIX_FOUND, ONE, TWO, FOUND],
    ['DIX flow request', ETH_DIX, DIX_REQUEST, TWO, ONE, request(64)],
    ['DIX flow reply', ETH_DIX, DIX_REPLY, ONE, TWO, reply(65, 64)],
    ['LLC name query', ETH_LLC, LLC_QUERY, MAC_BROADCAST, ONE, QUERY],
    ['LLC flow request', ETH_LLC, LLC_REQUEST, TWO, ONE, request(2)],
    ['LLC flow reply', ETH_LLC, LLC_REPLY, ONE, TWO, reply(3, 2)],
  ] as const)('%s', (_title, framing, hex, to, from, message) => {
    const bytes = fromHex(hex);
    expect(toHex(frame(framing, to, from, 0, 0, encodeEthMgmt(framing, message)))).toBe(toHex(bytes));
    expect([readMac(bytes, 0), readMac(bytes, 6), framing.receiver(bytes, 0)]).toEqual([to, from, 0]);
    expect(valueOf(decodeEthMgmt(framing, 32, payloadOf(framing, bytes)))).toEqual(message);
  });
});

describe('data frames', () => {
  const hello = fromHex('68656c6c6f');

  it('match the worked examples both ways', () => {
    expect(toHex(frame(ETH_DIX, TWO, ONE, 65, 64, hello))).toBe(toHex(fromHex(DIX_DATA)));
    expect(toHex(frame(ETH_LLC, TWO, ONE, 3, 2, hello))).toBe(toHex(fromHex(LLC_DATA)));
    expect(ETH_DIX.receiver(fromHex(DIX_DATA), 0)).toBe(65);
    expect([ETH_LLC.receiver(fromHex(LLC_DATA), 0), ETH_LLC.sender(fromHex(LLC_DATA), 0)]).toEqual([3, 2]);
  });

  it.each([ETH_DIX, ETH_LLC])('lose their padding, and may be empty ($name)', (framing) => {
    for (const payload of [hello, new Uint8Array(0)]) {
      const padded = concatBytes(frame(framing, TWO, ONE, 5, 6, payload), new Uint8Array(40));
      expect(payloadOf(framing, padded)).toEqual(payload);
    }
  });

  it('of LLC have SAP numbers with their bits reversed', () => {
    const bytes = new Uint8Array(17);
    for (const [sap, byte] of [
      [2, 0x40],
      [3, 0xc0],
      [4, 0x20],
      [63, 0xfc],
    ] as const) {
      ETH_LLC.write(bytes, 0, sap, 2, 0);
      expect(bytes[14]).toBe(byte);
      expect(ETH_LLC.receiver(bytes, 0)).toBe(sap);
    }
  });

  it('with one management SAP are data for SAP 1, which no flow has', () => {
    const bytes = new Uint8Array(17);
    ETH_LLC.write(bytes, 0, 1, 2, 0);
    expect(ETH_LLC.receiver(bytes, 0)).toBe(1);
  });
});

describe('frames that are refused', () => {
  const verdict = (framing: EthFraming, hex: string): number => {
    const bytes = fromHex(hex);
    return framing.payloadLength(bytes, 0, bytes.length, ETH_DIX_ETHERTYPE);
  };
  const macs = '020000000002020000000001';

  it.each([
    [ETH_DIX, 'a000 0041 00', EthVerdict.runt],
    [ETH_DIX, 'a001 0041 0000', EthVerdict.foreign],
    [ETH_DIX, 'a000 0041 0001', EthVerdict.malformed],
    [ETH_LLC, '0003 c040', EthVerdict.runt],
    [ETH_LLC, '0600 c040 03', EthVerdict.foreign],
    [ETH_LLC, '0003 c040 13', EthVerdict.foreign],
    [ETH_LLC, '0004 c040 03', EthVerdict.malformed],
    [ETH_LLC, '0002 c040 03', EthVerdict.malformed],
  ])('$0.name %#', (framing, rest, expected) => expect(verdict(framing, macs + rest)).toBe(expected));

  it.each([
    [ETH_DIX, 39],
    [ETH_LLC, 37],
  ])('because they are cut: %#', (framing, fixed) => {
    const bytes = encodeEthMgmt(framing, request(2));
    const reason = (length: number): string => reasonOf(decodeEthMgmt(framing, 32, bytes.subarray(0, length)));
    for (let length = 0; length < fixed; length += 1) expect(reason(length)).toBe('too-short');
    for (let length = fixed; length < fixed + 32; length += 1) expect(reason(length)).toBe('too-short hash');
    expect(reason(fixed + 32)).toBe('accepted');
  });

  it('have unknown codes as a value', () => {
    const bytes = encodeEthMgmt(ETH_DIX, { kind: 'inquiry', sEid: 64, dEid: 65 });
    for (const code of [4, 127, 131, 255]) {
      bytes[37] = code;
      expect(valueOf(decodeEthMgmt(ETH_DIX, 32, bytes))).toEqual({ kind: 'unknown', code });
    }
  });
});

describe('MACs', () => {
  it('are numbers, bytes and texts of the same address', () => {
    fc.assert(
      fc.property(fc.nat({ max: MAC_BROADCAST }), fc.nat({ max: 4 }), (mac, at) => {
        const buffer = new Uint8Array(12).fill(0x55);
        writeMac(buffer, at, mac);
        expect(readMac(buffer, at)).toBe(mac);
        expect(macText(mac).replaceAll(':', '')).toBe(toHex(buffer.subarray(at, at + 6)));
      }),
    );
    expect(macText(ONE)).toBe('02:00:00:00:00:01');
    expect(macText(MAC_BROADCAST)).toBe('ff:ff:ff:ff:ff:ff');
  });
});

it('management messages decode to what was encoded, with every hash length', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(ETH_DIX, ETH_LLC),
      fc.constantFrom(28, 32, 48, 64),
      fc.nat({ max: 63 }),
      fc.uint8Array({ maxLength: 1400 }),
      (framing, hashLength, eid, data) => {
        const hash = new Uint8Array(hashLength).fill(eid);
        const messages: EthMgmt[] = [
          { kind: 'request', sEid: eid, qos: QOS_RAW, hash, data },
          { kind: 'reply', sEid: eid, dEid: 63 - eid, response: eid - 63, data },
          { kind: 'name-query', hash },
          { kind: 'dealloc', sEid: eid, dEid: 63 - eid },
          { kind: 'alive', sEid: eid, dEid: 63 - eid },
        ];
        for (const message of messages)
          expect(valueOf(decodeEthMgmt(framing, hashLength, encodeEthMgmt(framing, message)))).toEqual(message);
      },
    ),
  );
});
