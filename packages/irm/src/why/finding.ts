import type { ErrorCode } from '@ouroboros/model';

/** `note`: neither good nor bad, or not looked at. `warn`: would not stop a flow, but is not as it should be. */
export type Verdict = 'ok' | 'note' | 'warn' | 'fail';

/** One stage of reaching a name, and what was found there. */
export interface Finding {
  /** `name`, `serving`, `layer`, `directory`, `route`, `link`, `path`, `certificate`, `flow`, or the stage of an error. */
  readonly stage: string;
  readonly verdict: Verdict;
  readonly text: string;
  /** What to do about it: a command, or some words; empty = nothing known. */
  readonly remedy: string;
}

export const finding = (stage: string, verdict: Verdict, text: string, remedy = ''): Finding => ({
  stage,
  verdict,
  text,
  remedy,
});

/** What a flow that was asked for as a trial came to. */
export type Trial =
  | {
      readonly ok: true;
      readonly tookMs: number;
      /** Empty for a flow to a process of this host. */
      readonly layer: string;
      /** In words; empty for a plain flow. */
      readonly protection: string;
    }
  | {
      readonly ok: false;
      readonly tookMs: number;
      readonly code: ErrorCode;
      readonly stage: string | undefined;
      readonly message: string;
    };

/** Asks for a flow to a name and ends it at once. Never rejects. */
export type TryFlow = (name: string, timeoutMs: number) => Promise<Trial>;
