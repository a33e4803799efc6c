import type { JsonObject } from '@ouroboros/model';
import type { Explanation } from '@ouroboros/irm';

/** See JSON.md. */
export function explanationJson({ name, reached, failedStage, findings, trial }: Explanation): JsonObject {
  return {
    name,
    reached,
    failedStage: failedStage === '' ? null : failedStage,
    findings: findings.map(({ stage, verdict, text, remedy }) => ({ stage, verdict, text, remedy: remedy || null })),
    flow: trial && {
      allocated: trial.ok,
      tookMs: trial.tookMs,
      layer: trial.ok ? trial.layer : null,
      code: trial.ok ? null : trial.code,
    },
  };
}
