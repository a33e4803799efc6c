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

/** `2026-01-31 12:00:00 UTC`; certificates know whole seconds. */
export const formatTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** Names in certificates come from outside: control characters would steer the terminal, so they are shown as \xNN. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
