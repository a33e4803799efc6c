import { EMPTY_BYTES, OuroborosError, QOS_RAW, micros, type JsonObject, type Micros } from '@ouroboros/model';
import {
  SILENT,
  type Clock,
  type FlowService,
  type IpcpOperations,
  type IpcpTypeInfo,
  type IrmUpcalls,
  type Random,
} from '@ouroboros/ports';
import { RegistryDriver, type RegistryDriverOptions } from './driver.js';
import type { IpcpSession, ProcessSession, RegistryHost } from './host.js';
import { testHash } from './testing/test-hash.js';
import {} from './testing/world.js';

/** Lets all promises that can settle do so. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

class TestClock implements Clock {
  private time = micros(0);
  private readonly timers = new Set<{ at: Micros; run: () => void }>();

  now = (): Micros => this.time;
  wallNanos = (): bigint => 1n;
  at(at: Micros, run: () => void): () => void {
    const timer = { at, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  async pass(ms: number): Promise<void> {
    this.time = micros(this.time + ms * 1000);
    for (const timer of [...this.timers]) if (timer.at <= this.time && this.timers.delete(timer)) timer.run();
    await settle();
  }
}

const random: Random = { bytes: (length) => new Uint8Array(length).fill(3), uint32: () => 4 };
const caller = { pid: 10, uid: 1, gid: 1 };

class TestHost implements RegistryHost {
  readonly kills: string[] = [];
  readonly kept: JsonObject[] = [];
  keeping: () => void = () => undefined;
  constructor(private readonly onSpawn: (name: string) => void) {}

  async describeIpcp(type: string): Promise<IpcpTypeInfo> {
    return { type, rank: 40, operations: [], keys: [] };
  }

  spawnIpcp(name: string, type: string): Promise<number> {
    if (type === 'none') return Promise.reject(new OuroborosError('EIPCPTYPE', 'no type none', { field: 'type' }));
    this.onSpawn(name);
    return Promise.resolve(50);
  }
  spawnProgram = (): Promise<number> => Promise.resolve(60);
  kill = (pid: number, signal: string): void => void this.kills.push(`${pid} ${signal}`);
  persist(state: JsonObject): Promise<void> {
    this.kept.push(state);
    return new Promise((resolve) => (this.keeping = resolve));
  }
  resolveProgram = (program: string): Promise<string> =>
    program === 'missing'
      ? Promise.reject(new OuroborosError('ENOENT', 'no program missing', { field: 'program' }))
      : Promise.resolve(`/usr/bin/${program}`);
}

interface Attached extends ProcessSession {
  service: FlowService;
  readonly downs: number[];
  close(): void;
}

function processSession(pid: number, program: string): Attached {
  const session: Attached = {
    caller: { ...caller, pid },
    announcement: { pid, program, args: [], channelPath: `/chan/${pid}`, flows: [] },
    serve: (service) => (session.service = service),
    flowDown: (flowId) => void session.downs.push(flowId),
    onClose: (closed) => (session.close = closed),
    service: undefined as never,
    downs: [],
    close: () => undefined,
  };
  return session;
}

interface Registered extends IpcpSession {
  upcalls: IrmUpcalls;
  close(): void;
}

function ipcpSession(name: string, operations: Partial<IpcpOperations> = {}): Registered {
  const session: Registered = {
    caller: { ...caller, pid: 50 },
    announcement: {
      ...{ pid: 50, name, type: 'test', rank: 1, channelPath: '/ipcp', state: 'boot', layer: null, flows: [] },
      operations: ['bootstrap', 'register', 'query', 'flowAlloc', 'report'],
      onNetwork: false,
    },
    operations: {
      bootstrap: ({ layer }) => Promise.resolve({ name: layer, hash: 'MD5', oapRoom: 0 }),
      ...operations,
    } as IpcpOperations,
    serve: (upcalls) => (session.upcalls = upcalls),
    onClose: (closed) => (session.close = closed),
    upcalls: undefined as never,
    close: () => undefined,
  };
  return session;
}

function start(options: Partial<RegistryDriverOptions> = {}, ipcp = ipcpSession('udp')) {
  const clock = new TestClock();
  const host = new TestHost(() => driver.attachIpcp(ipcp));
  const identity = { version: '1', pid: 1, runtimeDir: '/run' };
  const driver = new RegistryDriver({ clock, random, hash: testHash, logger: SILENT, host, identity, ...options });
  driver.start();
  const management = driver.managementFor(caller);
  const attach = (pid: number, program: string): Attached => {
    const session = processSession(pid, program);
    driver.attachProcess(session);
    return session;
  };
  return { clock, host, driver, management, attach, ipcp };
}

describe('The driver of the registry', () => {
  it('turns management into promises', async () => {
    const { management } = start();
    const created = await management.ipcpCreate({ name: 'udp', type: 'test', restart: 'never' });
    expect(created).toMatchObject({ name: 'udp', pid: 50, state: 'boot' });
    const request = { name: 'udp', layer: 'l', config: {}, autobind: false };
    expect(await management.ipcpBootstrap(request)).toMatchObject({ state: 'operational', hash: 'MD5' });
    expect(await management.status()).toMatchObject({ version: '1', runtimeDir: '/run', ready: true });
  });

  it('rejects with all that an error says', async () => {
    const { management } = start();
    const create = management.ipcpCreate({ name: 'x', type: 'none', restart: 'never' });
    await expect(create).rejects.toMatchObject({ code: 'EIPCPTYPE', message: 'no type none', field: 'type' });
    await expect(create).rejects.toBeInstanceOf(OuroborosError);
  });

  it('finds the path of a program before it binds it', async () => {
    const { management } = start();
    await management.bindProgram({ program: 'serve', name: 'hello', auto: false, args: [] });
    expect(await management.nameList()).toMatchObject([{ programs: [{ path: '/usr/bin/serve' }] }]);
    const missing = management.bindProgram({ program: 'missing', name: 'hello', auto: false, args: [] });
    await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives processes flows, cancels what they give up, and tells them of ends', async () => {
    const { management, attach } = start();
    await management.bindProgram({ program: 'serve', name: 'hello', auto: false, args: [] });
    const [server, client] = [attach(11, '/x/serve'), attach(12, '/x/client')];
    const abort = new AbortController();
    const given = server.service.accept({ timeoutMs: 0 }, abort.signal);
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'ECANCELED' });
    await expect(server.service.accept({ timeoutMs: 0 }, abort.signal)).rejects.toMatchObject({ code: 'ECANCELED' });
    const accept = server.service.accept({ timeoutMs: 0 });
    const grant = await client.service.alloc({ name: 'hello', qos: QOS_RAW, timeoutMs: 0 });
    expect((await accept).flowId).toBe(grant.flowId);
    server.close();
    expect(client.downs).toEqual([grant.flowId]);
    await client.service.dealloc(grant.flowId, 0);
    await expect(client.service.dealloc(grant.flowId, 0)).rejects.toMatchObject({ code: 'ENOTALLOC' });
  });

  it('answers arrivals of IPCPs, and their reports', async () => {
    const session = ipcpSession('udp', { report: () => Promise.reject(new Error('odd')) });
    const { management, ipcp } = start({}, session);
    await management.ipcpCreate({ name: 'udp', type: 'test', restart: 'never' });
    const bounds = { mplMs: 1, layerPacket: 0, wholePacket: 0 };
    const flow = { hash: new Uint8Array(16), qos: QOS_RAW, ...bounds, data: EMPTY_BYTES, lacking: '' };
    expect(await ipcp.upcalls.flowArrived(flow)).toMatchObject({ response: -1009, flowId: 0 });
    await expect(management.ipcpReport('udp', 'x')).rejects.toMatchObject({ code: 'EIO', message: 'odd' });
  });

  it('runs timers of the registry on its clock', async () => {
    const { clock, attach } = start();
    const accept = attach(11, '/x/serve').service.accept({ timeoutMs: 100 });
    await clock.pass(100);
    await expect(accept).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('restarts IPCPs when the host tells of their exit', async () => {
    const { clock, driver, management, ipcp } = start();
    await management.ipcpCreate({ name: 'udp', type: 'test', restart: 'always' });
    ipcp.close();
    driver.processExited(50, null, 'SIGKILL');
    expect(await management.ipcpList()).toMatchObject([{ state: 'null', restarts: 1 }]);
    await clock.pass(100);
    expect(await management.ipcpList()).toMatchObject([{ state: 'boot', restarts: 1 }]);
  });

  it('keeps the state one write at a time, the last one complete', async () => {
    const { host, management } = start();
    const paths = { serverEnc: '', serverCrt: '', serverKey: '', clientEnc: '', clientCrt: '', clientKey: '' };
    for (const name of ['a', 'b', 'c'])
      await management.nameCreate({ name, balancing: 'spill', spread: '', direct: '', paths });
    expect(host.kept).toHaveLength(1);
    host.keeping();
    await settle();
    expect(host.kept).toHaveLength(2);
    expect(host.kept[1]).toMatchObject({ names: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] });
    host.keeping();
    await settle();
    expect(host.kept).toHaveLength(2);
  });

  it('shows changes to watchers until they stop', async () => {
    const { clock, management, driver } = start();
    const abort = new AbortController();
    const [one, two] = [management.watch(abort.signal, ['name']), management.watch(undefined, ['name', 'flow'])].map(
      (events) => events[Symbol.asyncIterator](),
    );
    const next = async (events = one): Promise<unknown> => (await events!.next()).value as unknown;
    expect(await next()).toMatchObject({ sequence: 1, kind: '', change: 'complete' });
    const paths = { serverEnc: '', serverCrt: '', serverKey: '', clientEnc: '', clientCrt: '', clientKey: '' };
    await management.nameCreate({ name: 'a', balancing: 'spill', spread: '', direct: '', paths });
    await clock.pass(20);
    const note = { sequence: 2, kind: 'name', change: 'note', text: 'name a created', name: null };
    expect(await next()).toMatchObject(note);
    expect(await next()).toMatchObject({ sequence: 3, kind: 'name', change: 'added', name: { name: 'a' } });
    const end = one!.next();
    abort.abort();
    expect(await end).toMatchObject({ done: true });
    expect(await next(two)).toMatchObject({ change: 'complete' });
    expect(await next(two)).toMatchObject(note);
    expect(await next(two)).toMatchObject({ change: 'added' });
    const open = two!.next();
    driver.stop();
    expect(await open).toMatchObject({ done: true });
  });

  it('says what the daemon waits for, and ends what is open when it stops', async () => {
    const { driver, management, attach } = start();
    driver.setWaiting(['the configuration']);
    expect(await management.status()).toMatchObject({ ready: false, waitingFor: ['the configuration'] });
    const accept = attach(11, '/x/serve').service.accept({ timeoutMs: 0 });
    driver.stop();
    await expect(accept).rejects.toMatchObject({ code: 'EIRMD' });
    await expect(management.status()).rejects.toMatchObject({ code: 'EIRMD' });
  });

  it('ends the node in order', async () => {
    const { driver, host, management, ipcp } = start();
    await management.ipcpCreate({ name: 'udp', type: 'test', restart: 'always' });
    const over = driver.shutdown();
    expect(host.kills).toEqual(['50 SIGTERM']);
    ipcp.close();
    driver.processExited(50, 0, null);
    await over;
    expect(await management.ipcpList()).toEqual([]);
  });
});
