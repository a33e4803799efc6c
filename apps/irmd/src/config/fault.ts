/** One thing that is wrong in a configuration. */
export interface Fault {
  /** Key path as in the file, `udp4.shim1.port`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, with the legal values. */
  readonly message: string;
}

export const formatFault = (fault: Fault): string => (fault.path ? `${fault.path}: ${fault.message}` : fault.message);

/** Joins keys to a path in TOML's notation: keys that are not bare are quoted. */
export const keyPath = (...keys: readonly string[]): string =>
  keys.map((key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key))).join('.');

/** The legal word that `word` was probably meant to be: at most a third of its letters differ. */
export function suggestion(word: string, legal: readonly string[]): string | undefined {
  const ranked = legal
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** `unknown <what>; did you mean X?`, or the list of legal words when none is near. */
export function unknownWord(what: string, word: string, legal: readonly string[]): string {
  const near = suggestion(word, legal);
  const hint = near ? `did you mean "${near}"?` : `legal are ${legal.join(', ')}`;
  return `unknown ${what}; ${hint}`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
