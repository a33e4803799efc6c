import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readCertificate } from './certificate.js';
import { pemBlocks } from './pem.js';
import { readRevocationList } from './revocation-list.js';
import { Scratch } from './testing/scratch.js';

/** Mulberry32: a seed makes a run again. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Of so many inputs one is nearly whole, and read to its end; the others fail on the way, which is fast. */
const NEARLY_WHOLE = 32;

/** Bytes changed anywhere, and often cut, made longer, or with tags and lengths changed at the outermost levels. */
function damage(real: Uint8Array, draw: (below: number) => number): Uint8Array {
  const whole = draw(NEARLY_WHOLE) === 0;
  const length = whole || draw(2) === 0 ? real.length : 1 + draw(real.length * 2);
  const bytes = new Uint8Array(length);
  bytes.set(real.subarray(0, length));
  for (let left = draw(whole ? 3 : 16); left > 0; left -= 1) bytes[draw(length)] = draw(256);
  if (!whole) bytes[draw(16)] = draw(256);
  return bytes;
}

describe('damaged inputs', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = new Scratch();
    await scratch.pki.init({ name: 'lab' });
    await scratch.pki.issue({ name: 'hello', roles: ['server'] });
    await scratch.pki.revoke({ name: 'hello' });
  });
  afterAll(() => scratch.remove());

  /** Certificates come from peers, lists from this host's own files. */
  const readers = [
    [1_000_000, 'certificates', ['server', 'hello', 'crt.pem'], readCertificate],
    [100_000, 'revocation lists', ['crl', 'lab.pem'], readRevocationList],
  ] as const;

  it.each(readers)(
    '%i times do not make the reader of %s throw',
    (inputs, _, path, reader) => {
      const seed = randomInt(2 ** 31);
      const draw = chance(seed);
      const real = pemBlocks(readFileSync(scratch.path(...path), 'latin1'))[0]!.der;
      let readable = 0;
      for (let count = 0; count < inputs; count += 1) {
        const bytes = damage(real, draw);
        try {
          if (reader(bytes) !== undefined) readable += 1;
        } catch (error) {
          throw new Error(`seed ${seed}, input ${count}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
        }
      }
      expect([seed, readable > 0, readable < inputs]).toEqual([seed, true, true]);
    },
    600_000,
  );
});
