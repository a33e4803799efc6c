import type { ErrorCode } from '@ouroboros/model';
import type { FlowFailure } from '@ouroboros/ports';
import type { Evidence } from './evidence.js';
import { finding, type Finding, type Trial } from './finding.js';

/** Failures that are older say nothing about now. */
const RECENT_MS = 600_000;
const SHOWN = 3;

/** The flow that was tried. */
export function trialFinding(name: string, trial: Trial): Finding {
  const { tookMs } = trial;
  if (!trial.ok) {
    return finding(trial.stage ?? 'flow', 'fail', trial.message, remedyFor(trial.stage, trial.code, name));
  }
  const over = trial.layer === '' ? 'to a process of this host' : `over ${trial.layer}`;
  const protection = trial.protection === '' ? 'plain' : trial.protection;
  return finding('flow', 'ok', `a flow ${over} was up in ${Math.round(tookMs * 10) / 10} ms, ${protection}`);
}

/** What others asked of this host and did not get, and what its certificates lack. */
export function historyFindings({ failures, status, name }: Evidence): Finding[] {
  const recent = failures.filter(({ side, agoMs }) => side === 'remote' && agoMs < RECENT_MS);
  return [
    ...newestOfEach(recent)
      .slice(0, SHOWN)
      .map((failure) => refusedFinding(failure, name)),
    ...status.warnings.map((text) =>
      finding(clockIsAsked(text) ? 'clock' : 'certificate', 'warn', text, 'irm pki status'),
    ),
  ];
}

const clockIsAsked = (text: string): boolean => text.includes('not yet valid');

/** One for each reason. */
function newestOfEach(failures: readonly FlowFailure[]): FlowFailure[] {
  const byReason = new Map<string, FlowFailure>();
  for (const failure of failures) {
    const key = `${failure.code} ${failure.stage}`;
    if (!byReason.has(key)) byReason.set(key, failure);
  }
  return [...byReason.values()];
}

function refusedFinding({ agoMs, text, stage, code, layer }: FlowFailure, name: string): Finding {
  const when = `${Math.round(agoMs / 1000)} s ago`;
  return finding(
    stage,
    'warn',
    `${when} a request from ${layer} was refused here: ${text}`,
    remedyFor(stage, code, name),
  );
}

const REMEDIES: Partial<Readonly<Record<ErrorCode, (name: string) => string>>> = {
  ENOSERVER: (name) => `on the host that serves it: start the server, or irm bind program <program> ${name} auto`,
  ENOANSWER: () => 'the server runs but accepts no flow: look at it, on its host',
  EAUTH: () => 'irm pki status, on both hosts',
  ECLOCK: () => 'set the clocks of both hosts; then irm pki status',
  ECRYPT: (name) => `irm name list ${name}; what both sides demand: docs/encryption.md`,
  EPERM: () => 'ask the owner of the server, or of its host',
  EQOS: () => 'ask for less bandwidth, or more delay',
};

function remedyFor(stage: string | undefined, code: ErrorCode, name: string): string {
  return stage === 'route'
    ? 'the same at the members on the way: irm why, irm neighbor list'
    : (REMEDIES[code]?.(name) ?? '');
}
