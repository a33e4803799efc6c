/** What the node knows at the moment: `rib` is a path in its resource information base. */
export type LiveKind = 'ipcp' | 'layer' | 'name' | 'type' | 'rib';

/** What the shell knows. */
export type PathKind = 'file' | 'directory' | 'program';

/** What a value can be: one of these words, something of the node, or something of the system. */
export type Completes = readonly string[] | LiveKind | PathKind;

/** A word that may stand at a place, and what it means; the meaning may be empty. */
export interface Candidate {
  readonly word: string;
  readonly help: string;
}

const BY_PLACEHOLDER: ReadonlyMap<string, Completes> = new Map<string, Completes>([
  ['ipcp', 'ipcp'],
  ['layer', 'layer'],
  ['name', 'name'],
  ['type', 'type'],
  ['file', 'file'],
  ['dir', 'directory'],
  ['program', 'program'],
  ['qos', ['raw', 'best', 'video', 'voice', 'data']],
]);

/**
 * What can stand at a place that help shows as `placeholder` (`<layer>`, `LAYER` or `layer`). The placeholder says it,
 * unless the table does; undefined = anything.
 */
export function completionOf(placeholder: string, stated: Completes | undefined): Completes | undefined {
  return stated ?? BY_PLACEHOLDER.get(placeholder.replace(/[<>]/g, '').toLowerCase());
}
