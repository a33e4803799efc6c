import fc from 'fast-check';
import { TwoHosts, bytesOf, codeOf, thrownBy } from '../spec/two-hosts.spec.js';
import type { Flow } from './flow.js';

/** What a reader does next: `into` a target of so many bytes, `whole`, or switch partial reads. */
type Step = { readonly into: number } | { readonly whole: true } | { readonly partial: boolean };

/** What the specification says about reads, over a list of packets. */
class Model {
  private rest: Uint8Array | undefined;
  private markDue = false;
  private partial = true;

  constructor(private readonly packets: Uint8Array[]) {}

  step(step: Step): unknown {
    if ('partial' in step) {
      this.partial = step.partial;
      return undefined;
    }
    const mark = this.markDue && this.partial && 'into' in step;
    this.markDue = false;
    if (mark) return [];
    const packet = this.rest ?? this.packets.shift();
    this.rest = undefined;
    if (packet === undefined) return undefined;
    return 'whole' in step ? [...packet] : this.readPart(packet, step.into);
  }

  private readPart(packet: Uint8Array, room: number): unknown {
    if (packet.length > room && !this.partial) return 'EMSGSIZE';
    if (packet.length > room) this.rest = packet.subarray(room);
    this.markDue = packet.length === room && this.partial;
    return [...packet.subarray(0, room)];
  }
}

function read(flow: Flow, step: Step): unknown {
  if ('partial' in step) {
    flow.noPartialRead = !step.partial;
    return undefined;
  }
  if ('whole' in step) {
    const packet = flow.tryRead();
    return packet && [...packet];
  }
  const target = new Uint8Array(step.into);
  let length: number | undefined;
  const code = thrownBy(() => (length = flow.tryReadInto(target)));
  if (code !== 'returned') return code;
  return length === undefined ? undefined : [...target.subarray(0, length)];
}

const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 12 }), { maxLength: 8 });
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ into: fc.integer({ min: 1, max: 8 }) }) },
    { weight: 2, arbitrary: fc.constant({ whole: true } as const) },
    { weight: 1, arbitrary: fc.record({ partial: fc.boolean() }) },
  ),
  { maxLength: 30 },
);

describe('reads', () => {
  it('give, in any order of any sizes, what the model gives', async () => {
    await fc.assert(
      fc.asyncProperty(packets, steps, async (written, wanted) => {
        const net = new TwoHosts();
        const [client, server] = await net.flows();
        written.forEach((packet) => client.tryWrite(packet));
        await net.run(1);
        const model = new Model([...written]);
        for (const step of wanted) expect(read(server, step)).toEqual(model.step(step));
      }),
      { numRuns: 150 },
    );
  });

  it('mark the end of a packet that filled the target, only once and only for partial reads', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    client.tryWrite(bytesOf('abcdef'));
    await net.run(1);
    const target = new Uint8Array(3);
    expect([await server.readInto(target), await server.readInto(target), await server.readInto(target)]).toEqual([
      3, 3, 0,
    ]);
    expect(server.tryReadInto(target)).toBeUndefined();
  });

  it('drop a packet that is too long without partial reads', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    client.tryWrite(bytesOf('too long'));
    client.tryWrite(bytesOf('ok'));
    await net.run(1);
    server.noPartialRead = true;
    expect(await codeOf(server.readInto(new Uint8Array(4)))).toBe('EMSGSIZE');
    expect(await server.readInto(new Uint8Array(4))).toBe(2);
  });

  it('give copies that later packets do not change', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    client.tryWrite(bytesOf('first'));
    await net.run(1);
    const first = await server.read();
    for (let i = 0; i < 100; i += 1) {
      client.tryWrite(bytesOf('other'));
      await net.run(1);
      server.tryRead();
    }
    expect(first).toEqual(bytesOf('first'));
  });
});
