import { OuroborosError, type QosSpec } from '@ouroboros/model';
import { FRCTFLINGER, FRCTFRESCNTL, FRCTFRTX } from '@ouroboros/frcp';
import { Flow } from './flow.js';

/** Commands of `fccntl`. [spec/architecture.md §8.2] */
export const FLOWSRCVTIMEO = 0o1;
export const FLOWGRCVTIMEO = 0o2;
export const FLOWSSNDTIMEO = 0o3;
export const FLOWGSNDTIMEO = 0o4;
export const FLOWGQOSSPEC = 0o5;
export const FLOWSFLAGS = 0o6;
export const FLOWGFLAGS = 0o7;
export const FLOWGRXQLEN = 0o10;
export const FLOWGTXQLEN = 0o11;
export const FRCTSFLAGS = 0o1000;
export const FRCTGFLAGS = 0o2000;

const FRCT_FLAGS = FRCTFRTX | FRCTFRESCNTL | FRCTFLINGER;

/**
 * Reads or sets an option of a flow by its number, for programs that think in C. Time-outs are in ms and null is none;
 * asking for one that is not set gives EPERM, and so do the FRCT commands on a raw flow. EBADF when `flow` is none,
 * ENOTALLOC, EINVAL, ENOTSUP for an unknown command.
 */
export function fccntl(flow: Flow, command: typeof FLOWSRCVTIMEO | typeof FLOWSSNDTIMEO, ms: number | null): void;
export function fccntl(flow: Flow, command: typeof FLOWSFLAGS | typeof FRCTSFLAGS, flags: number): void;
export function fccntl(flow: Flow, command: typeof FLOWGQOSSPEC): QosSpec;
export function fccntl(flow: Flow, command: number): number;
export function fccntl(flow: Flow, command: number, value?: number | null): number | QosSpec | void {
  checkFlow(flow);
  if (flow.deallocated) throw new OuroborosError('ENOTALLOC', `flow ${flow.id} is deallocated`);
  switch (command) {
    case FLOWSRCVTIMEO:
      flow.rcvTimeoutMs = value ?? Infinity;
      return;
    case FLOWGRCVTIMEO:
      return setTimeoutOf(flow.rcvTimeoutMs);
    case FLOWSSNDTIMEO:
      flow.sndTimeoutMs = value ?? Infinity;
      return;
    case FLOWGSNDTIMEO:
      return setTimeoutOf(flow.sndTimeoutMs);
    case FLOWGQOSSPEC:
      return flow.qos;
    case FLOWSFLAGS:
      flow.flags = value ?? NaN;
      return;
    case FLOWGFLAGS:
      return flow.flags;
    case FLOWGRXQLEN:
      return flow.rxQueueLength;
    case FLOWGTXQLEN:
      return flow.txQueueLength;
    case FRCTSFLAGS:
      frctFlagsOf(flow);
      flow.packets.frctFlags = checkFrctFlags(value);
      return;
    case FRCTGFLAGS:
      return frctFlagsOf(flow);
    default:
      throw new OuroborosError('ENOTSUP', `fccntl has no command ${command}`, { field: 'command' });
  }
}

/** EBADF when `flow` is not a Flow: for calls from JavaScript. */
export function checkFlow(flow: Flow): void {
  if (!(flow instanceof Flow)) throw new OuroborosError('EBADF', 'not a flow', { field: 'flow' });
}

/** EPERM on a raw flow. */
function frctFlagsOf(flow: Flow): number {
  const flags = flow.packets.frctFlags;
  if (flags !== null) return flags;
  throw new OuroborosError('EPERM', `flow ${flow.id} is raw, it has no FRCP`);
}

function checkFrctFlags(value: number | null | undefined): number {
  if (typeof value === 'number' && Number.isInteger(value) && (value & ~FRCT_FLAGS) === 0) return value;
  throw new OuroborosError('EINVAL', `${String(value)} is no set of FRCT flags`, { field: 'flags' });
}

function setTimeoutOf(ms: number): number {
  if (ms !== Infinity) return ms;
  throw new OuroborosError('EPERM', 'no time-out is set');
}
