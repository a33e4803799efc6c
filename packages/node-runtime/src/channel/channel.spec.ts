import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelSuite } from '@ouroboros/simnet';
import { loadNative } from '../native/index.js';
import type { NodeChannelHost } from './create-channel-host.js';
import { ShmChannelHost, StreamChannelHost, type ChannelHostOptions } from './index.js';

const RING_BYTES = 16_384;

const kinds: readonly [string, (options: ChannelHostOptions) => Promise<NodeChannelHost>][] = [
  ['in shared memory', async (options) => new ShmChannelHost(options)],
  ['over streams', (options) => StreamChannelHost.open(options)],
];

describe.each(kinds)('the packet channel %s', (_kind, open) => {
  let directory = '';
  beforeAll(async () => {
    await loadNative();
    directory = mkdtempSync(join(tmpdir(), 'ouro-channel-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(channelSuite.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    let hosts = 0;
    await one.run({
      queueBytes: RING_BYTES,
      sameUser: { uid: process.getuid!() },
      listen: () => open({ path: join(directory, `${(hosts += 1)}`), ringBytes: RING_BYTES }),
      connect: () => open({}),
      turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
    });
  });
});
