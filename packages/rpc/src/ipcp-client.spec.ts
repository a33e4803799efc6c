import { OuroborosError } from '@ouroboros/model';
import type { IpcpAnnouncement, IpcpOperations, IrmUpcalls } from '@ouroboros/ports';
import { connectIpcp, type IpcpClient, type IpcpOptions, type IpcpSession } from './index.js';
import { deferred, refusing, rejection, Rig } from './rig.fixture.js';
import * as sample from './samples.fixture.js';

type Calls = {
  [K in keyof IpcpOperations]: [Parameters<IpcpOperations[K]>, Awaited<ReturnType<IpcpOperations[K]>>];
};

/** Arguments and result of every operation. */
const OPERATIONS: Calls = {
  bootstrap: [[{ layer: 'net', config: sample.CONFIG }], { name: 'net', hash: 'MD5', oapRoom: 1985 }],
  enroll: [[{ dst: 'a', config: sample.CONFIG, correlationId: '01' }], { name: 'net', hash: 'SHA3_224', oapRoom: 0 }],
  connect: [[{ dst: 'b', component: 'Data Transfer', qos: sample.CONNECT.qos }], undefined],
  disconnect: [[{ dst: 'b', component: 'Management' }], undefined],
  register: [[sample.HASH], undefined],
  unregister: [[sample.HASH], undefined],
  query: [[sample.HASH, '0123456789abcdef'], true],
  flowAlloc: [[sample.IPCP_ALLOC], sample.IPCP_ALLOC_RESULT],
  flowJoin: [[sample.IPCP_JOIN], { mplMs: 100 }],
  flowAgreed: [[66, 0xffff_ffff], undefined],
  flowDealloc: [[66, 1500], undefined],
  report: [['routes', { hash: 'ab' }], sample.CONFIG],
  control: [
    ['drop', sample.CONFIG],
    [1, null],
  ],
  ribList: [[''], ['a', 'b']],
  ribRead: [['a'], 'value'],
};

describe('The IPCP services', () => {
  let rig: Rig;
  beforeEach(() => (rig = new Rig()));
  afterEach(() => rig.close());

  const connect = (options: Partial<IpcpOptions> = {}): IpcpClient =>
    rig.keep(
      connectIpcp({
        socketPath: rig.path,
        announce: () => sample.ANNOUNCED_IPCP,
        operations: refusing<IpcpOperations>(),
        ...options,
      }),
    );

  async function registered(
    operations: Partial<IpcpOperations>,
    upcalls: Partial<IrmUpcalls> = {},
    options: Partial<IpcpOptions> = {},
  ): Promise<{ client: IpcpClient; session: IpcpSession }> {
    const sessions: IpcpSession[] = [];
    await rig.serve({
      onIpcp: (session) => {
        sessions.push(session);
        session.serve(refusing(upcalls));
      },
    });
    const client = connect({ operations: refusing(operations), ...options });
    await client.ready();
    return { client, session: sessions[0]! };
  }

  it('registers an IPCP, whose caller is what the kernel says', async () => {
    const { session } = await registered({}, {}, { announce: () => ({ ...sample.ANNOUNCED_IPCP, pid: 1 }) });
    expect(session.announcement).toEqual({ ...sample.ANNOUNCED_IPCP, pid: process.pid });
    expect(session.caller).toEqual({ pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
  });

  it('carries an absent layer as null', async () => {
    const announcement: IpcpAnnouncement = { ...sample.ANNOUNCED_IPCP, state: 'boot', layer: null, flows: [] };
    const { session } = await registered({}, {}, { announce: () => announcement });
    expect(session.announcement).toEqual(announcement);
  });

  it.each(Object.entries(OPERATIONS))('carries %s there and back in the same shape', async (name, [args, result]) => {
    const seen: unknown[] = [];
    const operation = (...received: unknown[]): Promise<unknown> => {
      seen.push(...received);
      return Promise.resolve(result);
    };
    const { session } = await registered({ [name]: operation });
    const call = session.operations[name as keyof IpcpOperations] as (...args: unknown[]) => Promise<unknown>;
    expect(await call(...args)).toEqual(result);
    expect(seen).toEqual(args);
  });

  it('carries an operation’s error', async () => {
    const { session } = await registered({
      bootstrap: () => Promise.reject(new OuroborosError('EINVAL', 'bad port', { field: 'config.port' })),
    });
    const error = await rejection(session.operations.bootstrap({ layer: 'net', config: {} }));
    expect(error).toMatchObject({ code: 'EINVAL', message: 'bad port', field: 'config.port' });
  });

  it('answers an operation whose result is too large with EMSGSIZE, and the stream lives on', async () => {
    const report = (topic: string): Promise<string> => Promise.resolve('x'.repeat(topic === 'big' ? 1024 * 1024 : 1));
    const { session } = await registered({ report });
    expect(await rejection(session.operations.report('big'))).toMatchObject({ code: 'EMSGSIZE' });
    expect(await session.operations.report('small')).toBe('x');
  });

  it('carries upcalls', async () => {
    const gone = deferred<number>();
    const arrivals: unknown[] = [];
    const { client } = await registered(
      {},
      {
        flowArrived: (arrival) => Promise.resolve(sample.ARRIVAL_ANSWER).finally(() => arrivals.push(arrival)),
        flowGone: gone.resolve,
      },
    );
    expect(await client.flowArrived(sample.ARRIVAL)).toEqual(sample.ARRIVAL_ANSWER);
    expect(arrivals).toEqual([sample.ARRIVAL]);
    client.flowGone(67);
    expect(await gone.promise).toBe(67);
  });

  it('serves operations while the registration is still being considered', async () => {
    let asked: unknown;
    await rig.serve({ onIpcp: async (session) => void (asked = await session.operations.query(sample.HASH, '')) });
    const client = connect({ operations: refusing<IpcpOperations>({ query: async () => true }) });
    await client.ready();
    expect(asked).toBe(true);
  });

  it('rejects open operations with EIPCP when the IPCP dies, and tells its session', async () => {
    const called = deferred();
    const closed = deferred();
    const { client, session } = await registered({
      enroll: () => {
        called.resolve();
        return new Promise(() => undefined);
      },
    });
    session.onClose(() => closed.resolve());
    const pending = rejection(session.operations.enroll({ dst: 'a', config: {}, correlationId: '' }));
    await called.promise;
    client.close();
    expect(await pending).toMatchObject({ code: 'EIPCP' });
    await closed.promise;
    expect(await rejection(session.operations.query(sample.HASH, ''))).toMatchObject({ code: 'EIPCP' });
  });

  it('registers again with a restarted daemon, with what it holds then', async () => {
    const states: boolean[] = [];
    let flows: readonly { readonly flowId: number }[] = [{ flowId: 64 }];
    const { client } = await registered(
      {},
      { flowArrived: () => new Promise(() => undefined) },
      { announce: () => ({ ...sample.ANNOUNCED_IPCP, flows }), onState: (connected) => states.push(connected) },
    );
    const pending = rejection(client.flowArrived(sample.ARRIVAL));
    flows = [{ flowId: 64 }, { flowId: 99 }];
    rig.stopServers();
    expect(await pending).toMatchObject({ code: 'EIRMD' });
    expect(await rejection(client.flowArrived(sample.ARRIVAL))).toMatchObject({ code: 'EIRMD' });
    client.flowGone(64);
    const again = deferred<IpcpSession>();
    await rig.serve({ onIpcp: again.resolve });
    expect((await again.promise).announcement.flows).toEqual(flows);
    await client.ready();
    expect(states).toEqual([true, false, true]);
  });

  it('reports the daemon’s refusal by ready', async () => {
    await rig.serve({
      onIpcp: () => {
        throw new OuroborosError('EEXIST', 'there is such an IPCP', { field: 'name' });
      },
    });
    expect(await rejection(connect().ready())).toMatchObject({ code: 'EEXIST', field: 'name' });
  });
});
