import { OuroborosError, QOS_RAW } from '@ouroboros/model';
import { NodeClock } from '@ouroboros/node-runtime';
import type { FlowGrant, FlowService, ProcessAnnouncement } from '@ouroboros/ports';
import { connectFlowService, type FlowServiceClient, type FlowServiceOptions, type ProcessSession } from './index.js';
import { deferred, refusing, rejection, Rig } from './rig.fixture.js';
import { COUNTS, GRANT, PROCESS } from './samples.fixture.js';

/** A grant with a key of its own, which is zeroed when it is sent. */
const granted = (): FlowGrant => ({
  ...GRANT,
  crypto: GRANT.crypto && { ...GRANT.crypto, secret: GRANT.crypto.secret.slice() },
});

const REQUEST = { name: 'hello', qos: QOS_RAW, timeoutMs: 1000 };

describe('The flow service', () => {
  let rig: Rig;
  beforeEach(() => (rig = new Rig()));
  afterEach(() => rig.close());

  const connect = (options: Partial<FlowServiceOptions> = {}): FlowServiceClient =>
    rig.keep(
      connectFlowService({
        socketPath: rig.path,
        clock: new NodeClock(),
        announce: () => PROCESS,
        onFlowDown: () => undefined,
        ...options,
      }),
    );

  /** A server of this service, and a client that is attached to it. */
  async function attached(
    service: Partial<FlowService>,
    options: Partial<FlowServiceOptions> = {},
  ): Promise<{ client: FlowServiceClient; session: ProcessSession }> {
    const sessions: ProcessSession[] = [];
    await rig.serve({
      onProcess: (session) => {
        sessions.push(session);
        session.serve(refusing(service));
      },
    });
    const client = connect(options);
    await client.ready();
    return { client, session: sessions[0]! };
  }

  it('announces the process, whose caller is what the kernel says', async () => {
    const { session } = await attached({}, { announce: () => ({ ...PROCESS, pid: 1 }) });
    expect(session.announcement).toEqual({ ...PROCESS, pid: process.pid });
    expect(session.caller).toEqual({ pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
  });

  it('carries alloc, accept, dealloc and what a process reports in the same shape', async () => {
    const calls: unknown[] = [];
    const facts = { flowId: 1, pathPacket: 1400, roundTripMs: 12.5, counts: COUNTS };
    const { client } = await attached({
      alloc: (request) => Promise.resolve(granted()).finally(() => calls.push(request)),
      accept: (request) => Promise.resolve({ ...granted(), flowId: 2, layer: '' }).finally(() => calls.push(request)),
      dealloc: (...args) => Promise.resolve().finally(() => calls.push(args)),
      report: (told) => calls.push(told),
    });
    client.report(facts);
    expect(await client.alloc(REQUEST)).toEqual(GRANT);
    expect(await client.accept({ timeoutMs: 0 })).toEqual({ ...GRANT, flowId: 2, layer: '' });
    expect(await client.dealloc(1, 12.5)).toBeUndefined();
    expect(calls).toEqual([facts, REQUEST, { timeoutMs: 0 }, [1, 12.5]]);
  });

  it('zeroes the key of a flow once it is on its way', async () => {
    const given = granted();
    const { client } = await attached({ alloc: () => Promise.resolve(given) });
    const taken = await client.alloc(REQUEST);
    expect(taken.crypto?.secret).toEqual(Uint8Array.from({ length: 32 }, (_, i) => i));
    expect(given.crypto?.secret).toEqual(new Uint8Array(32));
  });

  it('carries an error with its field and its stage', async () => {
    const { client } = await attached({
      alloc: () => Promise.reject(new OuroborosError('ENOSERVER', 'nobody', { field: 'name', stage: 'accept' })),
    });
    const error = await rejection(client.alloc(REQUEST));
    expect(error).toMatchObject({ code: 'ENOSERVER', message: 'nobody', field: 'name', stage: 'accept' });
  });

  it('refuses wrong arguments before they are sent', async () => {
    const { client } = await attached({});
    const error = await rejection(client.alloc({ ...REQUEST, timeoutMs: Number.NaN }));
    expect(error).toMatchObject({ code: 'EINVAL', field: 'timeoutMs' });
  });

  it('tells the process that a flow is down', async () => {
    const down = deferred<number>();
    const { session } = await attached({}, { onFlowDown: down.resolve });
    session.flowDown(77);
    expect(await down.promise).toBe(77);
  });

  it('cancels a call: the daemon sees it, and a grant that comes too late is given back', async () => {
    const cancelled = deferred();
    const returned = deferred<number>();
    const { client } = await attached({
      alloc: (_, signal) =>
        new Promise<FlowGrant>((resolve) =>
          signal?.addEventListener('abort', () => {
            cancelled.resolve();
            resolve(granted());
          }),
        ),
      dealloc: (flowId) => Promise.resolve(returned.resolve(flowId)),
    });
    const controller = new AbortController();
    const pending = rejection(client.alloc(REQUEST, controller.signal));
    controller.abort(new Error('changed my mind'));
    expect(await pending).toMatchObject({ code: 'ECANCELED', cause: new Error('changed my mind') });
    await cancelled.promise;
    expect(await returned.promise).toBe(GRANT.flowId);
    expect(await rejection(client.alloc(REQUEST, controller.signal))).toMatchObject({ code: 'ECANCELED' });
  });

  it('aborts the calls of a process that goes away, and tells its session', async () => {
    const called = deferred();
    const aborted = deferred();
    const closed = deferred();
    const { client, session } = await attached({
      accept: (_, signal) => {
        signal?.addEventListener('abort', () => aborted.resolve());
        called.resolve();
        return new Promise(() => undefined);
      },
    });
    session.onClose(() => closed.resolve());
    const pending = rejection(client.accept({ timeoutMs: 0 }));
    await called.promise;
    client.close();
    expect(await pending).toMatchObject({ code: 'EIRMD' });
    await Promise.all([aborted.promise, closed.promise]);
  });

  it('rejects ready with EIRMD when there is no daemon, and attaches once there is one', async () => {
    const client = connect();
    expect(await rejection(client.ready())).toMatchObject({ code: 'EIRMD' });
    expect(await rejection(client.alloc(REQUEST))).toMatchObject({ code: 'EIRMD' });
    await rig.serve({ onProcess: (session) => session.serve(refusing<FlowService>({ alloc: async () => granted() })) });
    for (let tries = 0; tries < 10; tries++)
      if (
        await client.ready().then(
          () => true,
          () => false,
        )
      )
        break;
    expect(await client.alloc(REQUEST)).toEqual(GRANT);
  });

  it('rejects ready with the daemon’s refusal', async () => {
    await rig.serve({
      onProcess: () => {
        throw new OuroborosError('EPERM', 'not you', { field: 'pid' });
      },
    });
    expect(await rejection(connect().ready())).toMatchObject({ code: 'EPERM', message: 'not you', field: 'pid' });
  });

  it('attaches again to a restarted daemon: alloc fails, accept goes on, held flows are announced', async () => {
    const states: boolean[] = [];
    let flows = PROCESS.flows;
    const announcements: ProcessAnnouncement[] = [];
    const calls = [deferred(), deferred()];
    const hanging = (): Promise<never> => {
      calls.shift()?.resolve();
      return new Promise(() => undefined);
    };
    const both = Promise.all(calls.map((call) => call.promise));
    const first = await rig.serve({
      onProcess: (session) => {
        announcements.push(session.announcement);
        session.serve(refusing<FlowService>({ alloc: hanging, accept: hanging }));
      },
    });
    const client = connect({ announce: () => ({ ...PROCESS, flows }), onState: (state) => states.push(state) });
    await client.ready();
    const alloc = rejection(client.alloc(REQUEST));
    const accept = client.accept({ timeoutMs: 60_000 });
    await both;

    flows = [{ ...PROCESS.flows[0]!, flowId: 9 }];
    first.close();
    expect(await alloc).toMatchObject({ code: 'EIRMD' });
    const remaining = deferred<number>();
    await rig.serve({
      onProcess: (session) => {
        announcements.push(session.announcement);
        const acceptAgain: FlowService['accept'] = ({ timeoutMs }) => {
          remaining.resolve(timeoutMs);
          return Promise.resolve(granted());
        };
        session.serve(refusing<FlowService>({ accept: acceptAgain }));
      },
    });
    expect(await accept).toEqual(GRANT);
    const leftMs = await remaining.promise;
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThan(60_000);
    expect(announcements.map((announced) => announced.flows)).toEqual([PROCESS.flows, flows]);
    expect(states).toEqual([true, false, true]);
  });

  it('ends an accept in time, or by its signal, while the daemon is away', async () => {
    const { client, session } = await attached({ accept: () => new Promise(() => undefined) });
    const timed = rejection(client.accept({ timeoutMs: 50 }));
    const controller = new AbortController();
    const signalled = rejection(client.accept({ timeoutMs: 0 }, controller.signal));
    const forever = rejection(client.accept({ timeoutMs: 0 }));
    session.onClose(() => setImmediate(() => controller.abort()));
    rig.stopServers();
    expect(await signalled).toMatchObject({ code: 'ECANCELED' });
    expect(await timed).toMatchObject({ code: 'ETIMEDOUT' });
    client.close();
    expect(await forever).toMatchObject({ code: 'EIRMD' });
  });

  it('ends the session of a process when the daemon closes it', async () => {
    const states = deferred();
    const { session } = await attached({}, { onState: (connected) => !connected && states.resolve() });
    const closed = deferred();
    session.onClose(() => closed.resolve());
    session.close();
    await Promise.all([closed.promise, states.promise]);
  });

  it('serves 300 calls at once', async () => {
    let open = 0;
    const all = deferred();
    const { client } = await attached({
      alloc: async ({ timeoutMs }) => {
        open += 1;
        if (open === 300) all.resolve();
        await all.promise;
        return { ...GRANT, flowId: timeoutMs };
      },
    });
    const calls = Array.from({ length: 300 }, (_, i) => client.alloc({ ...REQUEST, timeoutMs: i }));
    const grants = await Promise.all(calls);
    expect(grants.map((grant) => grant.flowId)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it('does 1000 pairs of alloc and dealloc, each call in under a millisecond', async () => {
    const { client } = await attached({ alloc: async () => GRANT, dealloc: async () => undefined });
    const times: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const start = performance.now();
      const { flowId } = await client.alloc(REQUEST);
      await client.dealloc(flowId, 0);
      times.push((performance.now() - start) / 2);
    }
    const median = times.sort((a, b) => a - b)[500]!;
    process.stdout.write(`median of 2000 sequential calls over the stream: ${(median * 1000).toFixed(0)} us\n`);
    expect(median).toBeLessThan(1);
  });
});
