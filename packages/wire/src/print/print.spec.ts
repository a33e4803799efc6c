import { fromHex } from '@ouroboros/model';
import { SAMPLES } from '../../test/samples.js';
import { encodeCep } from '../peer/cep.js';
import { printCep, printDht, printEnrollAck, printEnrollRequest, printEnrollResponse } from './control.js';
import { printDtPdu, printFa, printLsa, printOap, printUdpFrame } from './frames.js';

describe('printed packets', () => {
  it('show the fields of UDP frames', () => {
    expect(SAMPLES.udp.map(printUdpFrame)).toEqual([
      'UDP request s_eid=64 bw=0 delay=any loss=1 ber=1 gap=any timeout=120000 avail=0 in_order=0 hash=7862c6fec5ecaef4..(16) data=36',
      'UDP reply s_eid=64 d_eid=65 response=0 data=36',
      'UDP dealloc s_eid=64 d_eid=65 response=-1005',
      'UDP data eid=65 payload=5',
    ]);
  });

  it('show the fields of DT PDUs and FA messages', () => {
    expect(printDtPdu(SAMPLES.dt[0])).toBe('DT dst=01.02.03.04 qc=0 ttl=60 ecn=0 eid=a1b2c3d400000041 payload=5');
    expect(printDtPdu(new Uint8Array(0))).toBe('DT keep-alive');
    expect(SAMPLES.fa.map((bytes) => printFa(bytes, 32))).toEqual([
      'FA request s_addr=01.00.00.00 s_eid=0000010000000000 bw=0 delay=any loss=1 ber=1 gap=any timeout=120000 avail=0 in_order=0 hash=42dee3b0415b4f69..(32) data=36',
      'FA reply r_eid=0000000000000001 s_eid=0000000000000002 response=-1 data=36',
      'FA update r_eid=0000000000000001 ece=37',
      'FA dealloc r_eid=0000000000000001 response=0',
      'FA echo s_addr=05.00.00.00 number=0000000000000007 qc=2',
      'FA echo-reply number=0000000000000007 qc=2',
    ]);
  });

  it('show the fields of link state and OAP', () => {
    expect(printLsa(SAMPLES.lsa[0])).toBe('LSA d=01.00.00.00 s=02.00.00.00 seq=3');
    expect(printOap(SAMPLES.oapResponse[0], 48)).toBe(
      'OAP id=0001020304050607..(16) ts=1700000000128456789 cipher=0 kdf=0 md=0 crt=0 kex=0 raw=0 client_encap=0 data=0 hash=48 sig=0',
    );
  });

  it('show the fields of protobuf messages', () => {
    expect(printCep(SAMPLES.cep[0])).toBe(
      'OCEP comp="Data Transfer" protocol="dtp" version=1 syntax=2 addr=ff.ff.ff.ff ext=7',
    );
    expect(printEnrollRequest(SAMPLES.enrollRequest[0])).toBe('OEP request id=0102030405060708 ext=7');
    expect(SAMPLES.enrollResponse.map(printEnrollResponse)).toEqual([
      'OEP response id=0102030405060708 sec=1760000000 nsec=5 response=0 conf=["net", hash 1, type 1, peer ff.ff.ff.ff] ext=7',
      'OEP response id=0102030405060708 sec=1760000000 nsec=5 response=-1',
    ]);
    expect(printEnrollAck(SAMPLES.enrollAck[0])).toBe('OEP ack id=0102030405060708 result=-100 ext=7');
    expect(SAMPLES.dht.map((bytes) => printDht(bytes, 32))).toEqual([
      'DHT store src=a0a0a0a0a0a0a0a0..(32) addr=0d.0c.0b.0a key=42dee3b0415b4f69..(32) value=0101010101010101 exp=1760086400 ext=7',
      'DHT find-value-request src=a0a0a0a0a0a0a0a0..(32) addr=0d.0c.0b.0a cookie=0000000000000001 key=42dee3b0415b4f69..(32)',
      'DHT find-value-response src=a0a0a0a0a0a0a0a0..(32) addr=0d.0c.0b.0a cookie=0102030405060708 key=42dee3b0415b4f69..(32) contacts=2 values=1',
      'DHT find-node-response src=a0a0a0a0a0a0a0a0..(32) addr=0d.0c.0b.0a cookie=0102030405060708 key=42dee3b0415b4f69..(32) contacts=2',
    ]);
  });

  it('say why bytes were refused', () => {
    expect(printUdpFrame(fromHex('0000'))).toBe('UDP refused: too-short (2 bytes)');
    expect(printUdpFrame(fromHex('00000000'))).toBe('UDP mgmt refused: too-short (4 bytes)');
    expect(printDtPdu(new Uint8Array(14))).toBe('DT refused: too-short (14 bytes)');
    expect(printLsa(new Uint8Array(25))).toBe('LSA refused: bad-length (25 bytes)');
    expect(printCep(fromHex('0a0161'))).toBe('OCEP refused: missing-field protocol (3 bytes)');
  });

  it('escape and cut the text of a peer', () => {
    const cep = { component: 'a"\\\u001b[31m\u202eé', protocol: 'x'.repeat(80), version: 1, syntax: 0, address: 1 };
    expect(printCep(encodeCep(cep))).toBe(
      `OCEP comp="a\\u{22}\\u{5c}\\u{1b}[31m\\u{202e}\\u{e9}" protocol="${'x'.repeat(64)}" version=1 syntax=0 addr=01.00.00.00`,
    );
  });
});
