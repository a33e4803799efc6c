/**
 * The life of an IPCP's process: spawn, registration, death, restart by policy, destruction.
 *
 *   create ─ spawning ─ registers ─ living ─ gone ─ ending ─ exit ─┬─ resting ─ back-off ─ spawning …
 *                │ not within the limit                │           └─ forgotten (policy, or destroyed)
 *                └─ forgotten                          └ destroy: SIGTERM, later SIGKILL
 *   restored ─ expected ─ registers ─ living;  not within the limit: as after a death
 *
 * The end of the session is the first notice of a death and takes flows down at once; the exit status, which follows for
 * children, decides about the restart. [spec/architecture.md §2, §5: C does not notice a crashed IPCP]
 */
import type { IpcpAnnouncement, IpcpCreateRequest } from '@ouroboros/ports';
import { backoffMs } from './backoff.js';
import type { Core } from './core.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpGoals } from './ipcp-goals.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import { failure, type Caller, type Failure, type RegistryInput } from './messages.js';
import type { Spawns } from './spawns.js';

/** How long the exit status of a child may lag behind the end of its session. */
const EXIT_LAG_MS = 1_000;

/** What others do when an IPCP comes or goes. */
export interface IpcpLifeHooks {
  /** Registered: flows to be adopted, names of its process. */
  living(ipcp: IpcpEntry, announcement: IpcpAnnouncement): void;
  /** The session ended. */
  gone(ipcp: IpcpEntry): void;
  /** It does not come back. */
  forgotten(ipcp: IpcpEntry): void;
  created(ipcp: IpcpEntry, request: number): void;
}

export class IpcpLife {
  constructor(
    private readonly core: Core,
    private readonly ipcps: IpcpTable,
    private readonly calls: IpcpCalls,
    private readonly goals: IpcpGoals,
    private readonly spawns: Spawns,
    private readonly hooks: IpcpLifeHooks,
  ) {}

  create(request: number, { name, type, restart, security }: IpcpCreateRequest): void {
    const ipcp = this.ipcps.add(name, type, restart);
    ipcp.security = security ?? ipcp.security;
    ipcp.creating.push(request);
    this.spawn(ipcp);
  }

  destroy(request: number, ipcp: IpcpEntry): void {
    ipcp.destroying.push(request);
    this.end(ipcp);
  }

  /** Ends an IPCP for good. */
  end(ipcp: IpcpEntry): void {
    if (ipcp.phase === 'resting' || ipcp.phase === 'expected') return this.forget(ipcp);
    if (ipcp.phase === 'spawning')
      this.creationFailed(ipcp, failure('ECANCELED', `IPCP ${ipcp.name} is being destroyed`));
    this.terminate(ipcp);
  }

  /** SIGTERM, and SIGKILL when that does not help. */
  private terminate(ipcp: IpcpEntry): void {
    if (ipcp.phase === 'ending' && ipcp.state === 'shutdown') return;
    ipcp.phase = 'ending';
    ipcp.state = 'shutdown';
    this.setTimer(ipcp, this.core.limits.terminateMs, () => this.killHard(ipcp));
    if (ipcp.pid !== 0) this.core.emit({ kind: 'kill', pid: ipcp.pid, signal: 'SIGTERM' });
  }

  /** A process registers as an IPCP. One that this registry does not know is taken in: somebody started it by hand. */
  attached(input: RegistryInput & { kind: 'ipcpAttached' }): void {
    const { caller, announcement } = input;
    const known = this.ipcps.get(announcement.name);
    if (known && !mayBe(known, caller)) return this.reject(known, caller);
    const ipcp = known ?? this.ipcps.add(announcement.name, announcement.type, 'never');
    if (ipcp.session !== null) this.sessionEnded(ipcp);
    this.registered(ipcp, input);
  }

  sessionClosed(session: number): void {
    const ipcp = this.ipcps.ofSession(session);
    if (!ipcp) return;
    const told = ipcp.phase === 'ending';
    this.sessionEnded(ipcp);
    ipcp.phase = 'ending';
    if (told && ipcp.child) return;
    if (!ipcp.child) {
      // Not a child: its exit is never told. Whatever hangs without a session must not be in the way of the next one.
      this.core.emit({ kind: 'kill', pid: ipcp.pid, signal: 'SIGKILL' });
      return this.over(ipcp, false);
    }
    this.setTimer(ipcp, EXIT_LAG_MS, () => this.killHard(ipcp));
  }

  exited(input: RegistryInput & { kind: 'exited' }): void {
    const ipcp = this.ipcps.ofPid(input.pid);
    if (ipcp?.phase === 'expected') return this.missing(ipcp);
    if (!ipcp?.child) return;
    if (ipcp.session !== null) this.sessionEnded(ipcp);
    const how = input.signal === null ? `exited with status ${input.code ?? 0}` : `was ended by ${input.signal}`;
    const level = ipcp.state === 'shutdown' ? 'info' : 'warn';
    this.core.report('ipcp', `IPCP ${ipcp.name} (${input.pid}) ${how}`, { ipcp: ipcp.name, pid: input.pid }, level);
    if (ipcp.phase === 'spawning')
      return this.startFailed(ipcp, failure('EIPCP', `IPCP ${ipcp.name} ${how} before it registered`));
    this.over(ipcp, input.code === 0 && input.signal === null);
  }

  /** An IPCP of the earlier daemon did not come back. */
  missing(ipcp: IpcpEntry): void {
    this.core.report('ipcp', `IPCP ${ipcp.name} did not come back`, { ipcp: ipcp.name }, 'warn');
    this.over(ipcp, false);
  }

  private spawn(ipcp: IpcpEntry): void {
    ipcp.phase = 'spawning';
    ipcp.state = 'null';
    ipcp.pid = 0;
    const limit = this.core.limits.ipcpCreatedMs;
    this.setTimer(ipcp, limit, () => {
      if (ipcp.pid !== 0) this.core.emit({ kind: 'kill', pid: ipcp.pid, signal: 'SIGKILL' });
      this.startFailed(
        ipcp,
        failure('ETIMEDOUT', `IPCP ${ipcp.name} did not register within ${limit} ms`, { stage: 'time' }),
      );
    });
    const attempt = ipcp.lifeTimer;
    this.spawns.ipcp(ipcp.name, ipcp.type, {
      spawned: (pid) => this.spawned(ipcp, pid, ipcp.lifeTimer === attempt),
      failed: (error) => {
        if (ipcp.phase === 'spawning' && ipcp.lifeTimer === attempt) this.startFailed(ipcp, error);
        else if (ipcp.phase === 'ending' && ipcp.pid === 0) this.over(ipcp, true);
      },
    });
  }

  /** `current`: nothing has happened to the IPCP since it was spawned. */
  private spawned(ipcp: IpcpEntry, pid: number, current: boolean): void {
    if (current || ipcp.pid === pid) {
      ipcp.pid = pid;
      ipcp.child = true;
    } else if (ipcp.phase === 'ending' && ipcp.pid === 0) {
      ipcp.pid = pid;
      ipcp.child = true;
      this.core.emit({ kind: 'kill', pid, signal: 'SIGTERM' });
    } else {
      this.core.emit({ kind: 'kill', pid, signal: 'SIGKILL' });
    }
  }

  private registered(ipcp: IpcpEntry, input: RegistryInput & { kind: 'ipcpAttached' }): void {
    const { announcement, caller } = input;
    this.setTimer(ipcp, 0, null);
    if (announcement.state === 'boot') this.goals.lost(ipcp);
    Object.assign(ipcp, {
      type: announcement.type,
      phase: 'living',
      session: input.ipcp,
      pid: caller.pid,
      uid: caller.uid,
      rank: announcement.rank,
      onNetwork: announcement.onNetwork,
      channelPath: announcement.channelPath,
      operations: new Set(announcement.operations),
      state: announcement.state,
      layer: announcement.layer,
      livingSince: this.core.now,
    } satisfies Partial<IpcpEntry>);
    this.core.keep();
    this.core.report('ipcp', `IPCP ${ipcp.name} (${ipcp.type}) registered`, { ipcp: ipcp.name, pid: caller.pid });
    this.hooks.living(ipcp, announcement);
    for (const request of ipcp.creating.splice(0)) this.hooks.created(ipcp, request);
    this.goals.pursue(ipcp);
  }

  private reject(known: IpcpEntry, caller: Caller): void {
    this.core.log('warn', `a second IPCP ${known.name} registered; it is ended`, {
      pid: caller.pid,
      livingPid: known.pid,
    });
    this.core.emit({ kind: 'kill', pid: caller.pid, signal: 'SIGTERM' });
  }

  private sessionEnded(ipcp: IpcpEntry): void {
    const session = ipcp.session!;
    ipcp.session = null;
    if (ipcp.state !== 'shutdown') ipcp.state = 'null';
    ipcp.layer = null;
    this.calls.sessionGone(session, ipcp.name);
    this.hooks.gone(ipcp);
    this.goals.lost(ipcp);
  }

  /** The process is over: restart it, or forget it. */
  private over(ipcp: IpcpEntry, clean: boolean): void {
    const again = ipcp.restart === 'always' || (ipcp.restart === 'on-failure' && !clean);
    if (ipcp.state === 'shutdown' || ipcp.destroying.length > 0 || !again || this.core.stopping)
      return this.forget(ipcp);
    const lived = this.core.now - ipcp.livingSince;
    if (lived >= this.core.limits.backoffResetMs * 1000) ipcp.failures = 0;
    this.rest(ipcp);
  }

  private rest(ipcp: IpcpEntry): void {
    const pauseMs = backoffMs(ipcp.failures, this.core.limits);
    ipcp.failures += 1;
    ipcp.restarts += 1;
    ipcp.phase = 'resting';
    ipcp.state = 'null';
    ipcp.pid = 0;
    ipcp.child = false;
    this.core.report('ipcp', `IPCP ${ipcp.name} restarts in ${pauseMs} ms`, {
      ipcp: ipcp.name,
      restarts: ipcp.restarts,
    });
    this.setTimer(ipcp, pauseMs, () => this.spawn(ipcp));
  }

  private startFailed(ipcp: IpcpEntry, error: Failure): void {
    this.core.log('warn', `IPCP ${ipcp.name} could not be started`, { ipcp: ipcp.name, why: error.message });
    if (ipcp.creating.length === 0 && !this.core.stopping) return this.rest(ipcp);
    this.creationFailed(ipcp, error);
    this.forget(ipcp);
  }

  private creationFailed(ipcp: IpcpEntry, error: Failure): void {
    for (const request of ipcp.creating.splice(0)) this.core.fail(request, error);
  }

  private killHard(ipcp: IpcpEntry): void {
    if (ipcp.pid !== 0) this.core.emit({ kind: 'kill', pid: ipcp.pid, signal: 'SIGKILL' });
    this.setTimer(ipcp, this.core.limits.terminateMs, () => {
      if (ipcp.session !== null) this.sessionEnded(ipcp);
      this.over(ipcp, false);
    });
  }

  private forget(ipcp: IpcpEntry): void {
    if (this.ipcps.get(ipcp.name) !== ipcp) return;
    this.setTimer(ipcp, 0, null);
    this.goals.lost(ipcp);
    this.ipcps.remove(ipcp);
    this.hooks.forgotten(ipcp);
    this.core.keep();
    this.core.report('ipcp', `IPCP ${ipcp.name} is gone`, { ipcp: ipcp.name });
    this.creationFailed(ipcp, failure('EIPCP', `IPCP ${ipcp.name} is gone`));
    for (const request of ipcp.destroying.splice(0)) this.core.reply(request, undefined);
  }

  private setTimer(ipcp: IpcpEntry, ms: number, run: (() => void) | null): void {
    this.core.timers.cancel(ipcp.lifeTimer);
    ipcp.lifeTimer = run ? this.core.after(ms, run) : null;
  }
}

/** Whether this process can be the one that the entry stands for. */
function mayBe(ipcp: IpcpEntry, caller: Caller): boolean {
  if (ipcp.phase === 'spawning') return ipcp.pid === 0 || ipcp.pid === caller.pid;
  return ipcp.phase === 'expected' || (ipcp.phase === 'living' && ipcp.pid === caller.pid);
}
