import type { Flow } from '@ouroboros/flow';
import type { CancelSignal } from '@ouroboros/ports';
import type { ConformanceCase } from './conformance-case.js';
import { RETURN_NAME } from './conformance-names.js';
import { bothWays, caller, check, connect, failsWithin, publish, server, until } from './conformance-steps.js';
import type { World, WorldHost } from './world.js';

const SHORT = 300;
/** A call that ends by itself may be so late. */
const LATE = 500;
/** The far end may learn of it by its own time-out only. */
const FORGOTTEN_WITHIN = 10_000;

async function endsInTime(world: World): Promise<void> {
  await server(world).mute('mute');
  await publish(server(world), 'mute');
  await failsWithin(world, SHORT + LATE, ['ETIMEDOUT'], caller(world).alloc('mute', { timeoutMs: SHORT }));
  await leavesNothing(world, 'mute');
}

async function isGivenUp(world: World): Promise<void> {
  await publish(server(world), 'mute');
  const signal = new Abandonment();
  const start = world.nowMs();
  const outcome = caller(world)
    .alloc('mute', { signal })
    .catch((thrown: unknown) => thrown);
  await world.sleep(SHORT);
  signal.abort();
  check((await outcome) === signal.reason, 'the call rejects with the reason of its signal');
  check(world.nowMs() - start < SHORT + LATE, 'it does so at once');
  await leavesNothing(world, 'mute');
}

/** The caller's wish to end its call. */
class Abandonment implements CancelSignal {
  aborted = false;
  readonly reason = new Error('changed my mind');
  private readonly listeners = new Set<() => void>();

  abort(): void {
    this.aborted = true;
    for (const listener of this.listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }
}

const leavesNothing = (world: World, name: string): Promise<void> =>
  until(world, 'no flow is left', FORGOTTEN_WITHIN, async () => {
    const lists = await Promise.all(world.hosts.map(({ irm }) => irm.flowList()));
    return lists.flat().every((flow) => flow.name !== name);
  });

/** The server ends each flow as soon as it has it; the next one is served all the same. */
async function endsAtOnce(world: World): Promise<void> {
  const { accept } = await server(world).serve('given-up');
  await publish(server(world), 'given-up');
  for (let i = 0; i < 5; i += 1) {
    const near = caller(world)
      .alloc('given-up')
      .catch(() => undefined);
    await (await accept()).dealloc();
    const flow = await near;
    if (flow) await failsWithin(world, 2 * LATE, ['EFLOWDOWN', 'EFLOWPEER'], flow.read({ timeoutMs: 4 * LATE }));
    await flow?.dealloc();
  }
  await bothWays(...(await connect(world, 'given-up', accept)));
}

const AT_ONCE = 10;

/** Each side asks the other at the same moment. */
async function meetsHalfway(world: World): Promise<void> {
  const there = await served(server(world), 'raced');
  const back = await served(caller(world), RETURN_NAME);
  const asked = Array.from({ length: AT_ONCE }, () => [caller(world).alloc('raced'), server(world).alloc(RETURN_NAME)]);
  const near = await Promise.all(asked.flat());
  const far = await Promise.all(Array.from({ length: AT_ONCE }, () => [there.accept(), back.accept()]).flat());
  const pairs = near.map((flow) => [flow, other(flow, far)] as const);
  for (const [i, [one, another]] of pairs.entries()) await bothWays(one, another, i);
  await Promise.all([...near, ...far].map((flow) => flow.dealloc()));
}

async function served(host: WorldHost, name: string) {
  const server = await host.serve(name);
  await publish(host, name);
  return server;
}

function other(flow: Flow, flows: readonly Flow[]): Flow {
  const found = flows.find(({ correlationId }) => correlationId === flow.correlationId);
  if (!found) throw new Error(`flow ${flow.id} to ${flow.name} has no other end`);
  return found;
}

/** What one side writes the moment it has the flow reaches the other, which may not have it yet. */
async function bringsFirstWords(world: World): Promise<void> {
  const { accept } = await served(server(world), 'raced');
  const speaksFirst = accept().then(async (flow) => {
    await flow.write(Uint8Array.of(1, 2, 3));
    return flow;
  });
  const flow = await caller(world).alloc('raced');
  await flow.write(Uint8Array.of(4, 5));
  check(String(await flow.read({ timeoutMs: 1_000 })) === '1,2,3', 'the caller gets the first words of the server');
  const far = await speaksFirst;
  check(String(await far.read({ timeoutMs: 1_000 })) === '4,5', 'the server gets those of the caller');
}

export const RACE_CASES: readonly ConformanceCase[] = [
  { name: 'ends an allocation when its time is over, and leaves nothing of it', run: endsInTime },
  { name: 'ends an allocation that its caller gives up, and leaves nothing of it', run: isGivenUp },
  { name: 'serves the next flow after some that were ended as soon as they began', run: endsAtOnce },
  { name: 'allocates flows that both sides ask for at the same moment', run: meetsHalfway },
  { name: 'brings what either side writes the moment it has the flow', run: bringsFirstWords },
];
