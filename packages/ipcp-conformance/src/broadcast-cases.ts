import type { Flow } from '@ouroboros/flow';
import { OuroborosError } from '@ouroboros/model';
import type { ConformanceCase } from './conformance-case.js';
import { caller, check, endsWithin, failsWithin, patterned, same, server, until } from './conformance-steps.js';
import type { World, WorldHost } from './world.js';

const SOON = 1_000;
/** For a member to be started again, to join, and to be connected. */
const BACK_WITHIN = 15_000;
const EMPTY_WITHIN = 15_000;
/** Longest packet of a broadcast layer. [spec/wire-control.md §8] */
const LONGEST = 1_400;

const join = (host: WorldHost): Promise<Flow> => host.join(host.member.layer);

/** One process at the first host, two at the last. */
async function three(world: World): Promise<readonly [a: Flow, b: Flow, c: Flow]> {
  return [await join(caller(world)), await join(server(world)), await join(server(world))];
}

async function leave(...flows: readonly Flow[]): Promise<void> {
  for (const flow of flows) await flow.dealloc();
}

/** A packet of `from` arrives at each of the others, once, and not at `from`. */
async function reaches(from: Flow, others: readonly Flow[], packet: Uint8Array): Promise<void> {
  await from.write(packet);
  for (const other of others) same(await other.read({ timeoutMs: SOON }), packet, 'packet');
}

async function isSilent(world: World, flows: readonly Flow[]): Promise<void> {
  await world.sleep(100);
  for (const flow of flows) check((await flow.read({ timeoutMs: 1 }).catch(codeOf)) === 'ETIMEDOUT', 'no more comes');
}

const codeOf = (thrown: unknown): unknown => (thrown instanceof OuroborosError ? thrown.code : thrown);

async function takesNoNames(world: World): Promise<void> {
  const { irm, member } = caller(world);
  await failsWithin(world, SOON, ['ENOTSUP'], irm.nameRegister('both-ways', member.name));
  const error = await failsWithin(world, SOON, ['ENAME', 'ENOSERVER'], caller(world).alloc('both-ways'));
  check(!error.message.includes(member.layer), `the layer was not asked for the name: ${error.message}`);
}

async function refusesOtherLayers(world: World): Promise<void> {
  const error = await failsWithin(world, SOON, ['ENAME'], caller(world).join('no-such-layer'));
  check(error.message.includes('no-such-layer'), `the message names the layer: ${error.message}`);
}

async function reachesAll(world: World): Promise<void> {
  const flows = await three(world);
  for (const [i, from] of flows.entries()) {
    const others = flows.filter((flow) => flow !== from);
    await reaches(from, others, patterned(i, 64));
  }
  await isSilent(world, flows);
  await leave(...flows);
}

async function carriesAllSizes(world: World): Promise<void> {
  const [a, b, c] = await three(world);
  for (const length of [1, 2, LONGEST - 1, LONGEST]) await reaches(a, [b, c], patterned(length, length));
  await failsWithin(world, SOON, ['EMSGSIZE'], a.write(patterned(1, LONGEST + 1)));
  await reaches(b, [a, c], patterned(3, 100));
  await leave(a, b, c);
}

/** As fast as the layer takes it: what a reader does not take in time may be lost, but nothing comes twice or out of turn. */
async function survivesAFlood(world: World): Promise<void> {
  const [a, b] = [await join(caller(world)), await join(server(world))];
  const packets = 2_000;
  const reading = numbersOf(b);
  for (let i = 0; i < packets; i += 1) await a.write(Uint8Array.of(i >> 8, i, ...patterned(i, 998)));
  const numbers = await reading;
  check(numbers.length > 0, 'some of it came');
  check(
    numbers.every((number, i) => i === 0 || number > numbers[i - 1]!),
    'each packet came once, in order',
  );
  await reaches(b, [a], patterned(1, 64));
  await reaches(a, [b], patterned(2, 64));
  await leave(a, b);
}

/** Reads until nothing comes for a while. */
async function numbersOf(flow: Flow): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const packet = await flow.read({ timeoutMs: SOON }).catch(() => undefined);
    if (!packet) return numbers;
    numbers.push((packet[0]! << 8) | packet[1]!);
  }
}

async function forgetsWhoLeaves(world: World): Promise<void> {
  const [a, b, c] = await three(world);
  await b.dealloc();
  await reaches(a, [c], patterned(1, 64));
  await reaches(c, [a], patterned(2, 64));
  await leave(a, c);
}

async function comesBack(world: World): Promise<void> {
  const host = server(world);
  const [near, far] = [await join(caller(world)), await join(host)];
  await host.killMember();
  await endsWithin(world, SOON, far);
  await far.dealloc();
  let again: Flow | undefined;
  await until(world, 'a packet from the member that was killed', BACK_WITHIN, async () => {
    again ??= await join(host).catch(() => undefined);
    await again?.write(patterned(1, 64));
    const packet = await near.read({ timeoutMs: 50 }).catch(() => undefined);
    return packet !== undefined;
  });
  await leave(near, again!);
}

async function endsInOrder(world: World): Promise<void> {
  const host = server(world);
  const [near, far] = [await join(caller(world)), await join(host)];
  const { name } = host.member;
  await Promise.all([host.irm.ipcpDestroy(name), endsWithin(world, 2 * SOON, far)]);
  check(!(await host.irm.ipcpList()).some((ipcp) => ipcp.name === name), `${name} is no more`);
  await leave(near, far);
  await until(world, 'no flow of it is left', EMPTY_WITHIN, async () => {
    const flows = await host.irm.flowList();
    return !flows.some(({ flowId }) => flowId === far.id);
  });
}

/** For types whose layers processes join. */
export const BROADCAST_CASES: readonly ConformanceCase[] = [
  { name: 'answers ENOTSUP when it is to register a name, and is not asked for names', run: takesNoNames },
  { name: 'is joined by the name of its layer only', run: refusesOtherLayers },
  { name: 'brings a packet to all who joined, on every host, but not to its writer', run: reachesAll },
  { name: 'carries packets of 1 to 1,400 bytes, and refuses longer ones', run: carriesAllSizes },
  { name: 'survives a flood: nothing comes twice or out of turn, and it goes on', run: survivesAFlood },
  { name: 'brings nothing to who has left, and goes on for the others', run: forgetsWhoLeaves },
  { name: 'ends its flows when it is killed, comes back, and is joined again', run: comesBack },
  { name: 'ends its flows when it is shut down, and leaves nothing', run: endsInOrder },
];

/** For all other types. */
export const NO_JOIN_CASE: ConformanceCase = {
  name: 'answers ENOTSUP when it is to be joined',
  run: async (world) => {
    const { layer } = caller(world).member;
    const error = await failsWithin(world, SOON, ['ENOTSUP'], caller(world).join(layer));
    check(error.message.includes(layer), `the message names the layer: ${error.message}`);
  },
};
