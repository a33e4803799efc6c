import { setImmediate } from 'node:timers/promises';
import { NodeHash } from '@ouroboros/crypto';
import { fromMs, fromSeconds } from '@ouroboros/model';
import { Bench, BenchHost, readAll, type BenchFlow } from '@ouroboros/simnet';
import { localType } from './index.js';

const settle = async (): Promise<void> => void (await setImmediate());
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

class World extends Bench {
  readonly host = new BenchHost(localType, 'l', this.ports);

  constructor() {
    super({ settle, hash: new NodeHash(), queueBytes: 256 });
  }

  /** Runs the promise in virtual time. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.resolve(promise, fromSeconds(10));
  }

  turn(): Promise<void> {
    return this.clock.run(fromMs(1));
  }

  async ready(): Promise<this> {
    await this.run(this.host.bootstrap({}));
    await this.run(this.host.serve('echo'));
    return this;
  }

  /** A flow, both ends. */
  async flow(): Promise<{ client: BenchFlow; server: BenchFlow['end']; serverId: number }> {
    const client = await this.run(this.host.alloc('echo', { data: bytes(1) }));
    await this.turn();
    const accepted = this.host.accepted.at(-1);
    if (!accepted) throw new Error('nothing was accepted');
    return { client, server: accepted.end, serverId: accepted.flowId };
  }
}

const write = (end: BenchFlow['end'], packet: Uint8Array): string => end.write(packet, 0, packet, 0, packet.length);

describe('the local layer', () => {
  it('is made with a hash of its own choice', async () => {
    const world = new World();
    expect(await world.host.bootstrap({ hash: 'sha3_512' })).toMatchObject({ name: 'layer', hash: 'SHA3_512' });
    await expect(new World().host.bootstrap({ hash: 'MD5' })).rejects.toMatchObject({ code: 'EINVAL', field: 'hash' });
  });

  it('finds exactly the names that are registered', async () => {
    const { host } = await new World().ready();
    expect(await host.server.query(host.hashOf('echo'))).toBe(true);
    expect(await host.server.query(host.hashOf('other'))).toBe(false);
    await host.server.unregister(host.hashOf('echo'));
    expect(await host.server.query(host.hashOf('echo'))).toBe(false);
    await expect(host.alloc('echo')).rejects.toMatchObject({ code: 'ENAME', stage: 'name' });
  });

  it('presents a request to its own IRM daemon and gives the answer back', async () => {
    const world = await new World().ready();
    world.host.answer = () => ({ response: 0, data: bytes(9, 9) });
    const { client } = await world.flow();
    expect(client.result).toEqual({
      response: 0,
      reason: '',
      mplMs: 100,
      layerPacket: 0,
      wholePacket: 0,
      data: bytes(9, 9),
    });
    expect(world.host.arrivals).toMatchObject([{ hash: world.host.hashOf('echo'), mplMs: 100, data: bytes(1) }]);
  });

  it('tells the requester of a refusal, which C swallows', async () => {
    const world = await new World().ready();
    world.host.answer = () => ({ response: -1009 });
    await expect(world.run(world.host.alloc('echo'))).rejects.toThrow('-1009');
    expect(await world.host.status()).toMatchObject({ flows: 0 });
  });

  it('moves packets both ways, empty ones too, without a header', async () => {
    const world = await new World().ready();
    const { client, server } = await world.flow();
    for (const packet of [bytes(1, 2, 3), bytes(), bytes(4)]) expect(write(client.end, packet)).toBe('ok');
    write(server, bytes(5));
    await world.turn();
    expect(readAll(server)).toEqual([bytes(1, 2, 3), bytes(), bytes(4)]);
    expect(readAll(client.end)).toEqual([bytes(5)]);
  });

  it('holds the writer back while the reader does not read, and loses nothing', async () => {
    const world = await new World().ready();
    const { client, server } = await world.flow();
    let written = 0;
    for (let round = 0; round < 20; round += 1) {
      while (write(client.end, bytes(written)) === 'ok') written += 1;
      await world.turn();
    }
    expect(written).toBeLessThan(100);
    const read: number[] = [];
    while (read.length < written) {
      read.push(...readAll(server).map((packet) => packet[0]!));
      await world.turn();
    }
    expect(read).toEqual(Array.from({ length: written }, (_, i) => i));
  });

  it('ends both sides when one is deallocated; what was written before arrives', async () => {
    const world = await new World().ready();
    const { client, server, serverId } = await world.flow();
    write(client.end, bytes(7));
    client.end.flush();
    await world.host.server.flowDealloc(client.flowId, 0);
    await world.turn();
    expect(world.host.gone).toEqual([serverId]);
    expect(readAll(server)).toEqual([bytes(7)]);
    await world.clock.run(fromMs(250));
    expect(server.down).toBe('peer-closed');
    expect(await world.host.status()).toMatchObject({ flows: 0 });
  });

  it('passes everything on before the end, even to a slow reader', async () => {
    const world = await new World().ready();
    const { client, server } = await world.flow();
    let written = 0;
    for (let round = 0; round < 5; round += 1) {
      while (write(client.end, bytes(written)) === 'ok') written += 1;
      await world.turn();
    }
    client.end.close();
    await world.turn();
    expect(server.down).toBeNull();
    let read = 0;
    for (let round = 0; round < 50; round += 1) {
      read += readAll(server).length;
      await world.turn();
    }
    expect(read).toBe(written);
    await world.clock.run(fromMs(250));
    expect(server.down).toBe('peer-closed');
  });

  it('ends the other half of a flow whose requester gave up meanwhile', async () => {
    const world = await new World().ready();
    let accept: (answer: { response: number }) => void = () => undefined;
    world.host.answer = () => new Promise((resolve) => (accept = resolve));
    const pending = world.host.alloc('echo');
    const outcome = expect(pending).rejects.toMatchObject({ code: 'ECANCELED' });
    await world.turn();
    await world.host.server.flowDealloc(1, 0);
    accept({ response: 0 });
    await world.turn();
    await outcome;
    expect(world.host.gone).toEqual([2]);
    expect(await world.host.status()).toMatchObject({ flows: 0 });
  });

  it('keeps a flow for the time that the end-to-end protocol asks for', async () => {
    const world = await new World().ready();
    const { client, server } = await world.flow();
    await world.host.server.flowDealloc(client.flowId, 50);
    client.end.close();
    await world.clock.run(fromMs(49));
    expect(server.down).toBeNull();
    await world.clock.run(fromMs(2));
    expect(server.down).toBe('peer-closed');
  });

  it('ends all flows when it is shut down', async () => {
    const world = await new World().ready();
    const { client, server } = await world.flow();
    await world.run(world.host.server.shutdown());
    await world.turn();
    expect([client.end.down, server.down]).toEqual(['peer-closed', 'peer-closed']);
    await expect(world.host.alloc('echo')).rejects.toMatchObject({ code: 'EIPCPSTATE' });
  });
});
