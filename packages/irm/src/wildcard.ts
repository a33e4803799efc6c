/** Patterns for names of IPCPs and layers: `*` stands for any run of characters, none included. [spec/architecture.md §7] */
export const hasWildcard = (pattern: string): boolean => pattern.includes('*');

/** True when the whole of `text` fits `pattern`. Linear in both lengths for any number of stars. */
export function wildcardMatch(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (!text.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return text === first;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
