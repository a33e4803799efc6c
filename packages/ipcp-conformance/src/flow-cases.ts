import type { Flow } from '@ouroboros/flow';
import { OuroborosError, type ErrorCode } from '@ouroboros/model';
import type { ConformanceCase } from './conformance-case.js';
import {
  bothWays,
  caller,
  check,
  connect,
  endsWithin,
  failsWithin,
  flowTo,
  publish,
  server,
  until,
} from './conformance-steps.js';
import type { World } from './world.js';

/** How soon an end of a flow is noticed at the other end, and an unknown name told, in ms. */
const SOON = 1_000;
/** The IRM daemon lets a request wait for a server a little less long than the calling host waits for its answer. */
const REFUSED_WITHIN = 5_000;
const AT_ONCE = 100;

async function findsNothing(world: World): Promise<void> {
  const error = await failsWithin(world, SOON, ['ENAME'], caller(world).alloc('unknown'));
  check(error.message.includes('unknown'), `the message names the name: ${error.message}`);
}

async function withdrawsNames(world: World): Promise<void> {
  const { irm, member } = server(world);
  const { accept } = await server(world).serve('withdrawn');
  await publish(server(world), 'withdrawn');
  const [near, far] = await connect(world, 'withdrawn', accept);
  await irm.nameUnregister('withdrawn', member.name);
  await until(world, 'the name is unknown', SOON, () => isUnknown(world, 'withdrawn', accept));
  await bothWays(near, far);
  await publish(server(world), 'withdrawn');
  await bothWays(...(await connect(world, 'withdrawn', accept)));
}

/** EPERM: where both ends are on one host, which may have no direct flows. */
const UNKNOWN: readonly ErrorCode[] = ['ENAME', 'ENOSERVER', 'EPERM'];

async function isUnknown(world: World, name: string, accept: () => Promise<Flow>): Promise<boolean> {
  const outcome = await connect(world, name, accept).catch((thrown: unknown) => thrown);
  if (outcome instanceof OuroborosError) return UNKNOWN.includes(outcome.code);
  if (!Array.isArray(outcome)) throw outcome;
  await Promise.all((outcome as Flow[]).map((flow) => flow.dealloc()));
  return false;
}

async function refuses(world: World): Promise<void> {
  await publish(server(world), 'nobody');
  const refusal = caller(world).alloc('nobody');
  const error = await failsWithin(world, REFUSED_WITHIN, ['ENOSERVER', 'EREFUSED'], refusal);
  check(error.message.includes('nobody'), `the message names the name: ${error.message}`);
}

async function allocatesManyAtOnce(world: World): Promise<void> {
  const { accept } = await server(world).serve('many');
  await publish(server(world), 'many');
  const { roomForFlows = AT_ONCE } = caller(world).member;
  const numbers = Array.from({ length: Math.min(AT_ONCE, roomForFlows) }, (_, i) => i);
  const far = Promise.all(numbers.map(() => accept()));
  const near = await Promise.all(numbers.map(() => caller(world).alloc('many')));
  const ids = new Set(near.map(({ id }) => id));
  check(ids.size === numbers.length, `each flow has a number of its own: ${ids.size} numbers`);
  for (const [i, flow] of near.entries()) await flow.write(Uint8Array.of(i));
  const got = await Promise.all((await far).map(firstByte));
  const sorted = got.sort((a, b) => a - b);
  check(String(sorted) === String(numbers), `each flow has an end of its own: ${String(sorted)}`);
  await Promise.all([...near, ...(await far)].map((flow) => flow.dealloc()));
}

const firstByte = async (flow: Flow): Promise<number> => (await flow.read({ timeoutMs: 2_000 }))[0]!;

async function tellsDeallocation(world: World): Promise<void> {
  const { accept } = await server(world).serve('ended');
  await publish(server(world), 'ended');
  const [near, far] = await connect(world, 'ended', accept);
  await bothWays(near, far);
  await near.dealloc();
  await endsWithin(world, SOON, far);
  const [second, other] = await connect(world, 'ended', accept);
  await bothWays(second, other);
  await other.dealloc();
  await endsWithin(world, SOON, second);
}

async function tellsDeath(world: World): Promise<void> {
  const victim = await server(world).victim('killed');
  await publish(server(world), 'killed');
  const near = await caller(world).alloc('killed');
  victim.kill();
  await endsWithin(world, SOON, near);
}

async function carriesFirstPackets(world: World): Promise<void> {
  const [near, far] = await flowTo(world, 'both-ways');
  await bothWays(near, far);
  const [info] = (await caller(world).irm.flowList()).filter(({ flowId }) => flowId === near.id);
  check(info?.ipcp === caller(world).member.name, `the flow is with ${caller(world).member.name}: ${info?.ipcp}`);
}

export const FLOW_CASES: readonly ConformanceCase[] = [
  { name: 'allocates a flow by name', run: carriesFirstPackets },
  { name: 'tells within a second that a name is unknown', run: findsNothing },
  { name: 'withdraws a name: no new flows at once, old ones live, and it can be had again', run: withdrawsNames },
  { name: 'brings the reason of a refusal to the caller', run: refuses },
  { name: 'allocates 100 flows at once, or as many as its type has room for', run: allocatesManyAtOnce },
  { name: 'tells either end within a second that the other deallocated', run: tellsDeallocation },
  { name: 'tells within a second that the application at the other end died', run: tellsDeath },
];
