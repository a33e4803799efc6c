import { NEVER, concatBytes, fromHex, toHex } from '@ouroboros/model';
import { FrcpFlag, writeFrcpPci } from '@ouroboros/wire';
import { Bench, exchange } from '../spec/pair.spec.js';
import { FRCTFLINGER, FRCTFRESCNTL, FRCTFRTX } from './index.js';

const { DATA, DRF, ACK, FC, RDVS } = FrcpFlag;
const S = 0xfffffff0;
const T = 0x00c0ffee;
const hex = (text: string): string => text.replace(/ /g, '');

/** A packet by its fields. */
function packet(flags: number, seqno: number, ackno: number, window = 0, payload = 'data'): Uint8Array {
  const head = new Uint8Array(12);
  writeFrcpPci(head, 0, flags, window, seqno, ackno);
  return (flags & DATA) === 0 ? head : concatBytes(head, new TextEncoder().encode(payload));
}

const PING = hex('03 00 00 00 ff ff ff f0 00 00 00 00 70 69 6e 67');
const PONG = hex('0f 00 00 f1 00 c0 ff ee ff ff ff f1 70 6f 6e 67');
/** As towards C. */
const C = { selective: false };
const client = (): Bench => new Bench({ ...C, initialSeqno: S });
const server = (): Bench => new Bench({ ...C, initialSeqno: T });

describe('the worked examples of the spec', () => {
  it('a ping, its answer, and the acknowledgement 10 ms later', () => {
    const [a, b] = [client(), server()];
    a.write('ping');
    expect(a.take()).toEqual([PING]);
    b.receive(PING);
    expect(b.read()).toEqual(['ping']);
    b.write('pong');
    expect(b.take()).toEqual([PONG]);
    a.receive(PONG);
    expect(a.read()).toEqual(['pong']);
    a.pass(9);
    expect(a.take()).toEqual([]);
    a.pass(1);
    expect(a.take()).toEqual([hex('0c c1 00 ef 00 00 00 00 00 c0 ff ef')]);
    expect([a.frcp.taken, b.frcp.taken]).toEqual([true, false]);
  });

  it('an acknowledgement before any data announces the run', () => {
    const b = server();
    b.receive(PING);
    b.read();
    b.pass(10);
    expect(b.take()).toEqual([hex('0e 00 00 f1 00 c0 ff ee ff ff ff f1')]);
  });

  it('a rendez-vous when the window is closed, and its answer', () => {
    const [a, b] = [client(), server()];
    a.write('ping');
    a.take();
    a.receive(packet(FC, 0, 0, S + 1));
    for (let i = 0; i < 3; i++) a.write('more');
    a.pass(99);
    expect(a.take()).toEqual([]);
    a.pass(1);
    expect(a.take()).toEqual([hex('10 00 00 00 00 00 00 00 00 00 00 00')]);
    b.receive(PING);
    b.write('data');
    b.receive(packet(ACK, 0, T + 1));
    b.read();
    b.take();
    expect(b.receive('100000000000000000000000')).toBe('control');
    expect(b.take()).toEqual([hex('08 00 00 f1 00 00 00 00 00 00 00 00')]);
    a.receive(hex('08 00 00 f1 00 00 00 00 00 00 00 00'));
    expect(a.take()).toHaveLength(3);
  });

  it('the last acknowledgement at deallocation', () => {
    const a = client();
    a.write('ping');
    a.receive(PONG);
    a.read();
    a.take();
    a.frcp.close(a.now);
    expect(a.take()).toEqual([hex('04 00 00 00 00 00 00 00 00 c0 ff ef')]);
  });

  it('window edges across 2^24 and 2^32', () => {
    const a = new Bench({ ...C, initialSeqno: 0x01ffffb0 });
    for (let i = 0; i < 200; i++) a.write(`${i}`);
    a.receive(packet(FC, 0, 0, 0x000010));
    expect(a.take()).toHaveLength(0x60);
    // A late packet from before the 24 bits went round does not open the window by 2^24.
    a.receive(packet(FC, 0, 0, 0xfffff0));
    expect(a.take()).toEqual([]);
    a.receive(packet(FC, 0, 0, 0x000020));
    expect(a.take()).toHaveLength(0x10);
  });
});

describe('runs', () => {
  it('begin with DRF alone; nothing is acknowledged before', () => {
    const b = server();
    expect(b.receive(packet(DATA, S, 0))).toBe('no-run');
    expect(b.receive(packet(ACK | FC, 0, T, T + 64))).toBe('control');
    expect(b.receive(packet(RDVS, 0, 0))).toBe('control');
    b.pass(20_000);
    expect(b.take()).toEqual([]);
    expect(b.receive(packet(DATA | DRF, S, 0))).toBe('data');
  });

  it('begin with a control packet too', () => {
    const b = server();
    b.receive(packet(DRF | ACK | FC, S, T, T + 64));
    expect(b.receive(packet(DATA, S, 0))).toBe('data');
  });

  it('begin anew where a C peer numbers anew, although its acknowledgements came all the time', () => {
    const b = server();
    b.receive(packet(DATA | DRF, S, 0));
    b.read();
    for (let i = 0; i < 20; i++) {
      b.pass(10_000);
      b.receive(packet(ACK | FC, 0, T, T + 64));
    }
    expect(b.receive(packet(DATA | DRF, 0x12345678, 0, 0, 'again'))).toBe('data');
    expect(b.read()).toEqual(['again']);
  });

  it('do not begin with late packets of the present one', () => {
    const b = server();
    for (let i = 0; i < 4; i++) b.receive(packet(DATA | DRF, S + i, 0, 0, `${i}`));
    b.read();
    expect(b.receive(packet(DATA | DRF, S, 0))).toBe('duplicate');
    expect(b.receive(packet(DATA, S + 4, 0, 0, '4'))).toBe('data');
  });

  it('keep their numbers over long silence, and say again that a run may begin', () => {
    const a = client();
    a.write('ping');
    a.receive(packet(ACK | FC, 0, S + 1, S + 257));
    a.take();
    a.pass(200_000);
    a.write('ping');
    expect(a.take()).toEqual([toHex(packet(DATA | DRF, S + 1, 0, 0, 'ping'))]);
  });

  it('send few packets until the peer has answered', () => {
    const a = client();
    for (let i = 0; i < 50; i++) a.write(`${i}`);
    expect(a.take()).toHaveLength(10);
    a.receive(packet(ACK | FC, 0, S + 1, S + 257));
    expect(a.take()).toHaveLength(40);
  });

  it('send all again when the first packet was lost and the peer therefore dropped the others', () => {
    const a = client();
    for (let i = 0; i < 10; i++) a.write(`${i}`);
    a.take();
    a.pass(1000);
    const again = a.take().filter((sent) => sent.startsWith('03'));
    expect(again).toEqual([toHex(packet(DATA | DRF, S, 0, 0, '0'))]);
    a.receive(packet(ACK | FC, 0, S + 1, S + 257));
    expect(a.take()).toHaveLength(9);
  });
});

describe('reliable flows', () => {
  it('give payloads in order, once, whatever the order of arrival', () => {
    const b = new Bench();
    b.receive(packet(DATA | DRF, S, 0, 0, '0'));
    for (const i of [3, 1, 1, 3, 2, 0]) b.receive(packet(DATA, S + i, 0, 0, `${i}`));
    expect(b.read()).toEqual(['0', '1', '2', '3']);
    expect(b.frcp.counters.droppedDuplicate).toBe(3);
  });

  it('send a lost packet again a round trip after a later one arrived, not after a time-out', () => {
    const [a, b] = [new Bench(), new Bench({ initialSeqno: T })];
    const both = (ms: number): void => [a, b].forEach((one) => one.pass(ms));
    a.write('first');
    both(20);
    exchange(a, b);
    b.read();
    both(5);
    exchange(a, b);
    for (let i = 0; i < 10; i++) a.write(`${i}`);
    a.sent.shift();
    both(20);
    exchange(a, b);
    both(12);
    exchange(a, b);
    expect(b.read()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(a.frcp.counters).toMatchObject({ retransmitted: 1, timeouts: 0 });
  });

  it('wait with what the queue below does not take, and lose none of it', () => {
    const [a, b] = [new Bench(), new Bench({ initialSeqno: T })];
    a.open = false;
    for (let i = 0; i < 5; i++) expect(a.write(`${i}`)).toBe('ok');
    expect(a.sent).toEqual([]);
    a.open = true;
    a.frcp.resume(a.now);
    exchange(a, b);
    expect(b.read()).toEqual(['0', '1', '2', '3', '4']);
  });

  it('try a full queue again where nobody tells of room', () => {
    const a = new Bench();
    a.open = false;
    a.write('0');
    a.open = true;
    a.pass(10);
    expect(a.sent).toHaveLength(1);
  });

  it('answer full when the buffer is, and tell when it is not', () => {
    const a = new Bench({ sendBytes: 8192 });
    let written = 0;
    while (a.write(new Uint8Array(1000)) === 'ok') written += 1;
    expect(written).toBe(8);
    expect(a.write(new Uint8Array(9000))).toBe('too-large');
    expect(a.told).toEqual([]);
    a.receive(packet(ACK | FC, 0, S + 4, S + 64));
    expect(a.told).toEqual(['writable']);
    expect(a.write(new Uint8Array(1000))).toBe('ok');
  });

  it('wait for a reader that rests for minutes, and go on', () => {
    const [a, b] = [new Bench(), new Bench({ initialSeqno: T, receiveBytes: 4096 })];
    let written = 0;
    for (let i = 0; i < 20; i++) if (a.write(new Uint8Array(1000).fill(48 + i)) === 'ok') written += 1;
    for (let minute = 0; minute < 100; minute += 1) {
      exchange(a, b);
      [a, b].forEach((one) => one.pass(6000));
    }
    let got = 0;
    for (let i = 0; i < 100; i += 1) {
      got += b.read().length;
      [a, b].forEach((one) => one.pass(200));
      exchange(a, b);
    }
    expect([got, written, a.frcp.taken]).toEqual([20, 20, true]);
    expect(a.told).not.toContain('failed');
  });

  it('always take in the packet that is to be read next, so that a full buffer stops nothing', () => {
    const b = new Bench({ receiveBytes: 8192 });
    const large = 'x'.repeat(3000);
    b.receive(packet(DRF | DATA, S, 0, 0, large));
    b.read();
    for (const i of [2, 3]) expect(b.receive(packet(DATA, S + i, 0, 0, large))).toBe('data');
    expect(b.receive(packet(DATA, S + 4, 0, 0, large))).toBe('no-room');
    expect(b.receive(packet(DATA, S + 1, 0, 0, 'y'.repeat(9000)))).toBe('data');
    expect(b.read().map((payload) => payload.length)).toEqual([9000, 3000, 3000]);
  });

  it('fail after 120 s without an acknowledgement, and say so once', () => {
    const a = new Bench();
    a.write('lost');
    a.pass(119_000);
    expect(a.told).toEqual([]);
    a.pass(6_000);
    expect([a.told, a.frcp.alive, a.frcp.deadline, a.frcp.delivered]).toEqual([['failed'], false, NEVER, false]);
    expect(a.write('more')).toBe('down');
    expect(a.take().length).toBeGreaterThan(25);
  });

  it('fail when a closed window stays closed because nobody answers', () => {
    const a = new Bench();
    a.write('ping');
    a.receive(packet(ACK | FC, 0, S + 1, S + 1));
    a.write('waits');
    a.pass(125_000);
    expect(a.told).toContain('failed');
    expect(a.frcp.counters.rendezvousSent).toBeGreaterThan(1000);
  });

  it('find out that all was taken although the news was lost', () => {
    const [a, b] = [new Bench(), new Bench({ initialSeqno: T })];
    a.write('ping');
    exchange(a, b);
    b.pass(5);
    exchange(a, b);
    expect([a.frcp.delivered, a.frcp.taken]).toEqual([true, false]);
    b.read();
    b.pass(5);
    b.take();
    a.pass(250);
    exchange(a, b);
    expect([a.frcp.taken, a.frcp.deadline]).toEqual([true, NEVER]);
    expect(a.told).toEqual(['settled', 'settled']);
    expect(a.frcp.counters.rendezvousSent).toBe(1);
  });

  it('bring over after close what was written, and drop what still comes', () => {
    const [a, b] = [new Bench(), new Bench({ initialSeqno: T })];
    for (let i = 0; i < 5; i++) a.write(`${i}`);
    a.sent.shift();
    a.frcp.close(a.now);
    expect(a.write('late')).toBe('down');
    b.write('nobody reads this');
    for (let i = 0; i < 20 && !a.frcp.delivered; i++) {
      exchange(a, b);
      [a, b].forEach((one) => one.pass(500));
    }
    expect([b.read(), a.frcp.delivered]).toEqual([['0', '1', '2', '3', '4'], true]);
    // It arrived, but no process took it.
    expect([b.frcp.delivered, b.frcp.taken]).toEqual([true, false]);
    expect(a.frcp.counters.dropped).toBe(1);
  });

  it('say the last acknowledgement three times before the flow may be given back', () => {
    const [a, b] = [new Bench(), new Bench({ initialSeqno: T })];
    a.write('ping');
    exchange(a, b);
    b.read();
    b.frcp.close(b.now);
    expect([b.frcp.delivered, b.frcp.drained]).toEqual([true, false]);
    b.sent.splice(0);
    b.pass(50);
    b.sent.splice(0);
    b.pass(100);
    expect([b.frcp.drained, b.frcp.deadline, b.told.at(-1)]).toEqual([true, NEVER, 'settled']);
    exchange(a, b);
    expect(a.frcp.taken).toBe(true);
  });

  it('may be given back at once where nothing came of late', () => {
    const b = new Bench();
    b.receive(packet(DATA | DRF, T, 0));
    b.read();
    b.pass(10_000);
    b.frcp.close(b.now);
    expect(b.frcp.drained).toBe(true);
  });

  it('tell how long delta-t still runs, which matters to C alone', () => {
    const [a, ours] = [new Bench(C), new Bench()];
    expect(a.frcp.lingerMs(a.now)).toBe(0);
    for (const one of [a, ours]) one.write('ping');
    expect([a.frcp.lingerMs(a.now), ours.frcp.lingerMs(ours.now)]).toEqual([131_000, 0]);
    a.receive(packet(ACK | FC, 0, S + 1, S + 257));
    a.pass(100_000);
    expect(a.frcp.lingerMs(a.now)).toBe(31_000);
  });

  it('send beyond a closed window when told not to obey it', () => {
    const a = new Bench();
    expect(a.frcp.flags).toBe(FRCTFRTX | FRCTFRESCNTL | FRCTFLINGER);
    a.write('0');
    a.receive(packet(ACK | FC, 0, S + 1, S + 1));
    a.write('1');
    expect(a.take()).toHaveLength(1);
    a.frcp.flags = FRCTFLINGER;
    a.write('2');
    expect([a.take().length, a.frcp.flags]).toEqual([2, FRCTFRTX | FRCTFLINGER]);
  });
});

describe('what no peer can mean', () => {
  it.each([
    ['shorter than a header', '0300', 'short'],
    ['data without a byte', toHex(packet(DATA | DRF, S, 0)).slice(0, 24), 'short'],
    ['an acknowledgement of what was not sent', toHex(packet(ACK, 0, S + 2)), 'malformed'],
    ['ranges beyond what was sent', `${toHex(packet(ACK, 0, S))}00000000${'00010002'}`, 'malformed'],
    ['ranges cut short', `${toHex(packet(ACK, 0, S))}000000000001`, 'malformed'],
  ])('%s is dropped', (_, bytes, verdict) => {
    const a = new Bench();
    a.write('ping');
    expect(a.receive(bytes)).toBe(verdict);
    expect([a.frcp.counters.dropped, a.frcp.delivered]).toEqual([1, false]);
  });

  it('data beyond the window is dropped', () => {
    const b = new Bench({ maxWindow: 64 });
    b.receive(packet(DATA | DRF, S, 0));
    expect(b.receive(packet(DATA, S + 64, 0))).toBe('outside');
    expect(b.receive(packet(DATA, S + 63, 0))).toBe('data');
  });

  it('windows that make no sense are ignored', () => {
    const a = new Bench();
    for (const window of [0x800000, S - 1, 0x7fffff]) a.receive(packet(FC, 0, 0, window));
    for (let i = 0; i < 20; i++) a.write(`${i}`);
    expect(a.take()).toHaveLength(10);
  });
});

describe('flows that are not reliable', () => {
  const LOSSY = { reliable: false, selective: false };

  it('send each packet at once, every one as a run, whatever window the peer has', () => {
    const a = new Bench(LOSSY);
    for (let i = 0; i < 300; i++) expect(a.write('x')).toBe('ok');
    expect(new Set(a.take().map((sent) => sent.slice(0, 2)))).toEqual(new Set(['03']));
    expect([a.frcp.deadline, a.frcp.delivered, a.frcp.flags]).toEqual([NEVER, true, 0]);
  });

  it('tell of gaps and give nothing late', () => {
    const b = new Bench(LOSSY);
    for (const i of [0, 1, 4, 3, 2, 5, 5, 9]) b.receive(packet(DATA | DRF, S + i, 0, 0, `${i}`));
    expect(b.read()).toEqual(['0', '1', '!4', '5', '!9']);
    expect(b.frcp.counters).toMatchObject({ gaps: 5, droppedDuplicate: 3 });
  });

  it('tell of a gap where the reader was too slow', () => {
    const b = new Bench({ ...LOSSY, maxWindow: 64 });
    for (let i = 0; i < 70; i++) b.receive(packet(DATA | DRF, S + i, 0, 0, `${i}`));
    expect(b.read()).toHaveLength(64);
    b.receive(packet(DATA | DRF, S + 70, 0, 0, '70'));
    expect(b.read()).toEqual(['!70']);
  });

  it('give credit unasked, counted from the last packet, whatever was lost before', () => {
    const b = new Bench(LOSSY);
    for (let i = 0; i < 400; i += 2) {
      b.receive(packet(DATA | DRF, T + i, 0));
      b.read();
    }
    const credit = b.take().map((sent) => sent.slice(0, 8));
    expect(credit).toHaveLength(6);
    expect(credit[5]).toBe(toHex(packet(DRF | FC, 0, 0, T + 2 * 191 + 1 + 256)).slice(0, 8));
  });

  it('answer a rendez-vous', () => {
    const b = new Bench(LOSSY);
    b.receive(packet(DATA | DRF, T, 0));
    b.receive(packet(RDVS, 0, 0));
    expect(b.take()).toEqual([toHex(packet(DRF | FC, S, 0, T + 257))]);
  });

  it('put a payload of two parts into one packet', () => {
    const a = new Bench(LOSSY);
    a.frcp.write(fromHex('aabb'), 2, fromHex('0011223344'), 1, 3, a.now);
    expect(a.take()).toEqual([`03000000fffffff000000000aabb112233`]);
  });

  it('say that the queue below is full, and when it is not', () => {
    const a = new Bench(LOSSY);
    a.open = false;
    expect([a.write('0'), a.write('0')]).toEqual(['full', 'full']);
    a.open = true;
    a.frcp.resume(a.now);
    expect([a.told, a.write('0')]).toEqual([['writable'], 'ok']);
    expect(a.take()).toEqual([toHex(packet(DATA | DRF, S, 0, 0, '0'))]);
  });
});
