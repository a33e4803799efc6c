/**
 * The one table of error codes: code ↔ number on the wire ↔ gRPC status ↔ exit status of the tools.
 * Numbers are errno of Linux or those of [spec/architecture.md §1]; those of 1100 and more are ours and never sent to C.
 */
const table = {
  EPERM: [1, 7, 6],
  ENOENT: [2, 5, 4],
  EINTR: [4, 1, 1],
  EIO: [5, 13, 1],
  EBADF: [9, 3, 1],
  EAGAIN: [11, 14, 1],
  ENOMEM: [12, 8, 1],
  EACCES: [13, 7, 6],
  EBUSY: [16, 9, 8],
  EEXIST: [17, 6, 8],
  EINVAL: [22, 3, 2],
  EPIPE: [32, 14, 1],
  EMSGSIZE: [90, 3, 1],
  ENOTSUP: [95, 12, 2],
  ECONNREFUSED: [111, 14, 3],
  ETIMEDOUT: [110, 4, 5],
  ECANCELED: [125, 1, 1],
  ENOTALLOC: [1000, 9, 1],
  EIPCPTYPE: [1001, 3, 2],
  EIRMD: [1002, 14, 3],
  EIPCP: [1003, 14, 1],
  EIPCPSTATE: [1004, 9, 8],
  EFLOWDOWN: [1005, 14, 1],
  EFLOWPEER: [1006, 14, 1],
  ENAME: [1007, 5, 4],
  ECRYPT: [1008, 7, 6],
  EAUTH: [1009, 16, 6],
  /** A name is known, but no process is bound to it. */
  ENOSERVER: [1100, 14, 6],
  /** The other side said no. */
  EREFUSED: [1101, 7, 6],
  /** The QoS is not offered. */
  EQOS: [1102, 12, 7],
  /** The other side of a flow writes no more, and everything was read. */
  EEND: [1104, 11, 1],
  /** The remote host did not answer. */
  ENOANSWER: [1103, 4, 5],
  /** A certificate or a message is not valid yet, or any more, by a clock that may be wrong. */
  ECLOCK: [1105, 16, 6],
} as const;

export type ErrorCode = keyof typeof table;

export interface ErrorDetail {
  /** The field or key path that is wrong. */
  readonly field?: string;
  /** The stage that failed: `name`, `layer`, `route`, `link`, `accept`, `policy`, `qos`, `crypto`, `clock`, `remote`, `time`. */
  readonly stage?: string;
  /** Of the flow allocation that failed, as in the logs of both hosts. */
  readonly correlationId?: string;
  readonly cause?: unknown;
}

/** What every public call throws for a caller's mistake or a failed operation. */
export class OuroborosError extends Error {
  override readonly name = 'OuroborosError';
  readonly field: string | undefined;
  readonly stage: string | undefined;
  readonly correlationId: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    detail: ErrorDetail = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.field = detail.field;
    this.stage = detail.stage;
    this.correlationId = detail.correlationId;
  }
}

export const ERROR_CODES = Object.keys(table) as readonly ErrorCode[];

export const isErrorCode = (value: string): value is ErrorCode => Object.hasOwn(table, value);
/** Positive error number; the wire carries it negated. */
export const errorNumber = (code: ErrorCode): number => table[code][0];
export const grpcStatus = (code: ErrorCode): number => table[code][1];
/** Exit status of a tool: 1 failed, 2 usage, 3 no irmd, 4 unknown, 5 time-out, 6 refused, 7 QoS, 8 conflict. */
export const exitStatus = (code: ErrorCode): number => table[code][2];

/** The code for a number from the wire (sign ignored), or `fallback` when the table has none. */
export function errorCodeOf(wireNumber: number, fallback: ErrorCode = 'EREFUSED'): ErrorCode {
  const positive = Math.abs(wireNumber);
  const found = Object.entries(table).find(([, row]) => row[0] === positive);
  return found ? (found[0] as ErrorCode) : fallback;
}

/** Any thrown value as an OuroborosError; our own stay as they are. */
export function toOuroborosError(thrown: unknown, code: ErrorCode = 'EIO'): OuroborosError {
  if (thrown instanceof OuroborosError) return thrown;
  return new OuroborosError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
