import { collectEvidence, type Evidence, type EvidenceParts } from './evidence.js';
import type { Finding, Trial, TryFlow } from './finding.js';
import { linkFindings } from './links.js';
import { locatingFindings } from './locating.js';
import { historyFindings, trialFinding } from './outcome.js';
import { servingFindings } from './serving.js';

/** Why a name can be reached, or why not. */
export interface Explanation {
  readonly name: string;
  /** A trial flow came about; without a trial: nothing that was found stops one. */
  readonly reached: boolean;
  /** The first stage that fails; empty when none does. */
  readonly failedStage: string;
  /** In the order in which an allocation goes through them. */
  readonly findings: readonly Finding[];
  /** Null: none was made. */
  readonly trial: Trial | null;
}

/**
 * Looks at every stage of reaching a name from this host, and of being reached where this host serves it. With `tryFlow` a
 * flow is asked for as well, and ended at once: the server sees it. Takes less than two seconds.
 * @throws OuroborosError EIRMD when the daemon does not answer
 */
export async function explain(parts: EvidenceParts, name: string, tryFlow: TryFlow | null): Promise<Explanation> {
  const evidence = await collectEvidence(parts, name, tryFlow);
  return explanation(evidence);
}

export function explanation(evidence: Evidence): Explanation {
  const { name, trial } = evidence;
  const seen = [...servingFindings(evidence), ...locatingFindings(evidence), ...linkFindings(evidence)];
  const outcome = trial ? [trialFinding(name, trial)] : [];
  const findings = [...softened(seen, trial), ...outcome, ...historyFindings(evidence)];
  const failed = findings.find(({ verdict }) => verdict === 'fail');
  return { name, trial, findings, reached: trial ? trial.ok : !failed, failedStage: failed?.stage ?? '' };
}

/** What did not stop the flow that was tried is no failure of it. */
const softened = (findings: readonly Finding[], trial: Trial | null): readonly Finding[] =>
  trial?.ok ? findings.map((one) => (one.verdict === 'fail' ? { ...one, verdict: 'warn' } : one)) : findings;
