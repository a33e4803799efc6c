import { nearest } from '@ouroboros/model';

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

/** `unknown <what>; did you mean X?`, or the list of legal words when none is near. */
export function unknownWord(what: string, word: string, legal: readonly string[]): string {
  const near = nearest(word, legal);
  const hint = near ? `did you mean "${near}"?` : `legal are ${legal.join(', ')}`;
  return `unknown ${what}; ${hint}`;
}
