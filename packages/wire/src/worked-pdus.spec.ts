import { fromHex, QOS_DATA, toHex } from '@ouroboros/model';
import { OAP_REQUEST, OAP_RESPONSE, OPING_SHA3, valueOf, withoutUndefined } from '../test/golden.js';
import { DT_PCI_LENGTH, dtDst, dtEcn, dtEidHigh, dtEidLow, dtTtl, eidOf, writeDtPci } from './dt-pci.js';
import { decodeFa, encodeFa, type FaMessage } from './fa-message.js';

/** Whole PDUs. [spec/wire-unicast-data.md §13] Node A is 0x0a0b0c0d, node B 0x04030201. */
const DATA_PDU = `
  01 02 03 04 00 3c 00 41 00 00 00 d4 c3 b2 a1 68
  65 6c 6c 6f`;
const REQUEST_PDU = `
  01 02 03 04 00 3c 00 00 00 00 00 00 00 00 00 00
  00 00 00 0a 0b 0c 0d 00 00 00 00 00 00 00 00 11
  22 33 44 00 00 00 40 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 03 e8 00 00 00 00 00 00 00 01 00
  00 07 d0 00 01 d4 c0 00 00 00 00 01 42 de e3 b0
  41 5b 4f 69 0f d9 1c bd 99 87 6f 1e 9b d8 d9 74
  5e f7 fa 32 b1 42 77 3a f0 34 9d 54 00 01 02 03
  04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe
  3d 85 cd 15 00 00 00 00 00 00 00 00 00 00 00 00`;
const REPLY_PDU = `
  0d 0c 0b 0a 00 3c 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 11 22 33 44 00 00 00 40 a1
  b2 c3 d4 00 00 00 41 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 01 00 00 00 01 02 03
  04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe
  3d d2 18 55 00 00 00 00 00 00 00 00 00 00 00 00
  85 77 0d d0 8a 55 74 0f da c4 d7 fe 6c ee 20 ff
  86 af f7 81 01 f7 08 64 be e0 82 33 96 80 c2 a5
  f2 6b 53 42 dd af 6b 31 e3 6d 91 ba 6d ef c7 ba`;
const UPDATE_PDU = `
  0d 0c 0b 0a 00 3c 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 11 22 33 44 00 00 00 40 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 25 02 00 00`;

const A = 0x0a0b0c0d;
const B = 0x04030201;
const EID_A = 0x1122334400000040n;
const EID_B = 0xa1b2c3d400000041n;

function header(dst: number, low: number, high: number): string {
  const bytes = new Uint8Array(DT_PCI_LENGTH);
  writeDtPci(bytes, 0, dst, 0, 60, 0, low, high);
  return toHex(bytes);
}

function expectFa(hex: string, dst: number, message: FaMessage): void {
  const pdu = fromHex(hex);
  expect([dtDst(pdu, 0), dtTtl(pdu, 0), dtEcn(pdu, 0), dtEidLow(pdu, 0), dtEidHigh(pdu, 0)]).toEqual([
    dst,
    60,
    0,
    0,
    0,
  ]);
  expect(withoutUndefined(valueOf(decodeFa(pdu.subarray(DT_PCI_LENGTH), 32)))).toEqual(message);
  expect(header(dst, 0, 0) + toHex(encodeFa(message))).toBe(toHex(pdu));
}

describe('whole DT PDUs of the worked examples', () => {
  it('carry user data', () => {
    const pdu = fromHex(DATA_PDU);
    expect([dtDst(pdu, 0), eidOf(dtEidLow(pdu, 0), dtEidHigh(pdu, 0))]).toEqual([B, EID_B]);
    expect(header(B, 0x41, 0xa1b2c3d4) + toHex(new TextEncoder().encode('hello'))).toBe(toHex(pdu));
  });

  it('carry a flow request', () =>
    expectFa(REQUEST_PDU, B, {
      kind: 'request',
      sAddr: A,
      sEid: EID_A,
      qos: { ...QOS_DATA, ber: 1 },
      hash: OPING_SHA3,
      data: fromHex(OAP_REQUEST),
    }));

  it('carry a flow reply', () =>
    expectFa(REPLY_PDU, A, { kind: 'reply', rEid: EID_A, sEid: EID_B, response: 0, data: fromHex(OAP_RESPONSE) }));

  it('carry a flow update', () => expectFa(UPDATE_PDU, A, { kind: 'update', rEid: EID_A, ece: 37 }));
});
