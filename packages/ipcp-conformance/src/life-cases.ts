import type { Flow } from '@ouroboros/flow';
import type { ConformanceCase } from './conformance-case.js';
import { bothWays, caller, check, connect, endsWithin, flowTo, publish, server, until } from './conformance-steps.js';
import type { World, WorldHost } from './world.js';

const SOON = 1_000;
/** For a member to be started again, to join, and to register its names. */
const BACK_WITHIN = 15_000;
/** A deallocated flow is kept for its linger time. */
const EMPTY_WITHIN = 15_000;

async function comesBack(world: World): Promise<void> {
  const host = server(world);
  const { accept } = await host.serve('restarted');
  await publish(host, 'restarted');
  const [near, far] = await connect(world, 'restarted', accept);
  await bothWays(near, far);
  await host.killMember();
  await endsWithin(world, SOON, far);
  await near.dealloc();
  await far.dealloc();
  let again: [near: Flow, far: Flow] | undefined;
  await until(world, 'a new flow', BACK_WITHIN, async () => {
    const flow = await caller(world)
      .alloc('restarted', { timeoutMs: 2_000 })
      .catch(() => undefined);
    if (flow) again = [flow, await otherEnd(flow, accept)];
    return flow !== undefined;
  });
  await bothWays(...again!);
}

/** Attempts that the caller gave up may have been accepted as well. */
async function otherEnd(near: Flow, accept: () => Promise<Flow>): Promise<Flow> {
  for (;;) {
    const far = await accept();
    if (far.correlationId === near.correlationId) return far;
    await far.dealloc();
  }
}

async function endsInOrder(world: World): Promise<void> {
  const host = server(world);
  const [near, far] = await flowTo(world, 'last');
  await bothWays(near, far);
  const { name } = host.member;
  const ended = Promise.all([endsWithin(world, 2 * SOON, near), endsWithin(world, 2 * SOON, far)]);
  await Promise.all([host.irm.ipcpDestroy(name), ended]);
  check(!(await host.irm.ipcpList()).some((ipcp) => ipcp.name === name), `${name} is no more`);
  const names = await host.irm.nameList();
  check(!names.some(({ registered }) => registered.includes(name)), `no name is registered in ${name}`);
  await Promise.all([near.dealloc(), far.dealloc()]);
  await until(world, 'no flow of it is left', EMPTY_WITHIN, async () => {
    const left = [await isListed(caller(world), near), await isListed(host, far)];
    return !left.includes(true);
  });
}

const isListed = async ({ irm }: WorldHost, flow: Flow): Promise<boolean> =>
  (await irm.flowList()).some(({ flowId }) => flowId === flow.id);

export const LIFE_CASES: readonly ConformanceCase[] = [
  { name: 'ends its flows when it is killed, comes back with its names, and allocates again', run: comesBack },
  { name: 'ends its flows at both ends when it is shut down, and leaves nothing', run: endsInOrder },
];
