import { loadCrypto } from '@ouroboros/crypto';
import { EMPTY_BYTES, fromSeconds } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { createProtection } from '@ouroboros/protection';
import { Path, pattern } from '../../spec/path.spec.js';
import { Stacked } from '../../spec/stacked.spec.js';
import { FrameStage } from './frame-stage.js';
import { ProtectionStage } from './protection-stage.js';

const LIMITS = { packets: 64, time: fromSeconds(120) };

interface Side {
  readonly sealed: ProtectionStage;
  readonly top: FrameStage;
  readonly got: Uint8Array[];
}

/** Two ends of our profile whose keys last for a few packets, on a path. */
async function shortKeys(path: Path, kemInBand = false): Promise<[near: Side, far: Side]> {
  const suite = await loadCrypto();
  const side = (end: FlowEnd, initiator: boolean): Side => {
    const sealed = new ProtectionStage(end, path.clock, (output) =>
      createProtection({
        crypto: {
          profile: 'o7s',
          cipher: 'chacha20-poly1305',
          secret: new Uint8Array(32).fill(9),
          kemInBand,
          kex: 'X25519',
          peer: '',
        },
        initiator,
        ...suite,
        random: path.random.fork(),
        output,
        mplMs: 100,
        now: path.clock.now(),
        limits: LIMITS,
      }),
    );
    const config = { clock: path.clock, overhead: sealed.protection.overhead, probes: false, firstNumber: 1 };
    return { sealed, top: new FrameStage(sealed, config), got: [] };
  };
  return [side(path.near, true), side(path.far, false)];
}

function collect({ top, got }: Side): void {
  top.onReadable = () => {
    top.read(1000, (buffer, offset, length) => got.push(buffer.slice(offset, offset + length)) > 0);
  };
}

const send = ({ top }: Side, bytes: Uint8Array): string => top.write(EMPTY_BYTES, 0, bytes, 0, bytes.length);

describe('protection in the stack', () => {
  it('goes through many key changes without losing a packet', async () => {
    const path = new Path({ jitterMs: 3 });
    const [near, far] = await shortKeys(path);
    [near, far].forEach(collect);
    const sent = Array.from({ length: 600 }, (_, i) => pattern(40, i));
    for (const message of sent) {
      while (send(near, message) !== 'ok') await path.run(1);
      await path.run(1);
    }
    await path.run(1000);
    const texts = (list: readonly Uint8Array[]): string[] => list.map((bytes) => bytes.join()).sort();
    expect(texts(far.got)).toEqual(texts(sent));
    expect(near.sealed.protection.epoch).toBeGreaterThan(15);
    expect(far.sealed.protection.counters).toMatchObject({ unauthentic: 0, unknownEpoch: 0, malformed: 0 });
  });

  it('keeps the first packets until there is a key for them, and their writer waiting after that', async () => {
    const path = new Path({ delayMs: 50 });
    const [near, far] = await shortKeys(path, true);
    [near, far].forEach(collect);
    let writable = 0;
    near.top.onWritable = () => (writable += 1);
    const sent: Uint8Array[] = [];
    for (let i = 0; i < 100 && send(near, pattern(30, i)) === 'ok'; i += 1) sent.push(pattern(30, i));
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.length).toBeLessThan(100);
    await path.run(90);
    expect([far.got, writable]).toEqual([[], 0]);
    await path.run(500);
    expect(far.got).toEqual(sent);
    expect(writable).toBe(1);
  });

  it('lets an end write on that never reads, while the other writes too', async () => {
    const path = new Path();
    const [near, far] = await shortKeys(path);
    collect(far);
    const LONG = pattern(1000);
    let sent = 0;
    for (let i = 0; i < 2000; i += 1) {
      if (send(near, pattern(20, i)) === 'ok') sent += 1;
      if (i % 2 === 0) send(far, LONG);
      await path.run(1);
    }
    await path.run(1000);
    expect(sent).toBeGreaterThan(10 * LIMITS.packets);
    expect(far.got).toHaveLength(sent);
    expect(near.sealed.overrun).toBeGreaterThan(0);
  });

  it('drops nothing that is not read while there are keys', async () => {
    const path = new Path();
    const [near, far] = await shortKeys(path);
    for (let i = 0; i < 30; i += 1) expect(send(far, pattern(100, i))).toBe('ok');
    for (let i = 0; i < 30; i += 1) expect(send(near, pattern(100, i))).toBe('ok');
    await path.run(100);
    [near, far].forEach(collect);
    await path.run(100);
    expect([near.got.length, far.got.length, near.sealed.overrun]).toEqual([30, 30, 0]);
  });

  it('of our profile needs frames, as their first byte tells its own packets', async () => {
    await expect(Stacked.open({ features: 0, profile: 'o7s' })).rejects.toMatchObject({ code: 'EIRMD' });
  });

  it('leaves no timer behind', async () => {
    const path = new Path();
    const [near, far] = await shortKeys(path, true);
    await path.run(10);
    send(near, pattern(5));
    near.top.close();
    far.top.close();
    await path.run(100);
    const { events } = path.clock;
    await path.run(1_000_000);
    expect(path.clock.events - events).toBe(0);
  });
});
