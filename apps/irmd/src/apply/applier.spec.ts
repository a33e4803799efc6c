import { NEVER, OuroborosError, type ErrorCode, type Micros } from '@ouroboros/model';
import { SILENT, type Clock, type IpcpInfo, type NameInfo } from '@ouroboros/ports';
import { taskOf } from '../config/step.js';
import { readConfiguration } from '../config/read-configuration.js';
import { Applier } from './applier.js';
import type { StepTarget } from './perform-step.js';

/** Time that stands still until a spec lets it pass. */
class ManualClock implements Clock {
  private time = 0;
  private timers: { at: number; callback: () => void }[] = [];

  now = (): Micros => this.time as Micros;
  wallNanos = (): bigint => 0n;

  at(at: Micros, callback: () => void): () => void {
    const timer = { at, callback };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((other) => other !== timer));
  }

  /** Lets all promises settle, then goes to the next timer; answers how much time passed in ms. */
  async next(): Promise<number> {
    await settle();
    const timer = this.timers.sort((a, b) => a.at - b.at).shift();
    if (!timer) return NEVER;
    const passed = (timer.at - this.time) / 1000;
    this.time = timer.at;
    timer.callback();
    await settle();
    return passed;
  }

  get idle(): boolean {
    return this.timers.length === 0;
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A node that keeps just enough to tell what is true already; `fail` says what a command answers, once for each entry. */
class FakeNode implements StepTarget {
  readonly commands: string[] = [];
  readonly ipcps = new Map<string, IpcpInfo>();
  readonly names = new Map<string, NameInfo>();
  readonly fail: Record<string, ErrorCode[]> = {};

  private async do(command: string): Promise<void> {
    this.commands.push(command);
    const code = this.fail[command]?.shift();
    if (code) throw new OuroborosError(code, `${code} for ${command}`);
  }

  private async join(name: string, layer: string, command: string): Promise<IpcpInfo> {
    await this.do(command);
    const info = { ...this.ipcps.get(name)!, layer };
    this.ipcps.set(name, info);
    return info;
  }

  ipcpList = async (): Promise<IpcpInfo[]> => [...this.ipcps.values()];
  nameList = async (): Promise<NameInfo[]> => [...this.names.values()];
  ipcpCreate: StepTarget['ipcpCreate'] = async ({ name, type, restart }) => {
    await this.do(`create ${name}`);
    const info: IpcpInfo = {
      pid: 1,
      name,
      type,
      rank: 0,
      state: 'boot',
      layer: '',
      hash: '',
      restart,
      restarts: 0,
      flows: 0,
    };
    this.ipcps.set(name, info);
    return info;
  };
  ipcpBootstrap: StepTarget['ipcpBootstrap'] = ({ name, layer }) =>
    this.join(name, layer, `bootstrap ${name} ${layer}`);
  ipcpEnroll: StepTarget['ipcpEnroll'] = ({ name, dst }) => this.join(name, 'net', `enroll ${name} ${dst}`);
  ipcpConnect: StepTarget['ipcpConnect'] = ({ name, dst, component }) => this.do(`connect ${name} ${dst} ${component}`);
  ipcpDisconnect: StepTarget['ipcpDisconnect'] = ({ name, dst, component }) =>
    this.do(`disconnect ${name} ${dst} ${component}`);
  bindIpcp: StepTarget['bindIpcp'] = (ipcp, name) => this.do(`bind ipcp ${ipcp} ${name}`);
  unbindIpcp: StepTarget['unbindIpcp'] = (ipcp, name) => this.do(`unbind ipcp ${ipcp} ${name}`);
  nameCreate: StepTarget['nameCreate'] = ({ name }) => this.do(`name ${name}`);
  ipcpSecure: StepTarget['ipcpSecure'] = (name) => this.do(`secure ipcp ${name}`);
  nameSecure: StepTarget['nameSecure'] = (name) => this.do(`secure name ${name}`);
  nameDestroy: StepTarget['nameDestroy'] = (name) => this.do(`destroy name ${name}`);
  nameRegister: StepTarget['nameRegister'] = (name, ipcp) => this.do(`register ${name} ${ipcp}`);
  nameUnregister: StepTarget['nameUnregister'] = (name, ipcp) => this.do(`unregister ${name} ${ipcp}`);
  bindProgram: StepTarget['bindProgram'] = ({ program, name }) => this.do(`bind ${program} ${name}`);
  unbindProgram: StepTarget['unbindProgram'] = (program, name) => this.do(`unbind ${program} ${name}`);
}

const tasks = (text: string) =>
  readConfiguration(text, {
    env: {},
    folder: '/',
    isFile: () => true,
    findProgram: (program) => program,
    hasGroup: () => true,
    hasIpcpProgram: () => true,
  }).configuration.tables.map(taskOf);

const STACK = `
[udp4.shim]
bootstrap = "udp"
reg = ["m1"]
[unicast.m1]
enrol = "m0"
autobind = true
reg = ["hello"]
conn = ["m0"]
[name.hello]
prog = ["oping"]
`;

const setUp = () => {
  const node = new FakeNode();
  const clock = new ManualClock();
  const seen: number[] = [];
  const applier: Applier = new Applier(node, clock, SILENT, () => void seen.push(applier.waitingFor.length));
  return { node, clock, applier, seen };
};

describe('a configuration', () => {
  it('connects a broadcast IPCP, which has no management, by data transfer alone', async () => {
    const { node, applier } = setUp();
    await applier.apply(tasks('[broadcast.b1]\nenrol = "b0"\nconn = ["b0"]\n'));
    expect(node.commands.filter((command) => command.startsWith('connect'))).toEqual(['connect b1 b0 Data Transfer']);
  });

  it('is applied in the order of the file, connections last, management first', async () => {
    const { node, applier, seen } = setUp();
    await applier.apply(tasks(STACK));
    expect(node.commands).toEqual([
      'create shim',
      'bootstrap shim udp',
      'register m1 shim',
      'create m1',
      'enroll m1 m0',
      'register hello m1',
      'connect m1 m0 Management',
      'connect m1 m0 Data Transfer',
      'name hello',
      'bind oping hello',
    ]);
    expect(applier.waitingFor).toEqual([]);
    expect(seen[0]).toBe(3);
    expect(seen.at(-1)).toBe(0);
  });

  it('leaves alone what is true already, as after the adoption of a living node', async () => {
    const { node, applier } = setUp();
    await applier.apply(tasks(STACK));
    node.commands.length = 0;
    node.names.set('hello', {
      name: 'hello',
      balancing: 'spill',
      spread: '',
      direct: '',
      programs: [{ path: 'oping', args: [], auto: false }],
      pids: [],
      registered: [],
    });
    node.fail['register m1 shim'] = ['EEXIST'];
    node.fail['connect m1 m0 Management'] = ['EEXIST'];
    await applier.apply(tasks(STACK));
    expect(node.commands).toEqual([
      'register m1 shim',
      'bind ipcp m1 m1',
      'bind ipcp m1 net',
      'register hello m1',
      'connect m1 m0 Management',
      'connect m1 m0 Data Transfer',
      'name hello',
    ]);
    expect(applier.waitingFor).toEqual([]);
  });

  it('waits with growing pauses for a member that cannot be reached, without holding up the tables behind it', async () => {
    const { node, clock, applier } = setUp();
    node.fail['enroll m1 m0'] = ['ENAME', 'ETIMEDOUT', 'EIPCP', 'ENOANSWER', 'ENAME', 'ENAME', 'ENAME', 'ENAME'];
    await applier.apply(tasks(STACK));
    expect(node.commands.at(-1)).toBe('bind oping hello');
    expect(applier.waitingFor).toEqual(['unicast.m1: ipcp enroll name m1 dst m0 autobind: ENAME for enroll m1 m0']);
    const pauses: number[] = [];
    while (applier.waitingFor.length > 0) pauses.push(await clock.next());
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(node.commands.at(-1)).toBe('connect m1 m0 Data Transfer');
  });

  it('gives up on what waiting does not cure, says so, and goes on with the next table', async () => {
    const { node, clock, applier } = setUp();
    node.fail['bootstrap shim udp'] = ['ETIMEDOUT'];
    node.fail['enroll m1 m0'] = ['EAUTH'];
    await applier.apply(tasks(STACK));
    expect(applier.waitingFor).toEqual([
      'udp4.shim: ipcp bootstrap name shim layer udp: ETIMEDOUT for bootstrap shim udp',
      'unicast.m1: ipcp enroll name m1 dst m0 autobind: EAUTH for enroll m1 m0',
    ]);
    expect(clock.idle).toBe(true);
    expect(node.commands.at(-1)).toBe('bind oping hello');
  });

  it('waits for an IPCP that is to come back from before a restart of the daemon, and joins no layer twice', async () => {
    const { node, clock, applier } = setUp();
    await applier.apply(tasks('[local.a]\nbootstrap = "one"'));
    const info = node.ipcps.get('a')!;
    node.ipcps.set('a', { ...info, state: 'null', layer: '' });
    await applier.apply(tasks('[local.a]\nbootstrap = "one"'));
    expect(applier.waitingFor).toEqual(['local.a: ipcp bootstrap name a layer one: IPCP a is not back yet']);
    node.ipcps.set('a', info);
    await clock.next();
    expect(applier.waitingFor).toEqual([]);
    expect(node.commands).toEqual(['create a', 'bootstrap a one']);
  });

  it('waits for an IPCP that came back from before a restart and joins its layer by itself', async () => {
    const { node, clock, applier } = setUp();
    node.fail['bootstrap a one'] = ['EBUSY', 'EBUSY'];
    await applier.apply(tasks('[local.a]\nbootstrap = "one"'));
    expect([await clock.next(), await clock.next()]).toEqual([100, 200]);
    expect(applier.waitingFor).toEqual([]);
    expect(node.commands.filter((command) => command.startsWith('bootstrap'))).toHaveLength(3);
  });

  it('is cancelled while it waits, and tells what is left', async () => {
    const { node, clock, applier } = setUp();
    node.fail['enroll m1 m0'] = ['ENAME'];
    await applier.apply(tasks(STACK));
    const rest = applier.cancel();
    await settle();
    expect([...rest].map(([key, steps]) => [key, steps.map((step) => step.do)])).toEqual([
      ['unicast.m1', ['ipcp-enroll', 'name-register', 'ipcp-connect']],
    ]);
    expect(applier.waitingFor).toEqual([]);
    expect(clock.idle).toBe(true);
    expect(node.commands.filter((command) => command.startsWith('enroll'))).toHaveLength(1);
  });

  it('refuses an IPCP of another type and a member of another layer', async () => {
    const { node, applier } = setUp();
    await applier.apply(tasks('[local.a]\nbootstrap = "one"\n[local.b]'));
    await applier.apply(tasks('[local.a]\nbootstrap = "two"\n[udp4.b]'));
    expect(applier.waitingFor).toEqual([
      'local.a: ipcp bootstrap name a layer two: a is a member of layer one, not two',
      'udp4.b: ipcp create name b type udp4: an IPCP b of type local exists',
    ]);
    expect(node.ipcps.get('a')?.layer).toBe('one');
  });

  it('takes back what is gone already without a fault', async () => {
    const { node, applier } = setUp();
    for (const command of ['unbind oping hello', 'destroy name hello', 'unregister x a', 'disconnect a m Management']) {
      node.fail[command] = ['ENAME'];
    }
    await applier.apply([
      {
        key: 'k',
        steps: [
          { do: 'unbind-program', name: 'hello', program: 'oping' },
          { do: 'name-destroy', name: 'hello' },
          { do: 'name-unregister', name: 'x', ipcp: 'a' },
          { do: 'ipcp-disconnect', ipcp: 'a', dst: 'm' },
        ],
      },
    ]);
    expect(applier.waitingFor).toEqual([]);
    expect(node.commands.at(-2)).toBe('disconnect a m Data Transfer');
  });

  it('binds a program anew when its arguments have changed', async () => {
    const { node, applier } = setUp();
    const programs = [{ path: 'oping', args: ['-l'], auto: true }];
    const kept = {
      name: 'hello',
      balancing: 'spill',
      spread: '',
      direct: '',
      programs,
      pids: [],
      registered: [],
    } as const;
    node.names.set('hello', kept);
    await applier.apply(tasks('[name.hello]\nprog = ["oping"]\nargs = ["-l -Q"]'));
    expect(node.commands).toEqual(['name hello', 'unbind oping hello', 'bind oping hello']);
  });
});
