import type { ErrorCode } from '@ouroboros/model';
import type { FlowFailure } from '@ouroboros/ports';
import type { Core } from './core.js';
import type { Failure } from './messages.js';

/** Whoever floods this host with requests can only push out what was before. */
const KEPT = 256;

/** What is known of a flow that did not come about, besides why. */
export type FailedFlow = Pick<FlowFailure, 'name' | 'side' | 'ipcp' | 'layer' | 'correlationId' | 'pid'>;

/** Flows that did not come about lately, so that an operator need not have been watching when it happened. */
export class FlowFailures {
  private readonly kept: { readonly at: number; readonly failure: Omit<FlowFailure, 'agoMs'> }[] = [];

  constructor(private readonly core: Core) {}

  add(flow: FailedFlow, { code, message: text, stage }: Failure): void {
    this.kept.push({ at: this.core.now, failure: { ...flow, code, text, stage: stage ?? stageOf(code) } });
    if (this.kept.length > KEPT) this.kept.shift();
  }

  /** Newest first; an empty name: all. */
  list(name: string): FlowFailure[] {
    const wanted = this.kept.filter(({ failure }) => name === '' || failure.name === name);
    return wanted.reverse().map(({ at, failure }) => ({ agoMs: Math.floor((this.core.now - at) / 1000), ...failure }));
  }
}

const STAGES: Partial<Readonly<Record<ErrorCode, string>>> = {
  ENAME: 'name',
  ENOSERVER: 'accept',
  EIPCP: 'layer',
  EFLOWDOWN: 'link',
  EAUTH: 'crypto',
  ECRYPT: 'crypto',
  ECLOCK: 'clock',
  EPERM: 'policy',
  EACCES: 'policy',
  EREFUSED: 'policy',
  EQOS: 'qos',
  ENOANSWER: 'time',
  ETIMEDOUT: 'time',
};

/** The stage at which an allocation failed, of one that says no more than this code. */
export const stageOf = (code: ErrorCode): string => STAGES[code] ?? 'remote';
