import { OapFeature } from '@ouroboros/wire';
import { TwoHosts, thrownBy } from '../spec/two-hosts.spec.js';
import { parseFlowBuffer } from './flow-buffer.js';

const KIBIBYTE = 1024;
const PACKET = 1000;

/** Bytes that a reliable flow takes while its reader rests. */
async function takenUnread(bufferBytes?: number): Promise<number> {
  const net = new TwoHosts(bufferBytes);
  net.exchange.features = OapFeature.FRAMES | OapFeature.FRCP_SELECTIVE;
  const [client] = await net.flows({ inOrder: 1, loss: 0 });
  let taken = 0;
  for (let round = 0; round < 200; round += 1) {
    while (client.tryWrite(new Uint8Array(PACKET))) taken += PACKET;
    await net.run(50);
  }
  return taken;
}

describe('the buffers of a flow', () => {
  it.each([16, 64, 256, 4096])(
    'of %d KiB hold so much that the reader has not taken, and then the writer waits',
    async (kibibytes) => {
      const taken = (await takenUnread(kibibytes * KIBIBYTE)) / KIBIBYTE;
      expect(taken).toBeGreaterThan(kibibytes * 0.6);
      expect(taken).toBeLessThanOrEqual(kibibytes);
    },
  );

  it('are of 4 MiB when nobody asks', async () => {
    const taken = (await takenUnread()) / KIBIBYTE;
    expect(taken).toBeGreaterThan(4096 * 0.6);
    expect(taken).toBeLessThanOrEqual(4096);
  });

  it.each([0, 2 ** 14 - 1, 2 ** 28 + 1, 1.5 * 2 ** 20 + 0.5])('are not of %d bytes', (bytes) => {
    expect(thrownBy(() => new TwoHosts(bytes))).toBe('EINVAL');
  });

  it('have a size that a variable can give', () => {
    expect(parseFlowBuffer('BUFFER', '65536')).toBe(65_536);
    for (const text of ['64k', '-1', '', '1e5', '268435457']) {
      expect(() => parseFlowBuffer('BUFFER', text)).toThrow(/BUFFER/);
    }
  });
});
