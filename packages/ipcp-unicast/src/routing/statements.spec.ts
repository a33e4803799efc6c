import fc from 'fast-check';
import { CollectingSink } from '@ouroboros/machine';
import { address, micros, utf8Bytes, type Address, type Micros } from '@ouroboros/model';
import { encodeLsa } from '@ouroboros/wire';
import type { StatementSigner } from '../signed/index.js';
import { addressOf, Register, START_MS } from '../signed/register.fixture.js';
import { encodeEntries } from './messages.js';
import { simpleRouting } from './simple.js';
import { decodeBody, decodeStatement, encodeBody, encodeStatement, type Statement } from './statement.js';
import { LinkState, Statements, type LinkStateInput } from './index.js';

/** A member: its routing, and the neighbours that it is linked with. */
class Node {
  readonly self: Address;
  readonly statements: Statements;
  readonly routing: LinkState;
  readonly sent: { readonly to: string; readonly bytes: Uint8Array }[] = [];
  private readonly neighbors: string[] = [];

  constructor(
    readonly name: string,
    readonly signer: StatementSigner,
    private readonly register: Register,
  ) {
    this.self = addressOf(name);
    this.statements = new Statements(this.self, 'net', signer);
    const config = { self: this.self, policy: simpleRouting, tUpdate: 15, tTimeout: 60, statements: this.statements };
    this.routing = new LinkState(config, micros(register.now));
  }

  link(name: string): void {
    this.neighbors.push(name);
    this.give({ kind: 'neighbor-up', neighbor: this.neighbors.length - 1, sync: true });
    this.give({ kind: 'adjacency-up', address: addressOf(name) });
  }

  hear(from: string, bytes: Uint8Array): void {
    this.give({ kind: 'packet', neighbor: this.neighbors.indexOf(from), bytes });
  }

  give(input: LinkStateInput): void {
    const sink = new CollectingSink<ReturnType<typeof Object>>();
    this.routing.handle(input, this.clock, sink as never);
    this.keep(sink as never);
  }

  wake(): void {
    const sink = new CollectingSink();
    if (this.routing.deadline <= this.clock) this.routing.wake(this.clock, sink as never);
    this.keep(sink as never);
  }

  /** What this member believes of the links of another. */
  linksOf(name: string): readonly string[] {
    return this.routing
      .entries()
      .filter(({ src, withdrawn }) => src === addressOf(name) && !withdrawn)
      .map(({ dst }) => String(dst))
      .sort();
  }

  reaches(name: string): boolean {
    return this.routing.currentRoutes().has(addressOf(name));
  }

  private get clock(): Micros {
    return micros(this.register.now);
  }

  private keep(sink: { take(): readonly { kind: string; neighbor?: number; bytes?: Uint8Array }[] }): void {
    for (const output of sink.take()) {
      if (output.kind === 'send') this.sent.push({ to: this.neighbors[output.neighbor!]!, bytes: output.bytes! });
    }
  }
}

/** a - h - b: all that a and b hear of each other goes through h, whose code does as it likes. */
class Line {
  readonly register = new Register();
  readonly a = this.node('a');
  readonly h = this.node('h');
  readonly b = this.node('b');
  /** Everything that h ever sent or heard. */
  readonly heardByH: Uint8Array[] = [];

  constructor() {
    this.a.link('h');
    this.h.link('a');
    this.h.link('b');
    this.b.link('h');
    this.settle();
  }

  private node(name: string): Node {
    return new Node(name, this.register.signer(name), this.register);
  }

  settle(): void {
    const nodes = new Map([this.a, this.h, this.b].map((one) => [one.name, one]));
    for (let more = true; more;) {
      more = false;
      for (const node of nodes.values()) {
        for (const { to, bytes } of node.sent.splice(0)) {
          more = true;
          if (to === 'h') this.heardByH.push(bytes);
          nodes.get(to)!.hear(node.name, bytes);
        }
      }
    }
  }

  run(seconds: number): void {
    for (let i = 0; i < 4 * seconds; i += 1) {
      this.register.now += 250_000;
      for (const node of [this.a, this.h, this.b]) node.wake();
      this.settle();
    }
  }
}

const A_TO_H = [String(addressOf('h'))];

describe('signed link state', () => {
  it('makes routes through members that cannot alter it', () => {
    const line = new Line();
    expect([line.a.reaches('b'), line.b.reaches('a'), line.b.linksOf('a')]).toEqual([true, true, A_TO_H]);
    line.run(90);
    expect([line.a.reaches('b'), line.b.reaches('a')]).toEqual([true, true]);
    expect(line.b.routing.counters).toMatchObject({ forged: 0, malformed: 0 });
  });

  it('withdraws at once, settles to one digest, and forgets what was withdrawn', () => {
    const line = new Line();
    line.h.give({ kind: 'adjacency-down', address: addressOf('a'), ended: true });
    line.settle();
    expect([line.b.reaches('a'), line.b.linksOf('h')]).toEqual([false, [String(addressOf('b'))]]);
    line.run(5);
    const dumps = line.b.routing.counters.dumps;
    line.run(10);
    // Members that refresh at one instant may differ for as long as a message is under way.
    expect(line.b.routing.counters.dumps).toBeLessThan(dumps + 3);
    line.run(140);
    expect(line.b.routing.entries().filter(({ withdrawn }) => withdrawn)).toEqual([]);
  });

  it('ends when its origin is silent for the time-out', () => {
    const line = new Line();
    line.a.give({ kind: 'leave' });
    line.a.sent.length = 0;
    line.h.give({ kind: 'adjacency-down', address: addressOf('a'), ended: false });
    line.settle();
    for (let i = 0; i < 4 * 61; i += 1) {
      line.register.now += 250_000;
      line.h.wake();
      line.b.wake();
      for (const node of [line.h, line.b]) node.sent.length = 0;
    }
    expect(line.b.linksOf('a')).toEqual([]);
  });

  it('goes on above the number of an earlier life', () => {
    const line = new Line();
    const again = new Node('a', line.a.signer, line.register);
    again.link('h');
    again.hear('h', line.heardByH[0]!);
    const [last] = again.sent.slice(-1);
    line.h.hear('a', last!.bytes);
    line.settle();
    expect(line.b.linksOf('a')).toEqual(A_TO_H);
  });
});

describe('a hostile member in the middle', () => {
  const statementOf = (more: Partial<Statement>): Statement => ({
    origin: addressOf('a'),
    number: BigInt(START_MS + 3_000_000),
    adjacencies: [{ dst: addressOf('b'), withdrawn: false, ended: false }],
    certificate: utf8Bytes('h'),
    ...more,
  });
  const LABEL = Uint8Array.of(...utf8Bytes('o7s link state'), 3, ...utf8Bytes('net'));
  const signedBy = (node: Node, statement: Statement): Uint8Array => {
    const body = encodeBody(statement);
    return encodeStatement({ body, signature: node.signer.sign(Uint8Array.of(...LABEL, ...body))! }, 0);
  };

  /** What h says of a, as if a had said it. */
  const LIES: readonly (readonly [string, (line: Line) => readonly Uint8Array[]])[] = [
    ['signed by itself', ({ h }) => [signedBy(h, statementOf({}))]],
    ["signed by itself under a's certificate", ({ h }) => [signedBy(h, statementOf({ certificate: utf8Bytes('a') }))]],
    [
      'in the announcements of C',
      () => [encodeLsa({ destination: addressOf('b'), source: addressOf('a'), sequence: 99n })],
    ],
    [
      'in entries without signature',
      () => {
        const news = { src: addressOf('a'), dst: addressOf('h'), seq: 9_999_999_999_999n, ended: true, ageMs: 0 };
        return [encodeEntries([{ ...news, withdrawn: true }])];
      },
    ],
    [
      'that a said in another layer',
      ({ a }) => [new Statements(a.self, 'lab', a.signer).state(BigInt(START_MS + 9_000_000), [], micros(0))!],
    ],
    ['that a said before', ({ heardByH }) => heardByH],
  ];
  it.each(LIES)('moves nothing of another by words %s', (_, lies) => {
    const line = new Line();
    line.run(20);
    const before = [line.b.linksOf('a'), line.b.reaches('a'), line.a.reaches('b')];
    for (const lie of lies(line)) line.b.hear('h', lie);
    line.settle();
    expect([line.b.linksOf('a'), line.b.reaches('a'), line.a.reaches('b')]).toEqual(before);
    line.run(20);
    expect([line.b.linksOf('a'), line.b.reaches('a'), line.a.reaches('b')]).toEqual(before);
  });

  it('cannot bring back what was said, within the hour and after', () => {
    const line = new Line();
    const old = [...line.heardByH];
    line.run(1);
    line.a.give({ kind: 'adjacency-down', address: addressOf('h'), ended: true });
    line.settle();
    for (const seconds of [1, 200, 3700]) {
      line.register.now += seconds * 1_000_000;
      line.b.wake();
      line.b.sent.length = 0;
      for (const bytes of old) line.b.hear('h', bytes);
      expect(line.b.linksOf('a')).toEqual([]);
    }
  });

  it('is not believed any more once its certificate is void', () => {
    const line = new Line();
    line.register.banned.add('h');
    line.h.give({ kind: 'adjacency-down', address: addressOf('a'), ended: true });
    line.settle();
    expect(line.b.linksOf('h')).toContain(String(addressOf('a')));
    expect(line.b.routing.counters.forged).toBeGreaterThan(0);
  });

  it('can change no byte of what another said', () => {
    const line = new Line();
    const honest = line.a.statements.state(BigInt(START_MS + 5_000_000), [], micros(0))!;
    fc.assert(
      fc.property(fc.nat(honest.length - 6), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = honest.slice();
        // All but the type, and the age, which grows on the way.
        altered[at + 5] = altered[at + 5]! ^ change;
        line.b.hear('h', altered);
        expect(line.b.linksOf('a')).toEqual(A_TO_H);
      }),
    );
    line.b.hear('h', honest);
    expect(line.b.linksOf('a')).toEqual([]);
  });

  it('makes nobody fail by garbage', () => {
    const line = new Line();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => line.b.hear('h', Uint8Array.of(3, ...bytes))));
    expect(line.b.linksOf('a')).toEqual(A_TO_H);
  });
});

describe('a statement', () => {
  it('is read as it was written', () => {
    const adjacency = fc.record({
      dst: fc.integer({ min: 1, max: 0xffff_ffff }).map(address),
      withdrawn: fc.boolean(),
      ended: fc.boolean(),
    });
    const statement = fc.record({
      origin: fc.integer({ min: 1, max: 0xffff_ffff }).map(address),
      number: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      adjacencies: fc.uniqueArray(adjacency, { selector: ({ dst }) => dst, maxLength: 40 }),
      certificate: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    });
    fc.assert(
      fc.property(statement, fc.nat(0xffff_ffff), (one, ageMs) => {
        const body = encodeBody(one);
        const signature = Uint8Array.of(1, 2, 3);
        const read = decodeStatement(encodeStatement({ body, signature }, ageMs))!;
        expect([read.ageMs, read.signature, decodeBody(read.body)]).toEqual([ageMs, signature, one]);
      }),
    );
  });
});
