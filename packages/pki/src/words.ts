const SECOND = 1000;
const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400 * SECOND, 'd'],
  [3600 * SECOND, 'h'],
  [60 * SECOND, 'min'],
  [SECOND, 's'],
];

/** `3 d 4 h`, `12 s`, `0.4 s`: the two largest units of a difference of times, whose sign is ignored. */
export function formatDistance(ms: number): string {
  let left = Math.abs(ms);
  if (left < 10 * SECOND) return `${Math.round(left / 100) / 10} s`;
  const parts: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 || parts.length > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ');
}
