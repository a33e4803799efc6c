import fc from 'fast-check';
import {
  OuroborosError,
  QOS_BEST_EFFORT,
  QOS_DATA,
  QOS_RAW,
  QOS_VIDEO,
  QOS_VOICE,
  address,
  concatBytes,
  equalBytes,
  errorCodeOf,
  errorNumber,
  exitStatus,
  formatAddress,
  fromHex,
  hashAlgorithmOf,
  qosCube,
  toHex,
  toOuroborosError,
} from './index.js';

describe('QoS', () => {
  it('falls into the cubes of the spec', () => {
    expect([QOS_RAW, QOS_BEST_EFFORT, QOS_DATA, QOS_VIDEO, QOS_VOICE].map(qosCube)).toEqual([0, 0, 0, 1, 2]);
  });
});

describe('addresses', () => {
  it('print in memory order as C prints them', () => {
    expect(formatAddress(address(0x0a0b0c0d))).toBe('0d.0c.0b.0a');
    expect(formatAddress(address(0xffffffff))).toBe('ff.ff.ff.ff');
  });
});

describe('error codes', () => {
  it('survive the way over the wire as a negative number', () => {
    expect(errorNumber('ECRYPT')).toBe(1008);
    expect(errorCodeOf(-1008)).toBe('ECRYPT');
    expect(errorCodeOf(-4711)).toBe('EREFUSED');
  });
  it('map to the documented exit statuses', () => {
    const rows = { EINVAL: 2, EIRMD: 3, ENAME: 4, ETIMEDOUT: 5, EREFUSED: 6, EQOS: 7, EEXIST: 8, EIPCP: 1 } as const;
    for (const [code, status] of Object.entries(rows)) expect(exitStatus(code as keyof typeof rows)).toBe(status);
  });
  it('wrap foreign errors with their cause and leave ours alone', () => {
    const ours = new OuroborosError('ENAME', 'no', { field: 'name', stage: 'layer' });
    expect(toOuroborosError(ours)).toBe(ours);
    const cause = new Error('disk');
    expect(toOuroborosError(cause)).toMatchObject({ code: 'EIO', message: 'disk', cause });
  });
});

describe('hash algorithms', () => {
  it('are known by their number on the wire', () => {
    expect([0, 1, 2, 3, 4, 5].map(hashAlgorithmOf)).toEqual([
      'SHA3_224',
      'SHA3_256',
      'SHA3_384',
      'SHA3_512',
      undefined,
      'MD5',
    ]);
  });
});

describe('bytes', () => {
  it('hex round trip, concatenation and equality agree', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(fromHex(toHex(a))).toEqual(new Uint8Array(a));
        expect(toHex(concatBytes(a, b))).toBe(toHex(a) + toHex(b));
        expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b));
      }),
    );
    expect(() => fromHex('0')).toThrow('not hex');
  });
});
