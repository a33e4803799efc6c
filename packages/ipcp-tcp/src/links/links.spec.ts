import { CollectingSink } from '@ouroboros/machine';
import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import type { ByeReason, LinkMessage } from '../bytes/control.js';
import type { LinkOutput, WatchedConnection } from './events.js';
import { Links } from './links.js';

const LOW = '11'.repeat(16);
const MINE = '55'.repeat(16);
const HIGH = '99'.repeat(16);
const HOLD_MS = 3_000;

class Connection implements WatchedConnection {
  heard = false;
  constructor(
    readonly remote: string,
    readonly target: string | null,
  ) {}
}

/** One member's links, and everything that they say. */
class Rig {
  readonly links = new Links<Connection>({ member: MINE, run: 'aa'.repeat(8), layer: 'l', hash: 1, holdMs: HOLD_MS });
  private readonly sink = new CollectingSink<LinkOutput<Connection>>();
  now = 0 as Micros;

  in(input: Parameters<Links<Connection>['handle']>[0]): string[] {
    this.links.handle(input, this.now, this.sink);
    return this.said();
  }

  /** Lets time pass; what was said meanwhile. */
  pass(ms: number): string[] {
    const end = (this.now + fromMs(ms)) as Micros;
    const said: string[] = [];
    while (this.links.deadline <= end) {
      this.now = this.links.deadline;
      this.links.wake(this.now, this.sink);
      said.push(...this.said());
    }
    this.now = end;
    return said;
  }

  accepted(name = 'in'): Connection {
    const connection = new Connection(name, null);
    this.in({ type: 'connected', connection });
    return connection;
  }

  dialed(target: string): Connection {
    const connection = new Connection(target, target);
    this.in({ type: 'connected', connection });
    return connection;
  }

  hello(connection: Connection, member: string, run = 'bb'.repeat(8), layer = 'l', hash = 1): string[] {
    return this.receive(connection, { kind: 'hello', member, run, layer, hash });
  }

  bye(connection: Connection, reason: ByeReason): string[] {
    return this.receive(connection, { kind: 'bye', reason, words: 'for a reason' });
  }

  receive(connection: Connection, message: LinkMessage): string[] {
    return this.in({ type: 'received', connection, message });
  }

  private said(): string[] {
    return this.sink.take().map(textOf);
  }
}

function textOf(output: LinkOutput<Connection>): string {
  switch (output.type) {
    case 'dial':
      return `dial ${output.target}`;
    case 'send':
      return `${output.connection.remote}: ${output.message.kind}${output.message.kind === 'bye' ? ` ${output.message.reason}` : ''}`;
    case 'close':
      return `close ${output.connection.remote}`;
    case 'refused':
      return `refused: ${output.why}`;
    case 'up':
      return `up ${output.member.slice(0, 2)} by ${output.connection.remote}`;
    default:
      return `${output.type} ${output.member.slice(0, 2)}`;
  }
}

describe('a link', () => {
  it('begins with a hello of each side', () => {
    const rig = new Rig();
    const connection = new Connection('in', null);
    expect(rig.in({ type: 'connected', connection })).toEqual(['in: hello']);
    expect(rig.hello(connection, LOW)).toEqual(['up 11 by in']);
    expect(rig.links.views()).toEqual([{ member: LOW, state: 'up', remote: 'in', dialed: false }]);
  });

  it('outlives its connection for the hold time, and goes on over a new one', () => {
    const rig = new Rig();
    const first = rig.accepted('first');
    rig.hello(first, LOW);
    expect(rig.in({ type: 'lost', connection: first })).toEqual(['down 11']);
    expect(rig.pass(HOLD_MS - 1)).toEqual([]);
    const second = rig.accepted('second');
    expect(rig.hello(second, LOW)).toEqual(['up 11 by second']);
    expect(rig.in({ type: 'lost', connection: second })).toEqual(['down 11']);
    expect(rig.pass(HOLD_MS)).toEqual(['gone 11']);
    expect(rig.links.deadline).toBe(NEVER);
  });

  it('uses the newer of two connections that the peer dialed', () => {
    const rig = new Rig();
    rig.hello(rig.accepted('old'), LOW);
    expect(rig.hello(rig.accepted('new'), LOW)).toEqual(['old: bye redundant', 'close old', 'up 11 by new']);
  });

  it('ends when its member comes back as another run, and a new one begins', () => {
    const rig = new Rig();
    rig.hello(rig.accepted('old'), LOW);
    expect(rig.hello(rig.accepted('new'), LOW, 'cc'.repeat(8))).toEqual(['close old', 'gone 11', 'up 11 by new']);
  });

  it('ends at once when its member leaves, and says so itself', () => {
    const rig = new Rig();
    const connection = rig.accepted();
    rig.hello(connection, LOW);
    expect(rig.bye(connection, 'leaving')).toEqual(['close in', 'gone 11']);
    rig.hello(rig.accepted('again'), LOW);
    expect(rig.in({ type: 'leave' })).toEqual(['again: bye leaving', 'close again']);
    expect(rig.links.deadline).toBe(NEVER);
  });

  it.each([
    ['l2', 1, LOW, 'it is of layer "l2", not "l"'],
    ['l', 3, LOW, 'its hash algorithm is number 3, not 1'],
    ['l', 1, MINE, 'it is this member itself'],
  ])('is refused to a member of layer %s with hash %d', (layer, hash, member, why) => {
    const rig = new Rig();
    expect(rig.hello(rig.accepted(), member, 'bb'.repeat(8), layer, hash)).toEqual([
      `refused: ${why}`,
      'in: bye refused',
      'close in',
    ]);
  });

  it('is asked for a sign of life after 5 s of silence, and loses its connection after 15', () => {
    const rig = new Rig();
    const connection = rig.accepted();
    rig.hello(connection, LOW);
    connection.heard = true;
    expect(rig.pass(7_400)).toEqual([]);
    expect(rig.pass(200)).toEqual(['in: ping']);
    connection.heard = true;
    expect(rig.pass(17_400)).toEqual(['in: ping', 'in: ping', 'in: ping', 'in: ping', 'down 11', 'close in']);
    expect(rig.receive(rig.accepted('x'), { kind: 'ping' })).toEqual(['x: pong']);
  });

  it('needs a hello within 5 s, and just one', () => {
    const rig = new Rig();
    rig.accepted('mute');
    expect(rig.pass(5_000)).toEqual(['close mute']);
    const connection = rig.accepted();
    rig.hello(connection, LOW);
    expect(rig.hello(connection, HIGH)).toEqual(['down 11', 'close in']);
  });

  it('has a bounded number of members and of connections without name', () => {
    const rig = new Rig();
    for (let i = 0; i < 1_024; i += 1) rig.hello(rig.accepted(`c${i}`), i.toString(16).padStart(32, '0'));
    expect(rig.links.views().length).toBe(1_024);
    expect(rig.hello(rig.accepted(), HIGH)[0]).toBe('refused: there are 1024 members already');
    for (let i = 0; i < 256; i += 1) rig.accepted(`s${i}`);
    expect(rig.in({ type: 'connected', connection: new Connection('one too many', null) })).toEqual([
      'close one too many',
    ]);
  });
});

describe('a place to dial', () => {
  it('is dialed at once, and again after 100 ms, 200 ms … 10 s', () => {
    const rig = new Rig();
    expect(rig.in({ type: 'target', target: 't' })).toEqual(['dial t']);
    for (const wait of [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
      expect(rig.in({ type: 'failed', target: 't', why: 'nobody' })).toEqual([]);
      expect(rig.links.targetViews()).toEqual([{ target: 't', state: 'waiting', why: 'nobody' }]);
      expect(rig.pass(wait - 1)).toEqual([]);
      expect(rig.pass(1)).toEqual(['dial t']);
    }
  });

  it('is dialed 100 ms after its connection was lost', () => {
    const rig = new Rig();
    rig.in({ type: 'target', target: 't' });
    const connection = rig.dialed('t');
    rig.hello(connection, HIGH);
    expect(rig.links.targetViews()).toEqual([{ target: 't', state: 'up', why: '' }]);
    expect(rig.in({ type: 'lost', connection })).toEqual(['down 99']);
    expect(rig.pass(99)).toEqual([]);
    expect(rig.pass(1)).toEqual(['dial t']);
  });

  it('is left alone for 10 s when it has no business with us', () => {
    const rig = new Rig();
    rig.in({ type: 'target', target: 't' });
    expect(rig.bye(rig.dialed('t'), 'refused')).toEqual(['close t', 'refused: the other side says: for a reason']);
    expect(rig.pass(9_999)).toEqual([]);
    expect(rig.pass(1)).toEqual(['dial t']);
  });

  it('of a member that is linked already needs no second connection until the first is lost', () => {
    const rig = new Rig();
    rig.in({ type: 'target', target: 't' });
    rig.in({ type: 'target', target: 'u' });
    const first = rig.dialed('t');
    rig.hello(first, LOW);
    expect(rig.hello(rig.dialed('u'), LOW)).toEqual(['u: bye redundant', 'close u']);
    expect(rig.pass(2_000)).toEqual([]);
    expect(rig.in({ type: 'lost', connection: first })).toEqual(['down 11']);
    expect(rig.pass(100)).toEqual(['dial t', 'dial u']);
  });
});

describe('two members that dial each other', () => {
  it.each([
    [LOW, ['u: bye redundant', 'close u'], 'in'],
    [HIGH, ['in: bye redundant', 'close in', 'up 99 by u'], 'u'],
  ])('keep the connection that the lower id dialed (peer %s)', (peer, said, kept) => {
    const rig = new Rig();
    rig.in({ type: 'target', target: 'u' });
    rig.hello(rig.accepted('in'), peer);
    expect(rig.hello(rig.dialed('u'), peer)).toEqual(said);
    expect(rig.links.views()).toMatchObject([{ state: 'up', remote: kept }]);
    expect(rig.links.targetViews()).toMatchObject([{ state: 'up' }]);
  });
});
