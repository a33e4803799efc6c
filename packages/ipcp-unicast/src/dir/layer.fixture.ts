import { CollectingSink } from '@ouroboros/machine';
import { micros, type Address, type Micros } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import { Dht, type DhtConfig, type DhtOutput, type Found } from './index.js';

export const SECOND = 1_000_000;
export const WALL = 1_760_000_000;
export const key = (n: number): Uint8Array => new SeededRandom(n + 1000).bytes(32);

/** Members in virtual time; a packet takes 5 ms and may be lost. Everybody routes to everybody who lives. */
export class Layer {
  now = 0;
  lost = (): boolean => false;
  /** Sees each packet that is sent. */
  tap = (_to: Address, _bytes: Uint8Array): void => undefined;
  readonly members = new Map<Address, Dht>();
  readonly found = new Map<number, Found>();
  sent = 0;
  readonly restarted: Address[] = [];
  private readonly sink = new CollectingSink<DhtOutput>();
  private queue: { at: number; to: Address; bytes: Uint8Array }[] = [];
  private nextId = 1;

  constructor(readonly random = new SeededRandom(1)) {}

  add(self: Address, peer: number, signed?: DhtConfig['signed']): Dht {
    const { random } = this;
    const config = {
      self,
      id: random.bytes(32),
      alpha: 3,
      k: 8,
      expireS: 86400,
      refreshS: 900,
      replicateS: 900,
      peer,
      signed,
      nextCookie: () => (BigInt(random.uint32()) << 32n) | BigInt((random.uint32() | 1) >>> 0),
      wallSeconds: () => WALL + this.now / SECOND,
    };
    const dht = new Dht(config, micros(this.now));
    this.members.set(self, dht);
    return dht;
  }

  tellRoutes(): void {
    const addresses = new Set(this.members.keys());
    for (const self of addresses) this.input(self, { kind: 'reachable', addresses });
  }

  input(self: Address, input: Parameters<Dht['handle']>[0]): void {
    this.members.get(self)?.handle(input, micros(this.now), this.sink);
    this.collect();
  }

  run(seconds: number): void {
    const until = this.now + seconds * SECOND;
    // Asked again only of the member that something happened to: with a hundred members this is most of the work.
    const deadlines = new Map([...this.members].map(([self, member]) => [self, member.deadline]));
    for (;;) {
      const packet = this.queue[0];
      const [waking, deadline] = earliest(deadlines);
      const next = Math.min(packet?.at ?? Infinity, deadline);
      if (next > until) break;
      this.now = Math.max(next, this.now);
      const isPacket = packet !== undefined && packet.at <= next;
      const self = isPacket ? packet.to : waking!;
      if (isPacket) {
        this.queue.shift();
        this.input(self, { kind: 'message', bytes: packet.bytes });
      } else {
        this.members.get(self)!.wake(micros(this.now), this.sink);
        this.collect();
      }
      const member = this.members.get(self);
      if (member) deadlines.set(self, member.deadline);
    }
    this.now = until;
  }

  lookup(from: Address, wanted: Uint8Array): Found {
    const id = this.nextId++;
    this.input(from, { kind: 'lookup', id, key: wanted });
    this.run(1);
    return this.found.get(id)!;
  }

  /** A packet that somebody sends. */
  post(to: Address, bytes: Uint8Array): void {
    this.queue.push({ at: this.now + 5000, to, bytes });
  }

  private collect(): void {
    for (const output of this.sink.take()) {
      if (output.kind === 'found') this.found.set(output.id, output);
      else if (output.kind === 'restarted') this.restarted.push(output.address);
      else if (output.kind === 'send') {
        this.sent += 1;
        this.tap(output.to, output.bytes);
        if (!this.lost()) this.post(output.to, output.bytes);
      }
    }
  }
}

function earliest(deadlines: ReadonlyMap<Address, Micros>): [self: Address | undefined, deadline: number] {
  let found: [Address | undefined, number] = [undefined, Infinity];
  for (const one of deadlines) if (one[1] < found[1]) found = one;
  return found;
}
