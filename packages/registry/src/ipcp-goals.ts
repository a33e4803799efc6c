/**
 * What an IPCP was asked for, kept and reached again after a restart: its layer (bootstrap or enroll, the remembered
 * request), the names registered in it, its connections.
 *
 * A goal is reached or not. `pursue` works on all unreached goals of an IPCP at once; those that fail are tried again
 * after a back-off, until they are reached or taken back.
 */
import type { IpcpConnectRequest, LayerInfo } from '@ouroboros/ports';
import { backoffMs } from './backoff.js';
import type { Core } from './core.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { Goal, IpcpEntry, IpcpTable, JoinRequest } from './ipcp-table.js';
import { failure, type IpcpCall, type Outcome } from './messages.js';
import type { NameTable } from './names.js';

export class IpcpGoals {
  constructor(
    private readonly core: Core,
    private readonly ipcps: IpcpTable,
    private readonly names: NameTable,
    private readonly calls: IpcpCalls,
  ) {}

  /** Works on what the IPCP has not reached. Harmless at any time. */
  pursue(ipcp: IpcpEntry): void {
    if (ipcp.phase !== 'living' || this.core.stopping) return;
    if (ipcp.state === 'boot') return this.rejoin(ipcp);
    if (ipcp.state !== 'operational' || !ipcp.layer) return;
    for (const [name, goal] of ipcp.registrations)
      this.work(ipcp, `register ${name}`, goal, this.registration(ipcp, name));
    for (const [key, goal] of ipcp.connections)
      this.work(ipcp, `connect ${key}`, goal, this.connection(ipcp, goal.value));
  }

  /** Bootstraps or enrolls; the IPCP is left as it was when that fails. */
  join(ipcp: IpcpEntry, join: JoinRequest, done: (outcome: Outcome<LayerInfo>) => void): void {
    const { bootstrapMs, enrollMs } = this.core.limits;
    const id = this.core.secrets.correlationId();
    const finish = (outcome: Outcome): void => {
      ipcp.joining = false;
      if (outcome.ok) this.joined(ipcp, join, outcome.value as LayerInfo, id);
      else this.core.log('info', `IPCP ${ipcp.name} joined no layer`, { id, why: outcome.error.message });
    };
    ipcp.joining = true;
    this.calls.call(
      ipcp,
      joinCall(join, id),
      join.op === 'bootstrap' ? bootstrapMs : enrollMs,
      (outcome, expired) => {
        if (!expired) finish(outcome);
        done(outcome as Outcome<LayerInfo>);
      },
      (outcome) => {
        finish(outcome);
        this.pursue(ipcp);
      },
    );
  }

  /** The process is gone, and with it all that it had reached. */
  lost(ipcp: IpcpEntry): void {
    ipcp.joining = false;
    ipcp.underWay.clear();
    this.core.timers.cancel(ipcp.retryTimer);
    ipcp.retryTimer = null;
    ipcp.retries = 0;
    for (const goal of goalsOf(ipcp)) goal.reached = false;
  }

  /** What the IPCPs have not reached, in words, for `status`. */
  unreached(): string[] {
    return [...this.ipcps.all()].flatMap((ipcp) => this.unreachedOf(ipcp).map((text) => `IPCP ${ipcp.name}: ${text}`));
  }

  private unreachedOf(ipcp: IpcpEntry): string[] {
    if (ipcp.phase === 'ending') return [];
    if (ipcp.phase !== 'living') return [PHASE_WORDS[ipcp.phase]];
    if (ipcp.state === 'boot' && ipcp.join) return [withTrouble(ipcp, joinWords(ipcp.join))];
    const open: string[] = [];
    for (const [name, goal] of ipcp.registrations) if (!goal.reached) open.push(withTrouble(ipcp, `register ${name}`));
    for (const [key, goal] of ipcp.connections) if (!goal.reached) open.push(withTrouble(ipcp, `connect ${key}`));
    return open;
  }

  private rejoin(ipcp: IpcpEntry): void {
    const { join } = ipcp;
    if (!join || ipcp.joining || ipcp.retryTimer) return;
    this.core.log('info', `IPCP ${ipcp.name}: ${joinWords(join)} again`, { ipcp: ipcp.name });
    this.join(ipcp, join, (outcome) => {
      if (outcome.ok) this.pursue(ipcp);
      else if (ipcp.phase === 'living') this.failed(ipcp, joinWords(join), outcome.error.message);
    });
  }

  private joined(ipcp: IpcpEntry, join: JoinRequest, info: LayerInfo, id: string): void {
    const { name: layer } = info;
    ipcp.state = 'operational';
    ipcp.layer = info;
    ipcp.join = join;
    ipcp.troubles.clear();
    ipcp.retries = 0;
    this.core.keep();
    const how = join.op === 'bootstrap' ? 'bootstrapped' : 'enrolled in';
    this.core.report('ipcp', `IPCP ${ipcp.name} ${how} layer ${layer}`, { id, ipcp: ipcp.name, layer });
  }

  private work<T>(
    ipcp: IpcpEntry,
    key: string,
    goal: Goal<T>,
    attempt: (done: (outcome: Outcome) => void) => void,
  ): void {
    if (goal.reached || ipcp.underWay.has(key)) return;
    const { session } = ipcp;
    ipcp.underWay.add(key);
    attempt((outcome) => {
      if (ipcp.session !== session) return;
      ipcp.underWay.delete(key);
      if (outcome.ok) this.reached(ipcp, key, goal);
      else this.failed(ipcp, key, outcome.error.message);
    });
  }

  private reached<T>(ipcp: IpcpEntry, key: string, goal: Goal<T>): void {
    goal.reached = true;
    ipcp.troubles.delete(key);
    if (ipcp.troubles.size === 0) ipcp.retries = 0;
    this.core.keep();
    this.core.report('ipcp', `IPCP ${ipcp.name}: ${key}: done`, { ipcp: ipcp.name });
  }

  private failed(ipcp: IpcpEntry, key: string, why: string): void {
    ipcp.troubles.set(key, why);
    this.core.log('warn', `IPCP ${ipcp.name}: ${key} failed`, { ipcp: ipcp.name, why });
    if (ipcp.retryTimer) return;
    ipcp.retryTimer = this.core.after(backoffMs(ipcp.retries, this.core.limits), () => {
      ipcp.retryTimer = null;
      this.pursue(ipcp);
    });
    ipcp.retries += 1;
  }

  private registration(ipcp: IpcpEntry, name: string): (done: (outcome: Outcome) => void) => void {
    return (done) => {
      const { layer } = ipcp;
      if (!layer) return done({ ok: false, error: failure('EIPCPSTATE', 'in no layer') });
      const hash = this.names.hashOf(layer.hash, name);
      this.calls.call(ipcp, { op: 'register', args: [hash] }, this.core.limits.registerMs, done);
    };
  }

  private connection(ipcp: IpcpEntry, request: IpcpConnectRequest): (done: (outcome: Outcome) => void) => void {
    return (done) => this.calls.call(ipcp, connectCall(request), this.core.limits.connectMs, done);
  }
}

function joinCall(join: JoinRequest, correlationId: string): IpcpCall {
  if (join.op === 'bootstrap') {
    const { layer, config } = join.request;
    return { op: 'bootstrap', args: [{ layer, config }] };
  }
  const { dst, config } = join.request;
  return { op: 'enroll', args: [{ dst, config, correlationId }] };
}

export const connectCall = ({ dst, component, qos }: IpcpConnectRequest): IpcpCall => ({
  op: 'connect',
  args: [{ dst, component, qos }],
});

function* goalsOf(ipcp: IpcpEntry): IterableIterator<Goal<unknown>> {
  yield* ipcp.registrations.values();
  yield* ipcp.connections.values();
}

const joinWords = (join: JoinRequest): string =>
  join.op === 'bootstrap' ? `bootstrap layer ${join.request.layer}` : `enroll with ${join.request.dst}`;

const PHASE_WORDS = { spawning: 'start', expected: 'come back', resting: 'restart' } as const;

function withTrouble(ipcp: IpcpEntry, text: string): string {
  const why = ipcp.troubles.get(text);
  return why === undefined ? text : `${text} (${why})`;
}
