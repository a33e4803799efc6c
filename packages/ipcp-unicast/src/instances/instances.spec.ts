import type { UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import { EMPTY_BYTES, QOS_RAW, address, errorNumber, fromMs, fromSeconds, toHex, type Address } from '@ouroboros/model';
import type { IpcpFlowAllocResult, Spread } from '@ouroboros/ports';
import { NO_PACKETS } from '../dt/index.js';
import { VirtualClock } from '@ouroboros/simnet';
import { Allocations } from './allocations.js';
import { SPREAD_POLICIES } from './policies.js';
import type { SpreadPolicy } from './spread.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const [A, B, C] = [address(1), address(2), address(3)];
const [nearest, roundRobin] = SPREAD_POLICIES as readonly [SpreadPolicy, SpreadPolicy];
const KEY = new Uint8Array(32);

type Behaviour = 'accepts' | 'silent' | Parameters<typeof errorNumber>[0];

/** Members A, B and C at 1, 2 and 3 hops, each with its own behaviour. */
class World {
  readonly clock = new VirtualClock(settle);
  readonly behaviour = new Map<Address, Behaviour>([A, B, C].map((one) => [one, 'accepts']));
  readonly hops = new Map([A, B, C].map((one, i) => [one, i + 1]));
  readonly asked: Address[] = [];
  readonly allocations: Allocations;
  readonly gaveUp: Address[] = [];
  lookups = 0;
  private readonly askedAs = new Map<number, Address>();

  constructor(spread = nearest) {
    this.allocations = new Allocations({
      clock: this.clock,
      spread,
      random32: () => 7,
      canReach: () => true,
      hopsTo: (to) => this.hops.get(to)!,
      lookup: async () => {
        this.lookups += 1;
        return [...this.behaviour.keys()];
      },
      ask: ({ id, to }) => this.ask(id, to),
      giveUp: (id) => this.gaveUp.push(this.askedAs.get(id)!),
    });
  }

  begin(spread: Spread | '' = '', flow = {} as UserFlow): Promise<IpcpFlowAllocResult> {
    const request: UserFlowRequest = { flow, hash: KEY, qos: QOS_RAW, spread, data: EMPTY_BYTES };
    return this.allocations.allocate(request);
  }

  alloc(spread: Spread | '' = ''): Promise<IpcpFlowAllocResult> {
    return this.clock.resolve(this.begin(spread), fromSeconds(60));
  }

  async times(count: number, spread: Spread | '' = ''): Promise<Address[]> {
    this.asked.length = 0;
    for (let i = 0; i < count; i += 1) expect((await this.alloc(spread)).response).toBe(0);
    return this.asked;
  }

  /** The member answers all that it was asked. */
  wakeUp(member: Address, response = 0): boolean[] {
    const ids = [...this.askedAs].filter(([, to]) => to === member).map(([id]) => id);
    return ids.map((id) => this.allocations.answered(id, { response, reason: '', ...NO_PACKETS, data: EMPTY_BYTES }));
  }

  private ask(id: number, to: Address): void {
    this.asked.push(to);
    this.askedAs.set(id, to);
    const behaviour = this.behaviour.get(to)!;
    if (behaviour === 'silent') return;
    const response = behaviour === 'accepts' ? 0 : -errorNumber(behaviour);
    this.clock.at(this.clock.now(), () =>
      this.allocations.answered(id, { response, reason: '', ...NO_PACKETS, data: EMPTY_BYTES }),
    );
  }
}

describe('the members that serve a name', () => {
  it('are asked by the fewest hops, equally near ones by chance', async () => {
    const world = new World();
    expect(new Set(await world.times(3))).toEqual(new Set([A]));
    world.hops.set(A, 9);
    world.hops.set(C, 2);
    expect(new Set(await world.times(3))).toEqual(new Set([C]));
  });

  it('are remembered for 200 ms, unless one does not serve the name any more', async () => {
    const world = new World();
    world.allocations.remember(toHex(KEY), [A]);
    expect(await world.times(3)).toEqual([A, A, A]);
    expect(world.lookups).toBe(0);
    world.behaviour.set(A, 'ENOSERVER');
    expect((await world.alloc()).response).toBe(-errorNumber('ENOSERVER'));
    expect(await world.times(1)).toEqual([B]);
    expect(world.lookups).toBe(1);
    world.allocations.remember(toHex(KEY), [C]);
    await world.clock.run(fromMs(200));
    expect(await world.times(1)).toEqual([B]);
    expect(world.lookups).toBe(2);
  });

  it('are asked in turn with round-robin, also when they come and go', async () => {
    const world = new World(roundRobin);
    expect(await world.times(4)).toEqual([A, B, C, A]);
    world.behaviour.delete(B);
    expect(await world.times(3)).toEqual([C, A, C]);
    world.behaviour.set(B, 'accepts');
    expect(await world.times(3)).toEqual([A, B, C]);
  });

  it('are chosen as the entry of the name says, before the layer', async () => {
    expect(await new World(roundRobin).times(2, 'nearest')).toEqual([A, A]);
    expect(await new World(nearest).times(2, 'round-robin')).toEqual([A, B]);
  });
});

describe('a member that fails', () => {
  it.each(['ENOSERVER', 'ENAME', 'EFLOWDOWN', 'EAUTH', 'EQOS'] as const)('with %s is skipped', async (code) => {
    const world = new World();
    world.behaviour.set(A, code);
    expect((await world.alloc()).response).toBe(0);
    expect(world.asked).toEqual([A, B]);
  });

  it('by silence is skipped after 500 ms, and asked last for 2 s', async () => {
    const world = new World();
    world.behaviour.set(A, 'silent');
    const before = world.clock.now();
    expect((await world.alloc()).response).toBe(0);
    expect([world.asked, world.gaveUp, world.clock.now() - before]).toEqual([[A, B], [A], 500_000]);
    expect(world.wakeUp(A)).toEqual([false]);
    world.behaviour.set(A, 'accepts');
    expect(await world.times(2)).toEqual([B, B]);
    await world.clock.run(fromSeconds(2));
    expect(await world.times(1)).toEqual([A]);
  });

  it('leaves its turns to the others evenly, also when many ask at once', async () => {
    const world = new World(roundRobin);
    world.behaviour.set(C, 'silent');
    await world.clock.resolve(Promise.all(Array.from({ length: 30 }, () => world.begin())), fromSeconds(10));
    const served = world.asked.filter((one) => one !== C);
    expect([served.filter((one) => one === A).length, served.filter((one) => one === B).length]).toEqual([15, 15]);
  });

  it('by silence can still accept while others are asked', async () => {
    const world = new World();
    for (const one of [A, B, C]) world.behaviour.set(one, 'silent');
    const allocation = world.begin();
    await world.clock.run(fromSeconds(3));
    expect(world.asked).toEqual([A, B, C]);
    world.wakeUp(A);
    expect((await world.clock.resolve(allocation, fromMs(1))).response).toBe(0);
    expect(world.gaveUp).toEqual([B, C]);
  });

  it('by silence is waited for when all others refuse, which is the answer when it refuses too', async () => {
    const world = new World();
    world.behaviour.set(A, 'silent').set(B, 'ENOSERVER').set(C, 'EFLOWDOWN');
    let over = false;
    const allocation = world.begin().finally(() => (over = true));
    await world.clock.run(fromSeconds(3));
    expect([world.asked, over]).toEqual([[A, B, C], false]);
    world.wakeUp(A, -errorNumber('EAUTH'));
    const result = await world.clock.resolve(allocation, fromMs(1));
    expect(result.response).toBe(-errorNumber('EAUTH'));
  });
});

describe('an allocation that nobody accepts', () => {
  it('ends with the refusal that says most', async () => {
    const world = new World();
    world.behaviour.set(A, 'ENAME').set(B, 'EAUTH').set(C, 'ENOSERVER');
    expect(await world.alloc()).toMatchObject({ response: -errorNumber('EAUTH') });
    expect(world.asked).toEqual([A, B, C]);
  });

  it('has no route when all were lost', async () => {
    const world = new World();
    for (const one of [A, B, C]) world.behaviour.set(one, 'EFLOWDOWN');
    await expect(world.alloc()).rejects.toMatchObject({ code: 'ENOSERVER', stage: 'route' });
  });

  it('asks nobody more when the process has given up', async () => {
    const world = new World();
    const user = {} as UserFlow;
    world.behaviour.set(A, 'silent');
    const allocation = world.begin('', user);
    await world.clock.run(fromMs(100));
    world.allocations.over(user);
    const canceled = await world.clock.resolve(allocation, fromSeconds(1));
    expect(canceled).toMatchObject({ response: -errorNumber('ECANCELED') });
    expect([world.asked, world.gaveUp]).toEqual([[A], [A]]);
  });
});
