import { QOS_RAW } from '@ouroboros/model';
import { NO_SECURITY, type OapSecurity } from '@ouroboros/oap';
import type { CredentialFailure, FlowInfo, NameSecurity } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import type { Outcome } from '../messages.js';
import { testCrypto } from './test-crypto.js';
import { testHash } from './test-hash.js';
import { World, farRequest, healthy, no, ok, type Answerer, type TestIpcp } from './world.js';

const NAMES = ['a', 'b', 'c'];
const MOODS = ['healthy', 'silent', 'failing'] as const;
type Mood = (typeof MOODS)[number];
const WAITING = 4;
const PROTECTED =
  OapFeature.DEALLOC_MESSAGE |
  OapFeature.REFUSAL_REASON |
  OapFeature.FRAMES |
  OapFeature.PROTECTION |
  OapFeature.REFUSAL_NOTICE;
const FAR: OapSecurity = { ...NO_SECURITY, encryption: 'offer' };
const NO_FILES: NameSecurity = {
  ok: true,
  credential: null,
  encConf: null,
  kemKeys: { der: null, raw: null },
  trust: { authorities: 0, verify: () => ({ ok: false, code: 'untrusted', text: 'no' }) },
};

export interface Step {
  readonly what: (typeof STEPS)[number];
  /** Picks among what there is. */
  readonly a: number;
  readonly b: number;
}

export const STEPS = [
  ...([
    'attach',
    'attach',
    'close',
    'alloc',
    'alloc',
    'accept',
    'accept',
    'dealloc',
    'cancel',
    'arrive',
    'arrive',
  ] as const),
  ...(['create', 'destroy', 'join', 'connect', 'register', 'unregister', 'bind', 'unbind', 'nameDestroy'] as const),
  ...(['mood', 'late', 'die', 'hang', 'gone', 'exit', 'spawned', 'advance', 'advance', 'reattach', 'policy'] as const),
] as const;

/** Runs random steps against the registry and knows what must be true after each of them. */
export class Storm {
  private readonly crypto = testCrypto();
  readonly world = new World({
    limits: { waitingPerName: WAITING, requestsPerProcess: 6, credentialLoads: WAITING },
    crypto: this.crypto,
    features: PROTECTED,
    far: FAR,
    files: () => this.files(),
  });
  private readonly requests: number[] = [];
  private readonly arrivals = new Map<number, string>();
  private readonly processes = new Map<number, number>();
  private readonly everHeld = new Set<string>();
  private mood: Mood = 'healthy';
  private nonce = 0;

  constructor() {
    for (const name of ['x', 'y']) this.ipcp(name);
    this.world.layer('x', this.about(), 'always');
    for (const name of NAMES)
      this.world.value('bindProgram', { program: `/bin/${name}`, name, auto: name === 'c', args: [] });
  }

  run(step: Step): void {
    this.apply(step);
    this.check();
  }

  /** Everybody leaves; then every question must have its answer. */
  finish(): void {
    for (const process of this.processes.keys()) this.world.close(process);
    const shutdown = this.world.id();
    this.world.input({ kind: 'shutdown', request: shutdown });
    this.world.advance(120_000);
    for (const request of [...this.requests, shutdown])
      expect([request, this.world.replies.has(request)]).toEqual([request, true]);
    for (const arrival of this.arrivals.keys())
      expect([arrival, this.world.answers.has(arrival)]).toEqual([arrival, true]);
    expect(this.world.value('flowList')).toEqual([]);
    expect(this.world.value('ipcpList')).toEqual([]);
    this.world.advance(120_000);
    expect(this.world.registry.deadline).toBe(Infinity);
  }

  private check(): void {
    const flows = this.world.value('flowList') as FlowInfo[];
    expect(new Set(flows.map(({ flowId }) => flowId)).size).toBe(flows.length);
    for (const flow of flows) {
      expect(flow.pids.length > 0 || flow.state === 'dealloc-pending').toBe(true);
      for (const pid of flow.pids) this.everHeld.add(`${pid} ${flow.flowId}`);
    }
    for (const name of NAMES) {
      const open = [...this.arrivals].filter(([arrival, to]) => to === name && !this.world.answers.has(arrival));
      // As many may wait for files as for processes.
      expect(open.length).toBeLessThanOrEqual(2 * WAITING);
    }
    for (const down of this.world.downs.splice(0)) {
      const [process, flowId] = down.split(' ');
      expect(this.everHeld).toContain(`${this.pidOf(Number(process))} ${flowId}`);
    }
  }

  private readonly pids = new Map<number, number>();
  private pidOf(process: number): number | undefined {
    return this.pids.get(process);
  }

  private apply({ what, a, b }: Step): void {
    const { world } = this;
    const process = pick([...this.processes.keys()], a);
    const ipcp = pick([...world.ipcps.values()], a)!;
    const name = pick(NAMES, b)!;
    const flow = pick(world.value('flowList') as FlowInfo[], b);
    switch (what) {
      case 'attach':
        return this.attach(name, a);
      case 'reattach':
        return this.attach(name, a, flow);
      case 'close':
        if (process === undefined) return;
        this.processes.delete(process);
        return world.close(process);
      case 'alloc':
        return this.ask(process !== undefined && world.alloc(process, b % 5 === 0 ? 'nowhere' : name, (b % 4) * 700));
      case 'accept':
        return this.ask(process !== undefined && world.accept(process, (b % 4) * 900));
      case 'dealloc':
        return this.ask(process !== undefined && world.dealloc(process, flow?.flowId ?? b, b));
      case 'cancel':
        return world.input({ kind: 'cancel', request: pick(this.requests, a) ?? 0 });
      case 'arrive':
        return this.arrive(ipcp, name);
      case 'create':
        return this.ask(
          world.manage('ipcpCreate', { name: ipcp.name, type: 't', restart: b % 2 ? 'always' : 'on-failure' }),
        );
      case 'destroy':
        return this.ask(b % 4 === 0 && world.manage('ipcpDestroy', ipcp.name));
      case 'join':
        return this.ask(this.join(ipcp, b));
      case 'connect':
        return this.ask(
          world.manage('ipcpConnect', { name: ipcp.name, dst: name, component: 'Management', qos: QOS_RAW }),
        );
      case 'register':
        return this.ask(world.manage('nameRegister', name, ipcp.name));
      case 'unregister':
        return this.ask(world.manage('nameUnregister', name, ipcp.name));
      case 'bind':
        return this.ask(world.manage('bindProcess', this.processes.get(process ?? 0) ?? 1, name));
      case 'unbind':
        return this.ask(world.manage('unbindProcess', this.processes.get(process ?? 0) ?? 1, b % 2 ? name : ''));
      case 'nameDestroy':
        return this.ask(b % 5 === 0 && world.manage('nameDestroy', name));
      case 'mood':
        this.mood = pick(MOODS, b)!;
        return;
      case 'late':
        return this.late(a, b);
      case 'die':
        return ipcp.session === 0 ? undefined : world.dies(ipcp, b % 3 === 0 ? 0 : null);
      case 'hang':
        if (ipcp.session !== 0) world.input({ kind: 'ipcpClosed', ipcp: ipcp.session });
        return;
      case 'gone':
        return world.input({ kind: 'flowGone', ipcp: ipcp.session, flowId: flow?.flowId ?? b });
      case 'exit':
        return world.input({ kind: 'exited', pid: 5000 + (a % 3), code: 1, signal: null });
      case 'spawned':
        return this.spawned(a, b);
      case 'advance':
        return world.advance((b % 9) ** 3 * 10);
      case 'policy':
        return world.input({
          kind: 'policy',
          policy: {
            directFlows: b % 3 !== 0,
            allowOtherUsers: a % 2 === 0,
            encryption: pick(['require', 'offer', 'off'] as const, a)!,
            authentication: b % 4 === 0 ? 'require' : 'offer',
          },
        });
    }
  }

  private attach(name: string, a: number, flow?: FlowInfo): void {
    const pid = 10 + (a % 6);
    const { world } = this;
    const lie = { mplMs: 1, features: 0, allocated: true, qos: QOS_RAW };
    const flows = flow ? [{ ...lie, ...flow, crypto: null }] : [];
    this.pids.set(world.lastId + 1, pid);
    for (const { flowId } of flows) this.everHeld.add(`${pid} ${flowId}`);
    const process = world.process(`/bin/${name}`, {
      pid,
      uid: a % 2,
      flows,
      channelPath: a % 7 === 0 ? '' : undefined,
    });
    this.processes.set(process, pid);
  }

  /** What is asked of files has no answer while everything is silent; `late` gives it. */
  private files(): NameSecurity | CredentialFailure | undefined {
    if (this.mood === 'silent') return undefined;
    return this.mood === 'failing' && this.nonce % 2 === 0 ? { ok: false, code: 'unreadable', text: 'no' } : NO_FILES;
  }

  private arrive(ipcp: TestIpcp, name: string): void {
    this.nonce += 1;
    const id = new Uint8Array(16);
    new DataView(id.buffer).setUint32(0, this.nonce);
    const { bytes } = farRequest(id, this.nonce % 4 === 0 ? 0 : PROTECTED, this.nonce % 3 === 0 ? NO_SECURITY : FAR, {
      hash: testHash,
      crypto: this.crypto,
    });
    this.arrivals.set(this.world.arrives(ipcp, name, bytes), name);
  }

  private join(ipcp: TestIpcp, b: number): number {
    const common = { name: ipcp.name, config: {}, autobind: b % 2 === 0 };
    if (b % 3 === 0) return this.world.manage('ipcpEnroll', { ...common, dst: 'd', layer: '' });
    return this.world.manage('ipcpBootstrap', { ...common, layer: 'l' });
  }

  private late(a: number, b: number): void {
    const load = pick(this.world.of('loadSecurity').slice(-4), b)?.load;
    if (load !== undefined) this.world.input({ kind: 'securityLoaded', load, found: NO_FILES });
    const calls = this.world.of('callIpcp').slice(-8);
    const call = pick(calls, a);
    const ipcp = [...this.world.ipcps.values()].find(({ session }) => session === call?.ipcp);
    if (!call || !ipcp) return;
    const outcome: Outcome = b % 2 === 0 ? healthy(call, this.world, ipcp) : no('EIO');
    this.world.answered(call.call, outcome);
  }

  private spawned(a: number, b: number): void {
    const spawn = this.world.of('spawnProgram').at(-1)?.spawn;
    if (spawn === undefined) return;
    if (b % 2) this.world.input({ kind: 'spawned', spawn, pid: 5000 + (a % 3) });
    else this.world.input({ kind: 'spawnFailed', spawn, error: { code: 'ENOENT', message: 'none' } });
  }

  private ask(request: number | false): void {
    if (request !== false) this.requests.push(request);
  }

  private about(): Partial<TestIpcp> {
    const answer: Answerer = (call, world, ipcp) => {
      if (this.mood === 'healthy') return healthy(call, world, ipcp);
      return this.mood === 'silent' ? undefined : no('EIO', 'in a bad mood');
    };
    const refuses: Answerer = (call, world, ipcp) =>
      this.mood === 'failing' && call.op === 'flowAlloc'
        ? ok(world.farRefuses(call.args[0], 'ENOSERVER', 'nobody'))
        : answer(call, world, ipcp);
    return {
      answers: {
        bootstrap: answer,
        enroll: answer,
        connect: answer,
        register: answer,
        query: answer,
        flowAlloc: refuses,
      },
    };
  }

  private ipcp(name: string): void {
    this.world.ipcp(name, this.about());
  }
}

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];
