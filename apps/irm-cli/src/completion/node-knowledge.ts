import { completionOf, type Candidate, type Completes, type LiveKind } from '@ouroboros/manual';

/** What the node says that it has; empty where it does not answer. */
export interface NodeKnowledge {
  /** `typed`: the beginning of the word, which matters for paths of the RIB. */
  readonly values: (kind: LiveKind, typed: string) => Promise<readonly Candidate[]>;
  /** Options of a bootstrap with an IPCP of this type. */
  readonly options: (type: string) => Promise<readonly Candidate[]>;
}

/** What may stand in the place of the last word. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell itself may offer besides. */
  readonly paths?: 'file' | 'directory' | 'program';
}

export const NOTHING: Completion = { candidates: [] };

/** What a value can be that help shows as `placeholder`. */
export async function valueOffers(
  placeholder: string,
  stated: Completes | undefined,
  typed: string,
  node: NodeKnowledge,
): Promise<Completion> {
  const kind = completionOf(placeholder, stated);
  if (kind === undefined) return NOTHING;
  if (kind === 'file' || kind === 'directory' || kind === 'program') return { candidates: [], paths: kind };
  if (typeof kind === 'string') return { candidates: await node.values(kind, typed) };
  return { candidates: kind.map((word) => ({ word, help: '' })) };
}

/** Of these, what begins as typed, each word once. */
export function beginning(typed: string, { candidates, paths }: Completion): Completion {
  const fitting = candidates.filter(({ word }) => word.startsWith(typed));
  const first = fitting.filter(({ word }, at) => fitting.findIndex((other) => other.word === word) === at);
  return { candidates: first, paths: typed.startsWith('-') ? undefined : paths };
}
