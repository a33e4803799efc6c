import type { Flow } from '@ouroboros/flow';
import { OuroborosError, type ErrorCode, type JsonObject } from '@ouroboros/model';
import type { Management } from '@ouroboros/ports';
import type { World, WorldAllocOptions, WorldHost } from './world.js';

/** Bytes that tell which packet they are. */
export const patterned = (seed: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 255);

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`does not hold: ${what}`);
}

export const caller = (world: World): WorldHost => world.hosts[0]!;
export const server = (world: World): WorldHost => world.hosts.at(-1)!;

/** A flow from the first host to the last, both ends of it; the name is served and registered by this. */
export async function flowTo(
  world: World,
  name: string,
  options?: WorldAllocOptions,
): Promise<readonly [near: Flow, far: Flow]> {
  const { accept } = await server(world).serve(name);
  await publish(server(world), name);
  return connect(world, name, accept, options);
}

export const publish = (host: WorldHost, name: string): Promise<void> => host.irm.nameRegister(name, host.member.name);

/** One more flow, through the layer under test and no other way. */
export async function connect(
  world: World,
  name: string,
  accept: () => Promise<Flow>,
  options?: WorldAllocOptions,
): Promise<readonly [near: Flow, far: Flow]> {
  const near = await caller(world).alloc(name, options);
  const far = await accept();
  const { layer } = caller(world).member;
  check(near.layer === layer && far.layer === layer, `the flow is in ${layer}, not '${near.layer}', '${far.layer}'`);
  return [near, far];
}

/** One packet each way arrives unchanged within a second. */
export async function bothWays(near: Flow, far: Flow, seed = 1): Promise<void> {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    const packet = patterned(seed, 64);
    await from.write(packet);
    same(await to.read({ timeoutMs: 1_000 }), packet, 'packet');
  }
}

export function same(got: Uint8Array, expected: Uint8Array, what: string): void {
  check(String(got) === String(expected), `${what}: ${got.length} bytes are the ${expected.length} that were sent`);
}

/** The error of a call, which must come within `limitMs` of the world's time and have one of these codes. */
export async function failsWithin(
  world: World,
  limitMs: number,
  codes: readonly ErrorCode[],
  call: Promise<unknown>,
): Promise<OuroborosError> {
  const start = world.nowMs();
  const outcome: unknown = await call.then(
    () => 'success',
    (thrown: unknown) => thrown,
  );
  const took = world.nowMs() - start;
  if (!(outcome instanceof OuroborosError)) throw new Error(`${codes.join(' or ')} was due, not ${String(outcome)}`);
  check(codes.includes(outcome.code), `${codes.join(' or ')}, not ${outcome.code}: ${outcome.message}`);
  check(took <= limitMs, `${outcome.code} within ${limitMs} ms, not after ${took.toFixed(0)}`);
  return outcome;
}

/** A reader sees within `limitMs` that its flow is over. */
export async function endsWithin(world: World, limitMs: number, flow: Flow): Promise<void> {
  await failsWithin(world, limitMs, ['EFLOWDOWN', 'EFLOWPEER'], flow.read({ timeoutMs: 2 * limitMs }));
}

/** Looks every 20 ms until it holds. */
export async function until(world: World, what: string, limitMs: number, holds: () => Promise<boolean>): Promise<void> {
  const start = world.nowMs();
  while (!(await holds())) {
    check(world.nowMs() - start < limitMs, `${what} within ${limitMs} ms`);
    await world.sleep(20);
  }
}

/** All drops that all IPCPs of all hosts have counted. */
export async function countedDrops(world: World): Promise<number> {
  const counts = await Promise.all(world.hosts.map(({ irm }) => dropsOf(irm)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function dropsOf(irm: Management): Promise<number> {
  let sum = 0;
  for (const { name } of await irm.ipcpList()) {
    const counters = (await irm.ipcpReport(name, 'counters')) as JsonObject;
    for (const [key, value] of Object.entries(counters)) if (key.startsWith('drop')) sum += Number(value);
  }
  return sum;
}
