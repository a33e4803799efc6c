const UNITS = [
  [1_000_000_000n, 'Gb/s'],
  [1_000_000n, 'Mb/s'],
  [1_000n, 'kb/s'],
] as const;
/** `video` asks for it. [spec/architecture.md §8.4] */
const UNLIMITED = 2n ** 64n - 1n;

/** Exactly, so that two that differ never look the same: `5.000001 Mb/s`. */
export function bandwidthInWords(bitsPerSecond: bigint): string {
  if (bitsPerSecond === UNLIMITED) return 'without limit';
  const [size, unit] = UNITS.find(([least]) => bitsPerSecond >= least) ?? [1n, 'b/s'];
  const rest = String(bitsPerSecond % size).padStart(String(size).length - 1, '0');
  const decimals = size === 1n ? '' : rest.replace(/0+$/, '');
  return `${bitsPerSecond / size}${decimals && '.'}${decimals} ${unit}`;
}

/** What is lacking for a flow whose packets are on their way longer than it asks for. */
export const delayInWords = (askedMs: number, pathMs: number): string =>
  `delay ${askedMs} ms asked, ${pathMs.toFixed(3)} ms measured`;
