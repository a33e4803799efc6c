import { NodeHash } from '@ouroboros/crypto';
import type { Flow } from '@ouroboros/flow';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import type { JsonObject } from '@ouroboros/model';
import { Simulation, simType, type SimApp } from '@ouroboros/simnet';
import { UnicastNetwork } from './unicast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(udp4Type({} as DynamicDns)), simType(unicastType)];
const [A, B, C, D] = [0, 1, 2, 3] as const;
const EVERY_MS = 10;
const NO_ROUTE_MS = 2_000;

/** A–B, A–C, A–D, B–D, C–D, with a server on each node. */
class Square {
  readonly sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, logLevel: 'info' });
  readonly net: UnicastNetwork;

  constructor(routing: string) {
    const extraLinks = [
      [B, D],
      [C, D],
    ] as const;
    this.net = new UnicastNetwork(this.sim, { size: 4, through: [A, A, A], extraLinks, config: { routing } });
  }

  static async build(routing: string): Promise<Square> {
    const square = new Square(routing);
    await square.sim.resolve(square.net.build());
    return square;
  }

  cut(a: number, b: number): void {
    this.sim.links.cut(this.net.members[a]!.ip, this.net.members[b]!.ip);
  }

  heal(a: number, b: number): void {
    this.sim.links.heal(this.net.members[a]!.ip, this.net.members[b]!.ip);
  }

  client(at: number): SimApp {
    return this.net.members[at]!.node.app();
  }

  /** Data packets that a node has sent to each neighbour, by the neighbour's address. */
  async sentBy(at: number): Promise<Map<string, number>> {
    const { node, unicast } = this.net.members[at]!;
    const rows = (await node.irm.ipcpReport(unicast, 'neighbors')) as JsonObject[];
    const data = rows.filter(({ component }) => component === 'Data Transfer');
    return new Map(data.map(({ address, sent }) => [String(address), Number(sent)]));
  }
}

/** Pings every 10 ms over one flow; knows when the pings that were answered went out. */
class Pinging {
  readonly answered: number[] = [];
  private over = false;

  constructor(
    private readonly sim: Simulation,
    private readonly flow: Flow,
  ) {
    void this.send();
    void this.receive();
  }

  stop(): void {
    this.over = true;
  }

  private async send(): Promise<void> {
    for (; !this.over; await this.sim.sleep(EVERY_MS)) await this.flow.write(Buffer.from(String(this.sim.nowMs)));
  }

  private async receive(): Promise<void> {
    for await (const packet of this.flow) this.answered.push(Number(Buffer.from(packet).toString()));
  }
}

describe.each(['link-state', 'lfa', 'ecmp'])('in the square with routing %s', (routing) => {
  it('A reaches D as long as there is a way, hears soon when there is none, and again when a link is back', async () => {
    const square = await Square.build(routing);
    const { sim } = square;
    const client = square.client(A);
    const pinging = new Pinging(sim, await sim.resolve(client.alloc('s3')));
    const answersWithin = async (ms: number): Promise<number | undefined> => {
      const start = sim.nowMs;
      return sim.until(() => (pinging.answered.at(-1) ?? 0) > start, ms, 1);
    };
    const allocates = async (): Promise<boolean> => {
      const flow = await client.alloc('s3', { timeoutMs: 500 }).catch(() => undefined);
      await flow?.dealloc();
      return flow !== undefined;
    };
    expect(await answersWithin(100)).toBeDefined();

    square.cut(A, D);
    expect(await answersWithin(1_000)).toBeDefined();
    square.cut(A, B);
    square.cut(B, D);
    expect(await answersWithin(1_000)).toBeDefined();
    expect(await sim.until(allocates, 1_000)).toBeDefined();

    square.cut(C, D);
    const refusal = async (): Promise<unknown> =>
      client.alloc('s3', { timeoutMs: NO_ROUTE_MS }).catch((error: unknown) => error);
    expect(await sim.resolve(refusal())).toMatchObject({ code: 'ENOSERVER', stage: 'route' });
    await sim.resolve(client.alloc('s2'));

    square.heal(B, D);
    square.heal(A, B);
    expect(await answersWithin(5_000)).toBeDefined();
    expect(await sim.until(allocates, 1_000)).toBeDefined();
    pinging.stop();
  });
});

describe('in the square with routing lfa', () => {
  it('packets take the other way less than 200 ms after a neighbour was found silent', async () => {
    const square = await Square.build('lfa');
    const { sim } = square;
    const pinging = new Pinging(sim, await sim.resolve(square.client(A).alloc('s3')));
    await sim.run(200);
    square.cut(A, D);
    await sim.run(2_000);
    pinging.stop();
    const silent = sim.log.lines().find((line) => line.includes(' n0/u0 info neighbour is silent'));
    const detectedMs = Number(silent?.trim().split(' ')[0]) * 1000;
    const nextMs = pinging.answered.find((sentMs) => sentMs >= detectedMs);
    expect(nextMs! - detectedMs).toBeLessThan(200);
  });
});

describe('in the square with routing ecmp', () => {
  it('200 flows from B to C use both ways, 40 to 60 % each, and each flow keeps to its own', async () => {
    const square = await Square.build('ecmp');
    const { sim } = square;
    const client = square.client(B);
    const ways = new Map<string, number>();
    const PACKETS = 50;
    const oneFlow = async (): Promise<void> => {
      const flow = await client.alloc('s2');
      const before = await square.sentBy(B);
      for (let i = 0; i < PACKETS; i += 1) {
        await flow.write(Uint8Array.of(i));
        await flow.read({ timeoutMs: 500 });
      }
      const after = await square.sentBy(B);
      const taken = [...after].filter(([to, sent]) => sent - before.get(to)! >= PACKETS);
      const touched = [...after].filter(([to, sent]) => sent - before.get(to)! >= PACKETS / 5);
      expect([taken.length, touched.length]).toEqual([1, 1]);
      ways.set(taken[0]![0], (ways.get(taken[0]![0]) ?? 0) + 1);
      await flow.dealloc();
    };
    for (let i = 0; i < 200; i += 1) await sim.resolve(oneFlow());
    expect(ways.size).toBe(2);
    for (const flows of ways.values()) {
      expect(flows).toBeGreaterThanOrEqual(80);
      expect(flows).toBeLessThanOrEqual(120);
    }
  }, 60_000);
});
