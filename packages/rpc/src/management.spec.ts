import { createServer } from 'node:net';
import { OuroborosError, type ErrorCode } from '@ouroboros/model';
import type { Management, StatusEvent, WatchEvent } from '@ouroboros/ports';
import { connectManagement, type Caller } from './index.js';
import { deferred, refusing, rejection, Rig } from './rig.fixture.js';
import * as sample from './samples.fixture.js';

type Method = Exclude<keyof Management, 'watch'>;

/** Arguments and result of every method. */
const CALLS: { [K in Method]: [args: Parameters<Management[K]>, result: Awaited<ReturnType<Management[K]>>] } = {
  ipcpCreate: [[sample.CREATE], sample.NEW_IPCP],
  ipcpDestroy: [['uni.1'], undefined],
  ipcpDescribe: [
    ['udp4'],
    {
      ...{ type: 'udp4', rank: 40, operations: ['bootstrap', 'query'] },
      keys: [{ key: 'port', legal: 'a number', help: 'of UDP', required: false, fallback: '3435' }],
    },
  ],
  ipcpList: [[], [sample.IPCP, sample.NEW_IPCP]],
  ipcpSecure: [['uni.1', { encryption: 'require', authentication: 'require' }], undefined],
  ipcpBootstrap: [[sample.BOOTSTRAP], sample.IPCP],
  ipcpEnroll: [[sample.ENROLL], sample.IPCP],
  ipcpConnect: [[sample.CONNECT], undefined],
  ipcpDisconnect: [[sample.DISCONNECT], undefined],
  ipcpReport: [
    ['uni.1', 'routes', { hash: 'ab' }],
    [sample.CONFIG, null, 1, 'x', false],
  ],
  ipcpControl: [['uni.1', 'drop', sample.CONFIG], null],
  ribList: [
    ['uni.1', '/a'],
    ['b', 'c'],
  ],
  ribRead: [['uni.1', '/a/b'], 'contents\n'],
  bindProgram: [[sample.BIND], undefined],
  bindProcess: [[123, 'hello'], undefined],
  bindIpcp: [['uni.1', 'hello'], undefined],
  unbindProgram: [['/bin/x', ''], undefined],
  unbindProcess: [[123, 'hello'], undefined],
  unbindIpcp: [['uni.1', 'hello'], undefined],
  nameCreate: [[sample.CREATE_NAME], undefined],
  nameDestroy: [['hello'], undefined],
  nameSecure: [['hello', { encryption: 'off', authentication: '' }], undefined],
  nameList: [[], [sample.NAME]],
  nameLocate: [
    ['hello'],
    [
      {
        ...{ ipcp: 'uni.1', type: 'unicast', layer: 'net', rank: 10 },
        ...{ answer: 'no-answer', tookMs: 1.5, text: 'late', key: '0a0b' },
      },
    ],
  ],
  nameRegister: [['hello', 'uni.1'], undefined],
  nameUnregister: [['hello', 'uni.1'], undefined],
  flowList: [[], [sample.FLOW]],
  flowFailures: [
    [''],
    [
      {
        ...{ agoMs: 3, name: 'hello', side: 'remote', code: 'ECLOCK', stage: 'clock', text: 'not yet' },
        ...{ ipcp: 'uni.1', layer: 'net', correlationId: '01', pid: 0 },
      },
    ],
  ],
  status: [[], sample.STATUS],
};

const note = (said: StatusEvent): WatchEvent => ({ ...sample.NOTE, ...said });

describe('The management service', () => {
  let rig: Rig;
  beforeEach(() => (rig = new Rig()));
  afterEach(() => rig.close());

  async function connected(methods: Partial<Management>, callers: Caller[] = []): Promise<Management> {
    const managementFor = (caller: Caller): Management => {
      callers.push(caller);
      return refusing(methods);
    };
    await rig.serve({ managementFor });
    return rig.keep(connectManagement(rig.path));
  }

  it.each(Object.entries(CALLS))('carries %s there and back in the same shape', async (name, [args, result]) => {
    const seen: unknown[] = [];
    const method = (...received: unknown[]): Promise<unknown> => {
      seen.push(...received);
      return Promise.resolve(result);
    };
    const management = await connected({ [name]: method });
    const call = management[name as Method] as (...args: unknown[]) => Promise<unknown>;
    expect(await call(...args)).toEqual(result);
    expect(seen).toEqual(args);
  });

  it('knows the caller as the kernel does, once per connection', async () => {
    const callers: Caller[] = [];
    const management = await connected({ status: () => Promise.resolve(sample.STATUS) }, callers);
    await management.status();
    await management.status();
    expect(callers).toEqual([{ pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() }]);
  });

  it.each<[ErrorCode, string | undefined, string | undefined]>([
    ['ENAME', 'name', 'name'],
    ['ENOSERVER', undefined, 'accept'],
    ['EREFUSED', undefined, 'policy'],
    ['EQOS', 'qos.delay', undefined],
    ['EIO', undefined, undefined],
    ['EAUTH', 'schlüssel', 'größe'],
  ])('carries error %s with its field and its stage', async (code, field, stage) => {
    const management = await connected({
      status: () => Promise.reject(new OuroborosError(code, `warum? 🐍\n${'x'.repeat(500)}`, { field, stage })),
    });
    const error = await rejection(management.status());
    expect(error).toMatchObject({ code, field, stage, message: `warum? 🐍\n${'x'.repeat(500)}` });
  });

  it('clips a text that would not fit into a trailer', async () => {
    const management = await connected({
      status: () => Promise.reject(new OuroborosError('EINVAL', 'ü'.repeat(100_000))),
    });
    const error = await rejection(management.status());
    expect(error.code).toBe('EINVAL');
    expect(error.message).toHaveLength(2048);
  });

  it('calls a fault of the daemon EIO', async () => {
    const management = await connected({ status: () => Promise.reject(new TypeError('oops')) });
    expect(await rejection(management.status())).toMatchObject({ code: 'EIO', message: 'oops' });
  });

  it('refuses wrong arguments before they are sent, and names the field', async () => {
    const management = rig.keep(connectManagement(rig.path));
    await rig.serve();
    const wrong = { ...sample.CONNECT, qos: { ...sample.CONNECT.qos, delay: -1 } };
    expect(await rejection(management.ipcpConnect(wrong))).toMatchObject({ code: 'EINVAL', field: 'qos.delay' });
    const restart = 'sometimes' as 'never';
    const error = await rejection(management.ipcpCreate({ ...sample.CREATE, restart }));
    expect(error).toMatchObject({ code: 'EINVAL', field: 'restart' });
    expect(error.message).toContain('never, on-failure, always');
  });

  it('refuses a message above 1 MiB in either direction and lives on', async () => {
    const management = await connected({
      ribRead: (_, path) => Promise.resolve(path === 'big' ? 'x'.repeat(1024 * 1024) : 'small'),
    });
    expect(await rejection(management.ribRead('x'.repeat(1024 * 1024), ''))).toMatchObject({ code: 'EMSGSIZE' });
    expect(await rejection(management.ribRead('u', 'big'))).toMatchObject({ code: 'EMSGSIZE' });
    expect(await management.ribRead('u', 'little')).toBe('small');
  });

  it('streams changes until the signal aborts, which the daemon sees', async () => {
    const gone = deferred();
    async function* watch(signal?: Parameters<Management['watch']>[0]): AsyncIterable<WatchEvent> {
      for (let i = 0; i < 100; i++) yield note({ kind: 'flow', text: `event ${i}` });
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      gone.resolve();
    }
    const management = await connected({ watch });
    const controller = new AbortController();
    const events: WatchEvent[] = [];
    for await (const event of management.watch(controller.signal)) {
      events.push(event);
      if (events.length === 100) controller.abort();
    }
    expect(events[99]).toEqual(note({ kind: 'flow', text: 'event 99' }));
    await gone.promise;
  });

  it('carries each kind of object in a watch, and the kinds that are asked for', async () => {
    const objects: Partial<WatchEvent>[] = [
      { kind: 'ipcp', change: 'present', ipcp: sample.IPCP },
      { kind: 'name', change: 'added', name: sample.NAME },
      { kind: 'flow', change: 'removed', flow: sample.FLOW },
      { kind: 'link', change: 'changed', link: sample.LINK },
      { kind: 'route', change: 'added', route: sample.ROUTE },
      { kind: '', change: 'complete' },
    ];
    const sent = objects.map((object) => ({ ...note({ kind: 'flow', text: 'said' }), ...object }));
    const asked: unknown[] = [];
    async function* watch(_: unknown, kinds: unknown): AsyncIterable<WatchEvent> {
      asked.push(kinds);
      yield* sent;
    }
    const management = await connected({ watch });
    const seen: WatchEvent[] = [];
    for await (const event of management.watch(undefined, ['ipcp', 'link'])) seen.push(event);
    expect(seen).toEqual(sent);
    expect(asked).toEqual([['ipcp', 'link']]);
    const unknown = (async () => {
      for await (const event of management.watch(undefined, ['none' as 'ipcp'])) throw new Error(event.text);
    })();
    expect(await rejection(unknown)).toMatchObject({ code: 'EINVAL', field: 'kinds[0]' });
  });

  it('ends a watch when the watcher breaks out of its loop', async () => {
    const gone = deferred();
    async function* watch(signal?: Parameters<Management['watch']>[0]): AsyncIterable<WatchEvent> {
      signal?.addEventListener('abort', () => gone.resolve());
      for (;;) yield note({ kind: 'name', text: 'again' });
    }
    const management = await connected({ watch });
    for await (const event of management.watch()) if (event.text === 'again') break;
    await gone.promise;
  });

  it('throws EIRMD in a watch when the daemon goes away, and an error of the daemon as it is', async () => {
    async function* endless(): AsyncIterable<WatchEvent> {
      yield note({ kind: 'ipcp', text: 'first' });
      await new Promise(() => undefined);
    }
    const server = await rig.serve({ managementFor: () => refusing<Management>({ watch: endless }) });
    const management = rig.keep(connectManagement(rig.path));
    const watchUntilEnd = async (): Promise<void> => {
      for await (const event of management.watch()) if (event.text === 'first') server.close();
    };
    expect(await rejection(watchUntilEnd())).toMatchObject({ code: 'EIRMD' });

    const failing = (): AsyncIterable<WatchEvent> => {
      throw new OuroborosError('EPERM', 'not you', { field: 'uid' });
    };
    await rig.serve({ managementFor: () => refusing<Management>({ watch: failing }) });
    const refused = async (): Promise<void> => {
      for await (const event of management.watch()) throw new Error(event.text);
    };
    expect(await rejection(refused())).toMatchObject({ code: 'EPERM', field: 'uid' });
  });

  it('says EIRMD at once when nobody listens, and works when somebody does', async () => {
    const management = rig.keep(connectManagement(rig.path));
    const start = performance.now();
    const error = await rejection(management.status());
    expect(performance.now() - start).toBeLessThan(1000);
    expect(error.code).toBe('EIRMD');
    expect(error.message).toContain(`there is no ${rig.path}`);
    await rig.serve({ managementFor: () => refusing<Management>({ status: () => Promise.resolve(sample.STATUS) }) });
    expect(await management.status()).toEqual(sample.STATUS);
  });

  it('says EIRMD within about 1 s when the daemon accepts but never speaks', async () => {
    const mute = createServer((socket) => rig.keep({ close: () => socket.destroy() }));
    await new Promise<void>((resolve) => mute.listen(rig.path, resolve));
    rig.keep(mute);
    const management = rig.keep(connectManagement(rig.path));
    const start = performance.now();
    const error = await rejection(management.status());
    expect(error).toMatchObject({ code: 'EIRMD' });
    expect(error.message).toContain('does not answer');
    expect(performance.now() - start).toBeLessThan(1500);
  });

  it('rejects a pending call with EIRMD when the daemon dies, and connects again for the next', async () => {
    const called = deferred();
    const hang = (): Promise<never> => {
      called.resolve();
      return new Promise(() => undefined);
    };
    const server = await rig.serve({ managementFor: () => refusing<Management>({ status: hang }) });
    const management = rig.keep(connectManagement(rig.path));
    const pending = rejection(management.status());
    await called.promise;
    server.close();
    expect(await pending).toMatchObject({ code: 'EIRMD' });
    await rig.serve({ managementFor: () => refusing<Management>({ nameList: () => Promise.resolve([]) }) });
    expect(await management.nameList()).toEqual([]);
  });

  it('refuses calls after close', async () => {
    const management = connectManagement(rig.path);
    management.close();
    expect(await rejection(management.status())).toMatchObject({ code: 'EBADF' });
  });
});
