import type { DownReason } from '@ouroboros/ports';
import {
  NONE,
  collect,
  fails,
  isTrue,
  joinFlow,
  newTicket,
  patterned,
  put,
  same,
  takeAll,
  throwsCode,
  turns,
  until,
  withPair,
  type ChannelSubject,
} from './channel-suite-steps.js';

export type { ChannelSubject } from './channel-suite-steps.js';

export interface ChannelCase {
  /** A sentence. */
  readonly name: string;
  run(subject: ChannelSubject): Promise<void>;
}

async function keepsOrderAndContent(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const got = collect(to);
      const sent = Array.from({ length: 500 }, (_, i) => patterned(i, (i * 37) % 300));
      for (const packet of sent) {
        await until(subject, () => put(from, packet) === 'ok', 'room for the packet');
      }
      await until(subject, () => got.length === sent.length, 'all packets arrive');
      same(got.map(String), sent.map(String), 'packets');
    }
  });
}

async function carriesEverySize(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    const got = collect(b);
    const max = a.maxPacket;
    same(max, b.maxPacket, 'longest packet of the other end');
    const sizes = [0, 1, 2, 3, 4, 5, 63, 64, 65, 1399, 1400, max - 5, max - 4, max - 3, max - 2, max - 1, max, 0, max];
    for (const size of sizes.filter((length) => length <= max)) {
      await until(subject, () => put(a, patterned(size, size)) === 'ok', 'room for the packet');
      await until(subject, () => got.length > 0, `a packet of ${size} bytes arrives`);
      same(String(got.pop()), String(patterned(size, size)), `packet of ${size} bytes`);
    }
    same(put(a, new Uint8Array(max + 1)), 'too-large', 'verdict on one byte more');
    await turns(subject, 3);
    same(got.length, 0, 'packets after a refused one');
  });
}

async function joinsHeadAndBody(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    const got = collect(b);
    const body = patterned(9, 400);
    for (const length of [0, 1, 40, 300]) {
      same(a.write(Uint8Array.of(1, 2, 3, 99), 3, body, 50, length), 'ok', 'verdict');
      await until(subject, () => got.length > 0, 'the packet arrives');
      same(String(got.pop()), String([1, 2, 3, ...body.subarray(50, 50 + length)]), 'head and body');
    }
  });
}

async function holdsTheWriterBack(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    const packet = patterned(1, 500);
    let writable = 0;
    let written = 0;
    a.onWritable = () => (writable += 1);
    const isFull = (): boolean => {
      const verdict = put(a, packet);
      if (verdict === 'ok') written += 1;
      return verdict === 'full';
    };
    await until(subject, isFull, 'the flow is full');
    await turns(subject, 20);
    while (!isFull()) continue;
    isTrue(written * 500 >= subject.queueBytes / 2, 'at least half a queue was taken');
    isTrue(written * 500 <= subject.queueBytes * 4, 'the queues are bounded');
    const calls = writable;
    await turns(subject, 20);
    same(writable, calls, 'calls of onWritable while nothing is read');
    let read = 0;
    const more = (): boolean => {
      read += takeAll(b).length;
      return read === written;
    };
    await until(subject, more, 'everything written is read');
    await until(subject, () => writable === calls + 1, 'onWritable is called');
    await turns(subject, 20);
    same(writable, calls + 1, 'calls of onWritable per wait');
    same(put(a, packet), 'ok', 'verdict when there is room');
  });
}

async function countsQueues(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    for (let i = 0; i < 5; i++) put(a, patterned(i, 10));
    same(a.queuedTx(), 5, 'packets written and not read');
    await until(subject, () => b.queuedRx() === 5, 'five packets are queued');
    same(takeAll(b, 2).length, 2, 'packets read');
    same(b.queuedRx(), 3, 'packets left');
    await until(subject, () => a.queuedTx() === 3, 'the writer sees them read');
    takeAll(b);
    await until(subject, () => a.queuedTx() === 0, 'the writer sees all read');
    same([a.queuedRx(), b.queuedRx(), b.queuedTx()], [0, 0, 0], 'other queues');
  });
}

async function publishesTogether(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    const batches: number[] = [];
    b.onReadable = () => batches.push(takeAll(b).length);
    for (let i = 0; i < 50; i++) put(a, patterned(i, 20));
    await until(subject, () => batches.length > 0, 'packets arrive');
    same(batches, [50], 'batches');
    b.onReadable = null;
    put(a, patterned(1, 1));
    a.flush();
    await until(subject, () => b.queuedRx() === 1, 'a flushed packet arrives');
  });
}

async function leavesPacketsWhenTheTakerRefuses(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    for (let i = 0; i < 10; i++) put(a, patterned(i, 30));
    await until(subject, () => b.queuedRx() === 10, 'ten packets');
    let offered = 0;
    const refuseFourth = (): boolean => (offered += 1) < 4;
    same(b.read(10, refuseFourth), 3, 'packets taken');
    same(b.queuedRx(), 7, 'packets left');
    same(String(takeAll(b)[0]), String(patterned(3, 30)), 'the refused packet comes again');
  });
}

async function callsReadableAgain(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    for (let i = 0; i < 6; i++) put(a, patterned(i, 30));
    let calls = 0;
    let read = 0;
    const readOne = (): void => {
      calls += 1;
      read += takeAll(b, 1).length;
    };
    b.onReadable = readOne;
    await until(subject, () => read === 3, 'three are read');
    b.onReadable = null;
    const before = calls;
    await turns(subject, 10);
    same([calls, read], [before, read], 'calls while nobody is interested');
    b.onReadable = readOne;
    same(calls, before, 'calls out of the assignment');
    await until(subject, () => read === 6, 'all are read');
    same(calls, 6, 'calls, one per turn with packets');
    await turns(subject, 10);
    same(calls, 6, 'calls without packets');
  });
}

async function writesBeforeAttach(subject: ChannelSubject): Promise<void> {
  const server = await subject.listen();
  const client = await subject.connect();
  const ticket = newTicket();
  const a = server.expect(ticket, subject.sameUser);
  let writable = 0;
  a.onWritable = () => (writable += 1);
  let written = 0;
  while (put(a, patterned(written, 900)) === 'ok') written += 1;
  await turns(subject, 5);
  const b = await client.attach(server.path!, ticket);
  const got = collect(b);
  await until(subject, () => got.length === written, 'what was written before arrives');
  same(
    got.map(String),
    Array.from({ length: written }, (_, i) => String(patterned(i, 900))),
    'packets',
  );
  await until(subject, () => writable === 1, 'the writer hears of room');
  const back = collect(a);
  put(b, patterned(5, 5));
  await until(subject, () => back.length === 1, 'the answer arrives');
  client.close();
  server.close();
}

async function closesBeforeAttach(subject: ChannelSubject): Promise<void> {
  const server = await subject.listen();
  const client = await subject.connect();
  // The first flow brings the connection; a slot that was used once brings the last.
  for (let round = 0; round < 3; round++) {
    const ticket = newTicket();
    const a = server.expect(ticket, subject.sameUser);
    let written = 0;
    while (put(a, patterned(written, 900)) === 'ok') written += 1;
    a.close();
    same([a.down, put(a, NONE), a.queuedTx()], ['closed', 'down', 0], 'the closed end');
    await turns(subject, 5);
    const b = await client.attach(server.path!, ticket);
    await server.settled();
    const downs: DownReason[] = [];
    b.onDown = (reason) => downs.push(reason);
    await until(subject, () => downs.length > 0, 'the other side hears of the end');
    same([downs, b.down, put(b, NONE)], [['peer-closed'], 'peer-closed', 'down'], 'the other end');
    same(
      takeAll(b).map(String),
      Array.from({ length: written }, (_, i) => String(patterned(i, 900))),
      'what was written before',
    );
    await fails(client.attach(server.path!, ticket), 'EPERM');
    const other = await joinFlow(server, client);
    b.close();
    put(other.a, patterned(1, 1));
    await until(subject, () => other.b.queuedRx() === 1, 'a flow beside it works');
    if (round === 1) other.b.close();
  }
  client.close();
  server.close();
}

async function closes(subject: ChannelSubject): Promise<void> {
  for (const owner of [true, false]) {
    await withPair(subject, async (pair) => {
      const [leaver, stayer] = owner ? [pair.a, pair.b] : [pair.b, pair.a];
      const downs: DownReason[] = [];
      stayer.onDown = (reason) => downs.push(reason);
      for (let i = 0; i < 20; i++) put(leaver, patterned(i, 100));
      leaver.close();
      leaver.close();
      same([leaver.down, put(leaver, NONE), leaver.read(1, () => true)], ['closed', 'down', 0], 'the closed end');
      same([leaver.queuedRx(), leaver.queuedTx()], [0, 0], 'queues of the closed end');
      await until(subject, () => downs.length > 0, 'the other side hears of it');
      same([downs, stayer.down, put(stayer, NONE)], [['peer-closed'], 'peer-closed', 'down'], 'the other end');
      const got = takeAll(stayer);
      same(
        got.map(String),
        Array.from({ length: 20 }, (_, i) => String(patterned(i, 100))),
        'what was written before',
      );
      await turns(subject, 5);
      same(downs.length, 1, 'calls of onDown');
      stayer.close();
    });
  }
}

async function tellsDownToWhoAsksLater(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b }) => {
    put(a, patterned(3, 3));
    a.close();
    await until(subject, () => b.down !== null, 'the flow is down');
    await turns(subject, 5);
    const seen: string[] = [];
    b.onDown = (reason) => seen.push(reason);
    b.onReadable = () => seen.push(`read ${takeAll(b).length}`);
    await until(subject, () => seen.length === 2, 'both callbacks come');
    same(seen, ['peer-closed', 'read 1'], 'callbacks');
  });
}

async function closesInsideCallbacks(subject: ChannelSubject): Promise<void> {
  await withPair(subject, async ({ a, b, server, client }) => {
    for (let i = 0; i < 4; i++) put(a, patterned(i, 50));
    const seen: string[] = [];
    b.onReadable = () => {
      b.read(10, (buffer, offset, length) => {
        b.close();
        seen.push(String(buffer.subarray(offset, offset + length)));
        return true;
      });
    };
    await until(subject, () => b.down === 'closed', 'closed out of the taker');
    same(seen, [String(patterned(0, 50))], 'packets taken, whole even after the close');
    const second = await joinFlow(server, client);
    let calls = 0;
    second.b.onReadable = () => {
      calls += 1;
      second.b.close();
    };
    put(second.a, NONE);
    await until(subject, () => second.a.down === 'peer-closed', 'closed out of onReadable');
    same(calls, 1, 'calls of onReadable');
  });
}

async function refusesWrongTickets(subject: ChannelSubject): Promise<void> {
  const server = await subject.listen();
  const client = await subject.connect();
  const ticket = newTicket();
  const end = server.expect(ticket);
  throwsCode(() => server.expect(ticket), 'EEXIST');
  throwsCode(() => server.expect(new Uint8Array(15)), 'EINVAL');
  throwsCode(() => client.expect(newTicket()), 'EINVAL');
  await fails(client.attach(server.path!, newTicket()), 'EPERM');
  await fails(client.attach(server.path!, new Uint8Array(17)), 'EINVAL');
  const flow = await client.attach(server.path!, ticket);
  await fails(client.attach(server.path!, ticket), 'EPERM');
  const got = collect(flow);
  put(end, patterned(1, 1));
  await until(subject, () => got.length === 1, 'the flow works');
  end.close();
  const { path } = server;
  server.close();
  await fails(client.attach(path!, newTicket()), 'EPIPE');
  client.close();
  await fails(client.attach(path!, newTicket()), 'ECANCELED');
  throwsCode(() => server.expect(newTicket()), 'ECANCELED');
}

async function endsAllFlowsOfAHost(subject: ChannelSubject): Promise<void> {
  for (const listener of [true, false]) {
    await withPair(subject, async ({ server, client, a, b }) => {
      const more = await joinFlow(server, client);
      put(listener ? a : b, patterned(1, 10));
      (listener ? server : client).close();
      const [gone, left] = listener
        ? [
            [a, more.a],
            [b, more.b],
          ]
        : [
            [b, more.b],
            [a, more.a],
          ];
      same(
        gone.map((end) => end.down),
        ['closed', 'closed'],
        'ends of the host',
      );
      await until(subject, () => left.every((end) => end.down === 'peer-closed'), 'the others hear of it');
      same(takeAll(left[0]!).length, 1, 'packets still to be read');
    });
  }
}

/** 200 flows, each with packets for 20 turns: in every turn each is called once, so that all end together. */
async function isFair(subject: ChannelSubject): Promise<void> {
  const server = await subject.listen();
  const client = await subject.connect();
  const flows = await Promise.all(Array.from({ length: 200 }, () => joinFlow(server, client)));
  for (const { a } of flows) for (let i = 0; i < 20; i++) put(a, patterned(i, 20));
  await until(subject, () => flows.every(({ b }) => b.queuedRx() === 20), 'all packets are queued');
  const reads = flows.map(() => 0);
  let widest = 0;
  flows.forEach(({ b }, i) => {
    b.onReadable = () => {
      reads[i]! += takeAll(b, 1).length;
      widest = Math.max(widest, Math.max(...reads) - Math.min(...reads));
    };
  });
  await until(subject, () => reads.every((count) => count === 20), 'all packets are read');
  same(widest, 1, 'most packets that one flow was ahead of another');
  client.close();
  server.close();
}

async function echoesBetweenManyFlows(subject: ChannelSubject): Promise<void> {
  const server = await subject.listen();
  const client = await subject.connect();
  const flows = await Promise.all(Array.from({ length: 30 }, () => joinFlow(server, client)));
  const received = flows.map(() => 0);
  flows.forEach(({ a, b }, i) => {
    a.onReadable = () => {
      a.read(64, (buffer, offset, length) => a.write(buffer, 0, buffer, offset, length) === 'ok');
    };
    b.onReadable = () => {
      for (const packet of takeAll(b, 64)) {
        same(String(packet), String(patterned(i * 1000 + received[i]!, 100 + i)), 'echoed packet');
        received[i]! += 1;
        if (received[i]! < 100) put(b, patterned(i * 1000 + received[i]!, 100 + i));
      }
    };
    put(b, patterned(i * 1000, 100 + i));
  });
  await until(subject, () => received.every((count) => count === 100), 'all round trips are done');
  client.close();
  server.close();
}

async function servesSeveralClients(subject: ChannelSubject): Promise<void> {
  const server = await subject.listen();
  const clients = await Promise.all([1, 2, 3].map(() => subject.connect()));
  const flows = await Promise.all(clients.map((client) => joinFlow(server, client)));
  const got = flows.map(({ a }) => collect(a));
  flows.forEach(({ b }, i) => put(b, patterned(i, 9)));
  await until(subject, () => got.every((packets) => packets.length === 1), 'one packet of each');
  same(
    got.map(String),
    [0, 1, 2].map((i) => String(patterned(i, 9))),
    'packets',
  );
  clients[1]!.close();
  await until(subject, () => flows[1]!.a.down === 'peer-closed', 'one client is gone');
  same([flows[0]!.a.down, flows[2]!.a.down], [null, null], 'the others');
  const self = await joinFlow(server, server);
  put(self.a, patterned(7, 7));
  await until(subject, () => self.b.queuedRx() === 1, 'a host can attach to itself');
  clients.forEach((client) => client.close());
  server.close();
}

/** What every packet channel must do. */
export const channelSuite: readonly ChannelCase[] = [
  { name: 'keeps order and content in both directions', run: keepsOrderAndContent },
  { name: 'carries packets of every size up to the longest', run: carriesEverySize },
  { name: 'joins head and body of a packet', run: joinsHeadAndBody },
  { name: 'holds the writer back and tells it once when there is room', run: holdsTheWriterBack },
  { name: 'counts what is queued at both ends', run: countsQueues },
  { name: 'publishes the packets of a turn together', run: publishesTogether },
  { name: 'leaves a packet in the queue when the taker refuses it', run: leavesPacketsWhenTheTakerRefuses },
  { name: 'calls onReadable in each turn with packets while it is set', run: callsReadableAgain },
  { name: 'takes packets before the other side has attached', run: writesBeforeAttach },
  { name: 'lets the other side read what was written before a close', run: closes },
  { name: 'lets it read that when it attaches after the close, too', run: closesBeforeAttach },
  { name: 'tells about the end to who asks later', run: tellsDownToWhoAsksLater },
  { name: 'can be closed out of its own callbacks', run: closesInsideCallbacks },
  { name: 'refuses tickets that are wrong or used', run: refusesWrongTickets },
  { name: 'ends all flows of a host that closes', run: endsAllFlowsOfAHost },
  { name: 'serves 200 flows in turn', run: isFair },
  { name: 'echoes on many flows at once', run: echoesBetweenManyFlows },
  { name: 'serves several clients and itself', run: servesSeveralClients },
];
