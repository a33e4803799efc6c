import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@ouroboros/model';
import { FrameClassifier, type Handshake } from '../test/classifier.js';
import { readPcap, udpDatagram } from '../test/pcap.js';

const ETHERTYPE_ARP = '0806';

interface Census {
  readonly counts: Record<string, number>;
  readonly lines: string[];
  readonly handshakes: readonly Handshake[];
}

/** Every frame decodes to something known and encodes to the same bytes; the counts show that none is passed over. */
function census(file: string): Census {
  const frames = readPcap(new Uint8Array(readFileSync(join(__dirname, '../test/captures', file))));
  const classifier = new FrameClassifier();
  const found: Census = { counts: {}, lines: [], handshakes: classifier.handshakes };
  for (const frame of frames) {
    const datagram = udpDatagram(frame);
    if (datagram === undefined) expect(toHex(frame.subarray(12, 14))).toBe(ETHERTYPE_ARP);
    const parts = datagram === undefined ? [] : classifier.take(datagram);
    if (datagram !== undefined) expect(toHex(parts[0]!.again)).toBe(toHex(datagram.payload));
    const kind = datagram === undefined ? 'ARP' : parts.map((part) => part.kind).join(' / ');
    found.counts[kind] = (found.counts[kind] ?? 0) + 1;
    found.lines.push(parts.map((part) => part.line).join(' | '));
  }
  return found;
}

/** As `census`, for a layer over Ethernet. */
function dixCensus(file: string): Census {
  const classifier = new FrameClassifier();
  const found: Census = { counts: {}, lines: [], handshakes: classifier.handshakes };
  for (const frame of readPcap(new Uint8Array(readFileSync(join(__dirname, '../test/captures', file))))) {
    const parts = classifier.takeDix(frame);
    expect(toHex(parts[0]!.again)).toBe(toHex(frame));
    const kind = parts.map((part) => part.kind).join(' / ');
    found.counts[kind] = (found.counts[kind] ?? 0) + 1;
    found.lines.push(parts.map((part) => part.line).join(' | '));
  }
  return found;
}

const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, one) => sum + one, 0);

describe('frames of C nodes decode and encode to the same bytes', () => {
  it('two hosts, UDP layer', () => {
    const { counts } = census('b_udp4.pcap');
    expect(counts).toEqual({
      ARP: 2,
      'UDP request / OAP request': 3,
      'UDP reply / OAP response': 3,
      'UDP data / user': 25,
    });
    expect(total(counts)).toBe(33);
  });

  it('two hosts, unicast layer over UDP', () => {
    const { counts } = census('c_uni2.pcap');
    expect(counts).toEqual({
      ARP: 2,
      'UDP request / OAP request': 3,
      'UDP reply / OAP response': 3,
      'UDP data / OCEP': 6,
      'UDP data / OEP request': 1,
      'UDP data / OEP response': 1,
      'UDP data / OEP ack': 1,
      'UDP data / LSA': 2,
      'UDP data / DT / DHT find-node-request': 2,
      'UDP data / DT / DHT find-node-response': 2,
      'UDP data / DT / DHT store': 1,
      'UDP data / DT / FA request / OAP request': 3,
      'UDP data / DT / FA reply / OAP response': 3,
      'UDP data / DT / user': 66,
    });
    expect(total(counts)).toBe(96);
  });

  it('three hosts in a line, seen at the middle one', () => {
    const { counts } = census('d_line3.pcap');
    expect(counts).toEqual({
      ARP: 4,
      'UDP request / OAP request': 6,
      'UDP reply / OAP response': 6,
      'UDP data / OCEP': 12,
      'UDP data / OEP request': 2,
      'UDP data / OEP response': 2,
      'UDP data / OEP ack': 2,
      'UDP data / LSA': 8,
      'UDP data / DT / DHT find-node-request': 4,
      'UDP data / DT / DHT find-node-response': 4,
      'UDP data / DT / DHT store': 3,
      'UDP data / DT / FA request / OAP request': 6,
      'UDP data / DT / FA reply / OAP response': 6,
      'UDP data / DT / user': 66,
    });
    expect(total(counts)).toBe(131);
  });

  it('two hosts, Ethernet layer with DIX frames, unicast layer on it', () => {
    const { counts, lines } = dixCensus('e_dix.pcap');
    expect(counts).toEqual({
      'DIX name-query': 3,
      'DIX name-reply': 2,
      'DIX request / OAP request': 6,
      'DIX reply / OAP response': 6,
      'DIX data / user': 24,
      'DIX data / OCEP': 6,
      'DIX data / OEP request': 1,
      'DIX data / OEP response': 1,
      'DIX data / OEP ack': 1,
      'DIX data / LSA': 2,
      'DIX data / DT / DHT find-node-request': 2,
      'DIX data / DT / DHT find-node-response': 2,
      'DIX data / DT / DHT store': 1,
      'DIX data / DT / FA request / OAP request': 1,
      'DIX data / DT / FA reply / OAP response': 1,
      'DIX data / DT / user': 6,
    });
    expect(total(counts)).toBe(65);
    expect(lines[0]).toBe('DIX name-query hash=42dee3b0415b4f69..(32)');
  });

  it('two hosts, encrypted flows over a UDP layer', () => {
    const { counts } = census('g_enc.pcap');
    expect(counts).toEqual({
      ARP: 2,
      'UDP request / OAP request': 6,
      'UDP reply / OAP response': 6,
      'UDP data / encrypted user 64': 18,
      'UDP data / encrypted FRCP 64': 16,
      'UDP data / encrypted FRCP 0': 9,
    });
    expect(total(counts)).toBe(57);
  });

  it('three hosts, broadcast layer over UDP, seen at the one in the middle', () => {
    const { counts } = census('f_bc.pcap');
    expect(counts).toEqual({
      ARP: 4,
      'UDP request / OAP request': 4,
      'UDP reply / OAP response': 4,
      'UDP data / OCEP': 8,
      'UDP data / OEP request': 2,
      'UDP data / OEP response': 2,
      'UDP data / OEP ack': 2,
      'UDP data / user': 6,
    });
    expect(total(counts)).toBe(32);
  });

  it('print as lines that say what each header holds', () => {
    const { lines } = census('c_uni2.pcap');
    expect(lines[23]).toBe(
      'UDP data eid=65 payload=111 | DT dst=59.96.47.94 qc=0 ttl=60 ecn=0 eid=0000000000000001 payload=96 | ' +
        'DHT store src=d76226e1a511a0db..(32) addr=e4.a6.3e.aa key=42dee3b0415b4f69..(32) ' +
        'value=00000000aa3ea6e4 exp=1795467467',
    );
    expect(census('d_line3.pcap').lines[54]).toContain('DT dst=d4.05.13.00 qc=0 ttl=59 ecn=0 eid=0000000000000000');
  });
});

describe('handshakes of C nodes about encrypted flows', () => {
  const { handshakes } = census('g_enc.pcap');
  const [AES_256_GCM, CHACHA20_POLY1305, SHA256] = [901, 1018, 672];

  it('agree on cipher, KDF and digest, each answer naming its request by hash', () => {
    const ciphers = handshakes.map(({ request, response }) => [request.cipherNid, response.cipherNid]);
    const [gcm, chacha] = [AES_256_GCM, CHACHA20_POLY1305].map((nid) => [nid, nid]);
    expect(ciphers).toEqual([gcm, gcm, chacha, chacha, gcm, gcm]);
    for (const { request, requestBytes, response } of handshakes) {
      for (const one of [request, response]) expect([one.kdfNid, one.mdNid]).toEqual([SHA256, SHA256]);
      expect(toHex(response.id)).toBe(toHex(request.id));
      expect(toHex(response.requestHash)).toBe(createHash('sha256').update(requestBytes).digest('hex'));
    }
  });

  it('hold a public key each way: P-256 in 91 bytes, X25519 in 44', () => {
    const keyOf = (kex: Uint8Array): string => {
      const key = createPublicKey({ key: Buffer.from(kex), format: 'der', type: 'spki' });
      return `${key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType} ${kex.length}`;
    };
    const keys = handshakes.map(({ request, response }) => [keyOf(request.kex), keyOf(response.kex)]);
    const [p256, x25519] = ['prime256v1 91', 'x25519 44'].map((key) => [key, key]);
    expect(keys).toEqual([p256, p256, x25519, x25519, p256, p256]);
  });

  it('are signed where the server has a certificate', () => {
    const signed = handshakes.map(({ request, response, responseBytes }) => {
      expect([request.certificate.length, request.signature.length]).toEqual([0, 0]);
      if (response.certificate.length === 0) return 'anonymous';
      const { publicKey, subject } = new X509Certificate(response.certificate);
      const region = responseBytes.subarray(0, response.signedLength);
      return `${subject.split('\n').at(-1)} ${verify('sha256', region, publicKey, response.signature)}`;
    });
    expect(signed).toEqual([...Array<string>(4).fill('anonymous'), 'CN=oping.auth true', 'CN=oping.auth true']);
  });
});
