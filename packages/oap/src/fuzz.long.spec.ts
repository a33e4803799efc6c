import { EMPTY_BYTES, fromSeconds } from '@ouroboros/model';
import type { OapTools } from './index.js';
import { OapServer, completeOap, parseEncConf, readOapRefusal } from './index.js';
import {
  RESPONSE_TIME,
  PROTECTED,
  answerTo,
  credentialOf,
  exchanged,
  realTools,
  requestOf,
  trustIn,
} from './oap.fixture.js';

const INPUTS = 1_000_000;
/** Inputs that get as far as keys cost a thousand times as much. */
const COSTLY = 20_000;
const SEED = 0x0a9;

/** xorshift32 */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A message with up to four bytes changed, sometimes cut or made longer. */
function damaged(base: Uint8Array, random: (below: number) => number): Uint8Array {
  const length = random(8) === 0 ? random(base.length + 20) : base.length;
  const bytes = new Uint8Array(length);
  bytes.set(base.subarray(0, length));
  for (let n = random(5); n > 0; n--) bytes[random(Math.max(length, 1))] = random(256);
  return bytes;
}

describe(`OAP under a million damaged inputs (seed ${SEED})`, () => {
  let tools: OapTools;
  beforeAll(async () => {
    tools = await realTools();
  });
  const setup = () => ({
    ...{ tools, clientRoom: 4000, serverRoom: 4000 },
    client: { credential: credentialOf('me'), trust: trustIn('oping') },
    server: { credential: credentialOf('oping'), trust: trustIn('me') },
  });

  it('reads requests without throwing', () => {
    const random = randomFrom(SEED);
    const server = new OapServer(tools, PROTECTED);
    const bases = [requestOf({ tools }).bytes, requestOf(setup()).bytes];
    let read = 0;
    for (let i = 0; i < INPUTS; i++) {
      if (server.read(damaged(bases[i % 2]!, random), fromSeconds(i)).ok) read += 1;
    }
    // Damage that only makes another request of it is no fault of the reader's.
    expect(read).toBeGreaterThan(INPUTS / 100);
    expect(read).toBeLessThan(INPUTS);
  });

  it('completes with no damaged response', () => {
    const random = randomFrom(SEED);
    const { answered } = exchanged(setup());
    const response = answered.ok ? answered.bytes : EMPTY_BYTES;
    const { exchange } = requestOf(setup());
    let completed = 0;
    for (let i = 0; i < INPUTS; i++) {
      const bytes = damaged(response, random);
      readOapRefusal(exchange, bytes);
      if (Buffer.compare(bytes, response) === 0) continue;
      if (completeOap(exchange, bytes, RESPONSE_TIME, tools).ok) completed += 1;
    }
    expect(completed).toBe(0);
  });

  it('answers damaged requests without throwing, and no response leads to a flow', () => {
    const random = randomFrom(SEED);
    const { bytes, exchange } = requestOf({ tools });
    for (let i = 0; i < COSTLY; i++) {
      const request = damaged(bytes, random);
      const answered = answerTo({ tools }, request);
      if (!answered.ok || Buffer.compare(request, bytes) === 0) continue;
      expect(completeOap(exchange, answered.bytes, RESPONSE_TIME, tools).ok).toBe(false);
    }
  });

  it('reads configurations without throwing', () => {
    const random = randomFrom(SEED);
    const base = new TextEncoder().encode('kex=X25519\ncipher=aes-256-gcm\n# none\nkem_mode=server\nkdf=sha256\n');
    const decoder = new TextDecoder();
    let read = 0;
    for (let i = 0; i < INPUTS; i++) if (parseEncConf(decoder.decode(damaged(base, random))).ok) read += 1;
    expect(read).toBeGreaterThan(INPUTS / 100);
    expect(read).toBeLessThan(INPUTS);
  });
});
