import { EMPTY_BYTES } from '@ouroboros/model';
import { ALL_OURS, ORDERED, RELIABLE, Stacked, type StackedOptions } from '../../spec/stacked.spec.js';

const KINDS: readonly [string, StackedOptions][] = [
  ['raw', {}],
  ['raw with a checksum', { qos: { ber: 0 } }],
  ['ordered', { qos: ORDERED }],
  ['reliable', { qos: RELIABLE }],
  ['reliable with a checksum', { qos: { ...RELIABLE, ber: 0 } }],
];
const PROTECTIONS: readonly [string, StackedOptions][] = [
  ['AES-GCM towards C', { profile: 'c' }],
  ['AES-CTR towards C', { profile: 'c', cipher: 'aes-128-ctr' }],
  ['AES-GCM', { features: ALL_OURS, profile: 'o7s' }],
  ['ChaCha20, keys in-band', { features: ALL_OURS, profile: 'o7s', cipher: 'chacha20-poly1305', kemInBand: true }],
];
const ALL = KINDS.flatMap(([kind, one]) =>
  PROTECTIONS.map(([protection, two]) => [kind, protection, { ...one, ...two }] as const),
);

/** What users write consists of this. */
const MARK = 'a secret text.. ';
const markOf = (length: number): Uint8Array =>
  new TextEncoder().encode(MARK.repeat(Math.ceil(length / 16)).slice(0, length));
/** So much of it in a row would not be chance. */
const WINDOW = 6;

function windowsOf(text: string): Set<string> {
  const doubled = text + text;
  return new Set(Array.from({ length: text.length }, (_, i) => doubled.slice(i, i + WINDOW)));
}

/** True when WINDOW bytes of the mark stand anywhere in the packet. */
function holdsMark(packet: Uint8Array, windows: ReadonlySet<string>): boolean {
  const text = Buffer.from(packet).toString('latin1');
  for (let i = 0; i + WINDOW <= text.length; i += 1) if (windows.has(text.slice(i, i + WINDOW))) return true;
  return false;
}

async function captured(options: StackedOptions): Promise<{ packets: Uint8Array[]; received: number }> {
  const flow = (await Stacked.open({ ...options, conditions: { loss: 0.05, jitterMs: 2, links: [1400] } })).collect();
  for (const end of [flow.path.near, flow.path.far]) end.tap = true;
  const longest = Math.min(flow.near.top.maxPacket, 20_000);
  for (const length of [1, 30, 500, longest, 300]) {
    await flow.sendAll([markOf(length)]);
    await flow.sendAll([markOf(length)], flow.far);
    flow.near.top.write(markOf(12), 12, markOf(40), 3, 30);
    await flow.path.run(200);
  }
  flow.near.top.write(EMPTY_BYTES, 0, EMPTY_BYTES, 0, 0);
  await flow.path.run(10_000);
  return {
    packets: [...flow.path.near.tapped, ...flow.path.far.tapped],
    received: flow.atFar.length + flow.atNear.length,
  };
}

describe('what an encrypted flow gives to the channel', () => {
  const windows = windowsOf(MARK);

  it.each(ALL)('holds nothing that was written: %s, %s', async (_kind, _protection, options) => {
    const { packets, received } = await captured(options);
    expect(received).toBeGreaterThan(5);
    expect(packets.length).toBeGreaterThan(15);
    expect(packets.filter((packet) => holdsMark(packet, windows))).toEqual([]);
  });

  it('is searched well: without encryption the search finds it', async () => {
    const { packets } = await captured({ features: ALL_OURS, qos: RELIABLE });
    expect(packets.filter((packet) => holdsMark(packet, windows)).length).toBeGreaterThan(10);
  });
});
