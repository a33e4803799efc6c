import type { Flow } from '@ouroboros/flow';
import { QOS_DATA } from '@ouroboros/model';
import type { ConformanceCase } from './conformance-case.js';
import { bothWays, check, countedDrops, failsWithin, flowTo, patterned, same } from './conformance-steps.js';
import type { World } from './world.js';

const PACKETS = 200;
const LONGEST = 1_400;
/** Packets under way at once: less than any queue holds. */
const WINDOW = 10;

async function keepsOrderAndContent(world: World): Promise<void> {
  const [near, far] = await flowTo(world, 'both-ways');
  const longest = Math.min(LONGEST, near.maxPacket, far.maxPacket);
  check(longest >= 1_000, `packets of 1000 bytes fit, the longest has ${longest}`);
  await Promise.all([stream(near, far, longest, 0), stream(far, near, longest, 1)]);
}

/** 200 packets of 1 … `longest` bytes, one way. */
async function stream(from: Flow, to: Flow, longest: number, seed: number): Promise<void> {
  const sent = Array.from({ length: PACKETS }, (_, i) =>
    patterned(2 * i + seed, 1 + Math.round((i * (longest - 1)) / (PACKETS - 1))),
  );
  for (let i = 0; i < PACKETS; i += WINDOW) {
    const window = sent.slice(i, i + WINDOW);
    for (const packet of window) await from.write(packet);
    for (const [j, packet] of window.entries()) {
      same(await to.read({ timeoutMs: 1_000 }), packet, `packet ${i + j}`);
    }
  }
}

const FLOOD = 10_000;
const FLOOD_BYTES = 1_000;
/** Bound of what queues between two applications may hold: a few queues of 512 KiB each. */
const HELD_BYTES = 4 * 1024 * 1024;

async function boundsAFlood(world: World): Promise<void> {
  const [near, far] = await flowTo(world, 'flooded');
  const [near2, far2] = await flowTo(world, 'beside');
  const before = await countedDrops(world);
  const accepted = await flood(world, near);
  await bothWays(near2, far2);
  let arrived = 0;
  while (await far.read({ timeoutMs: 200 }).catch(() => undefined)) arrived += 1;
  const dropped = (await countedDrops(world)) - before;
  check(arrived > 0 && arrived * FLOOD_BYTES < HELD_BYTES, `the queues held a bounded part: ${arrived} packets`);
  check(
    accepted < FLOOD || dropped > 0,
    `the writer was held, or drops are counted: ${accepted} accepted, ${arrived} arrived, ${dropped} dropped`,
  );
  await bothWays(near, far);
}

/** Writes as long as the flow takes packets, 10 000 at most; lets others work in between. Gives how many it took. */
async function flood(world: World, flow: Flow): Promise<number> {
  const packet = new Uint8Array(FLOOD_BYTES);
  let accepted = 0;
  for (let idle = 0; accepted < FLOOD && idle < 50;) {
    if (flow.tryWrite(packet)) {
      accepted += 1;
      idle = 0;
    } else {
      idle += 1;
      await world.sleep(2);
    }
  }
  return accepted;
}

/** More than any path takes in one piece, and less than any queue on the way holds. */
const LONG = 50_000;

async function carriesAllSizes(world: World): Promise<void> {
  const [near, far] = await flowTo(world, 'sized');
  for (const length of [1, 2, Math.min(LONG, near.maxPacket)]) {
    const packet = patterned(length, length);
    await near.write(packet);
    same(await far.read({ timeoutMs: 1_000 }), packet, `packet of ${length}`);
  }
  await near.write(new Uint8Array(0));
  const tooLong = new Uint8Array(near.maxPacket + 1);
  await failsWithin(world, 100, ['EMSGSIZE'], near.write(tooLong));
  await bothWays(near, far);
}

const PATIENT_BYTES = 1_000;

/** A reliable flow never loses: its writer waits for its reader. */
async function waitsForItsReader(world: World): Promise<void> {
  const [near, far] = await flowTo(world, 'patient', { qos: QOS_DATA });
  const accepted = await flood(world, near);
  check(accepted < FLOOD, `the writer was held: ${accepted} packets of ${PATIENT_BYTES} bytes taken`);
  const rest = far.read({ timeoutMs: 1_000 });
  const written = near.write(new Uint8Array(PATIENT_BYTES));
  await rest;
  for (let i = 1; i < accepted; i += 1) await far.read({ timeoutMs: 1_000 });
  await written;
  await far.read({ timeoutMs: 1_000 });
}

const INTRUSIONS = 500;
const LONGEST_INTRUSION = 1_500;

/** Bytes from a stranger, some of which look like packets of the layer. */
async function livesAmongNoise(world: World): Promise<void> {
  const [near, far] = await flowTo(world, 'among-noise');
  await bothWays(near, far);
  let state = 1;
  const next = (below: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1) % below;
  for (let i = 0; i < INTRUSIONS; i += 1) {
    const bytes = Uint8Array.from({ length: next(LONGEST_INTRUSION) }, () => next(256));
    if (i % 2 === 0) bytes.fill(0, 0, next(16));
    await world.intrude!(bytes);
  }
  await bothWays(near, far);
  const [second, other] = await flowTo(world, 'among-noise');
  await bothWays(second, other);
}

/** For worlds that have `intrude`. */
export const NOISE_CASE: ConformanceCase = {
  name: 'lives among bytes of strangers: its flows go on, and new ones begin',
  run: livesAmongNoise,
};

export const DATA_CASES: readonly ConformanceCase[] = [
  {
    name: 'carries packets of all sizes, refuses those that are too long, delivers no empty ones',
    run: carriesAllSizes,
  },
  { name: 'holds the writer of a reliable flow until its reader comes, and loses nothing', run: waitsForItsReader },
  { name: 'carries 200 packets of 1 to 1400 bytes each way, unchanged and in order', run: keepsOrderAndContent },
  { name: 'holds or counts what a reader does not take, within bounds, and serves other flows', run: boundsAFlood },
];
