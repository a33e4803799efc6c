import fc from 'fast-check';
import { fromHex, QOS_RAW, toHex } from '@ouroboros/model';
import { expectGolden, OAP_REQUEST, OAP_RESPONSE, OPING_MD5, reasonOf, valueOf } from '../test/golden.js';
import { decodeUdpMgmt, encodeUdpMgmt, udpEid, writeUdpEid, type UdpMgmt } from './udp-frame.js';

const golden = (hex: string, value: UdpMgmt): void => expectGolden(hex, value, decodeUdpMgmt, encodeUdpMgmt);

const FLOW_REQ = `
  00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff ff ff 00 00 00 01
  00 00 00 01 ff ff ff ff 00 01 d4 c0 01 00 00 78 62 c6 fe c5 ec ae f4 aa 2e 39 34 72 5e 23 b3 00
  01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe 3d 85 cd 15 00 00 00 00 00 00 00 00 00 00 00 00`;

const FLOW_REPLY = `
  00 00 00 00 00 00 00 40 00 00 00 41 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 02 00 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17
  97 9c fe 3d d2 18 55 00 00 00 00 00 00 00 00 00 00 00 00 85 77 0d d0 8a 55 74 0f da c4 d7 fe 6c
  ee 20 ff 86 af f7 81 01 f7 08 64 be e0 82 33 96 80 c2 a5 f2 6b 53 42 dd af 6b 31 e3 6d 91 ba 6d ef c7 ba`;

const FLOW_REFUSED = `
  00 00 00 00 00 00 00 40 00 00 00 41 ff ff fc 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 02 00 00`;

const request: UdpMgmt = { kind: 'request', sEid: 64, qos: QOS_RAW, hash: OPING_MD5, data: fromHex(OAP_REQUEST) };
const reply: UdpMgmt = { kind: 'reply', sEid: 64, dEid: 65, response: 0, data: fromHex(OAP_RESPONSE) };

describe('UDP management messages', () => {
  it('match the worked example of a flow request both ways', () => golden(FLOW_REQ, request));
  it('match the worked example of an accepted reply both ways', () => golden(FLOW_REPLY, reply));
  it('match the worked example of a refused reply both ways', () =>
    golden(FLOW_REFUSED, { kind: 'reply', sEid: 64, dEid: 65, response: -1008, data: new Uint8Array(0) }));

  it('carry our deallocation as 47 bytes with code 128', () =>
    golden(`00000000 00000041 00000040 fffffc13 0000000000000000 ${'00000000'.repeat(5)} 80 00 00`, {
      kind: 'dealloc',
      sEid: 65,
      dEid: 64,
      response: -1005,
    }));

  it('carry our inquiry and its answer as 47 bytes with codes 129 and 130', () => {
    const hex = (code: string): string =>
      `00000000 00000041 00000040 00000000 0000000000000000 ${'00000000'.repeat(5)} ${code} 00 00`;
    golden(hex('81'), { kind: 'inquiry', sEid: 65, dEid: 64 });
    golden(hex('82'), { kind: 'alive', sEid: 65, dEid: 64 });
  });

  it('give unknown codes as a value', () => {
    for (const code of [0, 3, 127, 131, 255]) {
      const bytes = fromHex(FLOW_REFUSED);
      bytes[44] = code;
      expect(valueOf(decodeUdpMgmt(bytes))).toEqual({ kind: 'unknown', code });
    }
  });

  it('are refused when cut anywhere inside the fixed part or the hash', () => {
    const bytes = fromHex(FLOW_REQ);
    for (let length = 0; length < 47; length += 1)
      expect(reasonOf(decodeUdpMgmt(bytes.subarray(0, length)))).toBe('too-short');
    for (let length = 47; length < 63; length += 1) {
      expect(reasonOf(decodeUdpMgmt(bytes.subarray(0, length)))).toBe('too-short hash');
    }
    expect(reasonOf(decodeUdpMgmt(bytes.subarray(0, 63)))).toBe('accepted');
  });

  it('are refused when they are data frames', () => {
    const bytes = fromHex(FLOW_REQ);
    bytes[3] = 64;
    expect(reasonOf(decodeUdpMgmt(bytes))).toBe('bad-value eid');
  });

  it('do not share memory with the datagram', () => {
    const bytes = fromHex(FLOW_REQ);
    const message = valueOf(decodeUdpMgmt(bytes));
    bytes.fill(0xee);
    expect(message).toEqual(request);
  });

  it('are never encoded beyond what a C receiver has room for, nor with a wrong hash or field', () => {
    expect(encodeUdpMgmt({ ...request, data: new Uint8Array(1985) })).toHaveLength(2048);
    expect(() => encodeUdpMgmt({ ...request, data: new Uint8Array(1986) })).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
    expect(() => encodeUdpMgmt({ ...request, hash: new Uint8Array(32) })).toThrow(
      expect.objectContaining({ field: 'hash' }),
    );
    expect(() => encodeUdpMgmt({ ...reply, sEid: 2 ** 32 })).toThrow(expect.objectContaining({ field: 'sEid' }));
    expect(() => encodeUdpMgmt({ ...reply, response: 0.5 })).toThrow(expect.objectContaining({ field: 'response' }));
  });

  it('decode to what was encoded, for every QoS', () => {
    const u32 = fc.nat({ max: 0xffffffff });
    const u8 = fc.nat({ max: 255 });
    const qos = fc.record({
      delay: u32,
      bandwidth: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      availability: u8,
      loss: u32,
      ber: u32,
      inOrder: u8,
      maxGap: u32,
      timeout: u32,
    });
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(u32, qos, bytes, fc.uint8Array({ maxLength: 1985 }), (sEid, spec, hash, data) => {
        const message: UdpMgmt = { kind: 'request', sEid, qos: spec, hash, data };
        expect(valueOf(decodeUdpMgmt(encodeUdpMgmt(message)))).toEqual(message);
      }),
    );
  });
});

describe('UDP data frames', () => {
  it('match the worked examples of data and keep-alive', () => {
    const frame = new Uint8Array(9);
    writeUdpEid(frame, 0, 65);
    frame.set(fromHex('68656c6c6f'), 4);
    expect(toHex(frame)).toBe('0000004168656c6c6f');
    expect(udpEid(frame, 0)).toBe(65);
  });

  it('keep any 32-bit EID at any offset', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), fc.nat({ max: 20 }), (eid, offset) => {
        const buffer = new Uint8Array(24).fill(0x55);
        writeUdpEid(buffer, offset, eid);
        expect(udpEid(buffer, offset)).toBe(eid);
        expect(buffer.filter((byte, i) => byte !== 0x55 && (i < offset || i >= offset + 4))).toHaveLength(0);
      }),
    );
  });
});
