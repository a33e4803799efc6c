import { createHash, randomBytes } from 'node:crypto';
import type { DemoNode } from '@ouroboros/demo';
import type { Flow, Flows } from '@ouroboros/flow/node';
import { QOS_DATA } from '@ouroboros/model';
import { note } from './measure.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

const MEBIBYTES = 32;
/** Bytes of a write, over and over: one segment, many, and the odd byte. */
const WRITES = [65_536, 1, 1_000_000, 1400];

let site: Site;
let client: Flows, server: Flows;
beforeAll(async () => {
  site = await Site.open();
  const triangle = await site.triangle();
  const [n1, n2] = ['n1', 'n2'].map((name) => triangle.get(name)) as [DemoNode, DemoNode];
  [client, server] = [site.flows(n1), site.flows(n2)];
  await expect(server.accept({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await n2.irm.bindProcess(process.pid, 'store');
  await n2.irm.regName('store', { layers: ['net'] });
});
afterAll(() => site.close());

/** Writes it all and waits until the other process has taken it; answers the digest. */
async function pour(flow: Flow): Promise<string> {
  const hash = createHash('sha256');
  const source = randomBytes(Math.max(...WRITES));
  for (let left = MEBIBYTES << 20, i = 0; left > 0; i += 1) {
    const block = source.subarray(0, Math.min(left, WRITES[i % WRITES.length]!));
    source.writeUInt32BE(i);
    hash.update(block);
    await flow.write(block);
    left -= block.length;
  }
  await flow.finish();
  return hash.digest('hex');
}

async function digestOf(flow: Flow): Promise<string> {
  const hash = createHash('sha256');
  for await (const message of flow) hash.update(message);
  return hash.digest('hex');
}

it('a reliable flow between two nodes brings every byte, both ways at once, and both ends know', async () => {
  const [near, far] = await Promise.all([client.alloc('store', { qos: QOS_DATA }), server.accept()]);
  const startedAt = performance.now();
  const [there, back, atFar, atNear] = await Promise.all([pour(near), pour(far), digestOf(far), digestOf(near)]);
  const seconds = (performance.now() - startedAt) / 1000;
  expect([atFar, atNear]).toEqual([there, back]);
  const { retransmitted, roundTrip, pathPacket } = near.statistics;
  note(
    `${2 * MEBIBYTES} MiB over net`,
    `${((2 * MEBIBYTES * 1.048576) / seconds).toFixed(0)} MB/s, ${retransmitted} packets sent again, round trip ${(roundTrip / 1000).toFixed(1)} ms, largest packet ${pathPacket}`,
  );
  await Promise.all([near.dealloc(), far.dealloc()]);
});
