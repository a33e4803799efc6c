import type { Row } from './columns.js';
import type { Completes } from './completes.js';

/**
 * One option of a program. `type`, `short` and `multiple` are what `parseArgs` of Node reads; the rest is for people, and
 * for completion.
 */
export interface OptionEntry {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What the value is: `NAME`. Stands there when `type` is `string`. */
  readonly value?: string;
  /** Absent: a synonym that only old habits need; help does not mention it. */
  readonly help?: string;
  /** What the value can be, where `value` does not say it: see `completionOf`. */
  readonly completes?: Completes;
}

/** Options by their long names, in the order of help. */
export type OptionTable = Readonly<Record<string, OptionEntry>>;

/** What the first word behind the name of a program can be. */
export interface Verb {
  /** What follows it, as help shows it: `NAME`, `[HOST:]PORT`. */
  readonly words: readonly string[];
  readonly help: string;
  /** Options that are for this verb, among those that are not for all. */
  readonly options: readonly string[];
}

/** Verbs, in the order of help. An option that none of them lists is for all. */
export type VerbTable = Readonly<Record<string, Verb>>;

/** What a program says of itself: the one source of its help, its manual page and its completion. */
export interface Manual {
  readonly name: string;
  /** Other names of the same program. */
  readonly aliases?: readonly string[];
  /** Of the manual: 1 for programs, 8 for daemons. */
  readonly section: 1 | 8;
  /** What it does, as the end of a sentence: `ping a name over a flow`. */
  readonly summary: string;
  /** What follows the name, for each way of calling it. */
  readonly synopsis: readonly string[];
  /** Paragraphs above the options. */
  readonly description?: readonly string[];
  readonly verbs?: VerbTable;
  /** Tables that stand apart from each other in help. */
  readonly options: readonly OptionTable[];
  /** Paragraphs below the options. */
  readonly notes?: readonly string[];
  /** Exit status and its meaning. */
  readonly exitStatus: readonly Row[];
  /** Command lines, and what they do. */
  readonly examples?: readonly Row[];
  readonly seeAlso?: readonly string[];
}

/** Options that every program has. */
export const INFORMATION = {
  help: { type: 'boolean', help: 'print this text' },
  version: { type: 'boolean', help: 'print the version' },
} as const satisfies OptionTable;

/** Of programs that ask irmd, beside what they say of themselves. */
export const USAGE_STATUS: Row = ['2', 'usage'];
export const UNREACHABLE_STATUS: Row = ['3', 'irmd not reachable'];

/** Of programs that call a name. */
export const CALL_STATUS: readonly Row[] = [
  USAGE_STATUS,
  UNREACHABLE_STATUS,
  ['4', 'name unknown'],
  ['5', 'time-out of the allocation'],
  ['6', 'refused'],
  ['7', 'QoS not available'],
];
