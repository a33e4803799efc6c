import type { JsonValue } from '@ouroboros/model';

/** Addresses of networks below, and paths, which may hold the name of a user. */
const PATTERNS: readonly (readonly [string, RegExp])[] = [
  ['path', /\/[\w.@+-]+(?:\/[\w.@+-]+)+/g],
  ['mac', /\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/gi],
  ['ip', /\b\d{1,3}(?:\.\d{1,3}){3}\b/g],
  ['ip', /\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\b/gi],
];

/** Replaces words in JSON, each always by the same one, so that what belongs together can still be seen. */
export class Disguise {
  private readonly masks = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  /** Hides these words wherever they stand in a text. */
  hide(kind: string, words: Iterable<string>): void {
    for (const word of words) if (word !== '') this.maskOf(kind, word);
  }

  /** Keys stay as they are. */
  of(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((inner) => this.of(inner));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.of(inner ?? null)]));
  }

  private text(text: string): string {
    const whole = this.masks.get(text);
    if (whole !== undefined) return whole;
    let hidden = text;
    for (const [kind, pattern] of PATTERNS) hidden = hidden.replace(pattern, (found) => this.maskOf(kind, found));
    // The longest first: a name may be a part of another one.
    const words = [...this.masks].sort(([a], [b]) => b.length - a.length);
    for (const [word, mask] of words) hidden = replaceWord(hidden, word, mask);
    return hidden;
  }

  private maskOf(kind: string, word: string): string {
    const known = this.masks.get(word);
    if (known !== undefined) return known;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    const mask = `<${kind}-${count}>`;
    this.masks.set(word, mask);
    return mask;
  }
}

/** Not within a longer word, nor within another mask. */
function replaceWord(text: string, word: string, mask: string): string {
  const pattern = new RegExp(`(?<![\\w<.-])${word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\w>-])`, 'g');
  return text.replace(pattern, () => mask);
}
