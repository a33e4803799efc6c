import type { Core } from './core.js';
import type { IpcpEntry } from './ipcp-table.js';
import { failure, type IpcpCall, type Outcome } from './messages.js';
import type { Timer } from './timer-heap.js';

/** `expired`: the limit has passed, and the IPCP may answer yet; its own ETIMEDOUT is an answer. */
type Done = (outcome: Outcome, expired: boolean) => void;

interface Call {
  readonly session: number;
  readonly timer: Timer;
  done: Done | null;
  readonly late: ((outcome: Outcome) => void) | undefined;
}

/**
 * Operations that IPCPs are working on. Each ends exactly once by `done`: with the IPCP's answer, or ETIMEDOUT at its
 * limit, or EIPCP when the IPCP goes. An answer that comes after the limit goes to `late`.
 */
export class IpcpCalls {
  private readonly open = new Map<number, Call>();
  private lastId = 0;

  constructor(private readonly core: Core) {}

  /** `done` is called at once where the IPCP cannot be asked. */
  call(ipcp: IpcpEntry, call: IpcpCall, limitMs: number, done: Done, late?: (outcome: Outcome) => void): void {
    if (ipcp.session === null) return done(gone(ipcp.name), false);
    if (!ipcp.operations.has(call.op)) {
      const error = failure('ENOTSUP', `an IPCP of type ${ipcp.type} cannot ${WORDS[call.op]}`);
      return done({ ok: false, error }, false);
    }
    this.lastId += 1;
    const id = this.lastId;
    const timer = this.core.after(limitMs, () => this.expired(id, ipcp.name, call.op, limitMs));
    this.open.set(id, { session: ipcp.session, timer, done, late });
    this.core.emit({ kind: 'callIpcp', ipcp: ipcp.session, call: id, ...call });
  }

  answered(id: number, outcome: Outcome): void {
    const call = this.open.get(id);
    if (!call) return;
    this.open.delete(id);
    this.core.timers.cancel(call.timer);
    (call.done ?? call.late)?.(outcome, false);
  }

  /** The session of an IPCP ended: its calls fail. */
  sessionGone(session: number, name: string): void {
    for (const [id, call] of [...this.open]) if (call.session === session) this.answered(id, gone(name));
  }

  private expired(id: number, name: string, op: IpcpCall['op'], limitMs: number): void {
    const call = this.open.get(id);
    const done = call?.done;
    if (!call || !done) return;
    call.done = null;
    if (!call.late) this.open.delete(id);
    const error = failure('ETIMEDOUT', `${name} did not ${WORDS[op]} within ${limitMs} ms`, { stage: 'time' });
    done({ ok: false, error }, true);
  }
}

const gone = (name: string): Outcome => ({
  ok: false,
  error: failure('EIPCP', `IPCP ${name} is gone`, { stage: 'layer' }),
});

const WORDS: Readonly<Record<IpcpCall['op'], string>> = {
  bootstrap: 'bootstrap a layer',
  enroll: 'enroll in a layer',
  connect: 'connect',
  disconnect: 'disconnect',
  register: 'register names',
  unregister: 'unregister names',
  query: 'look names up',
  flowAlloc: 'allocate flows',
  flowJoin: 'be joined',
  flowAgreed: 'take agreed features',
  flowDealloc: 'deallocate flows',
  report: 'report',
  control: 'be controlled',
  ribList: 'list its RIB',
  ribRead: 'read its RIB',
};
