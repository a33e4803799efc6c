import { existsSync, linkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { NodeClock } from '@ouroboros/node-runtime';
import type { Management } from '@ouroboros/ports';
import { callerClaiming, identify } from './caller.js';
import { connectFlowService, connectManagement, IrmServer, type ProcessSession } from './index.js';
import { refusing, rejection, Rig } from './rig.fixture.js';
import { PROCESS, STATUS } from './samples.fixture.js';

const NO_SUCH_PID = 4_194_305;

describe('The IRM server’s socket', () => {
  let rig: Rig;
  beforeEach(() => (rig = new Rig()));
  afterEach(() => rig.close());

  const isServed = async (): Promise<boolean> => {
    const management = rig.keep(connectManagement(rig.path));
    return management.status().then(
      () => true,
      () => false,
    );
  };
  const working = { managementFor: () => refusing<Management>({ status: () => Promise.resolve(STATUS) }) };

  /** A socket on which nobody listens any more. */
  async function leaveStaleSocket(): Promise<void> {
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(join(rig.dir, 'dead'), resolve));
    linkSync(join(rig.dir, 'dead'), rig.path);
    await new Promise((resolve) => dead.close(resolve));
  }

  it.each([0o600, 0o660] as const)('has mode %o and our group, and is gone after close', async (mode) => {
    const server = await rig.serve(working, {}, { mode, gid: process.getgid?.() });
    expect(statSync(rig.path).mode & 0o777).toBe(mode);
    expect(statSync(rig.path).gid).toBe(process.getgid?.());
    expect(await isServed()).toBe(true);
    server.close();
    expect(existsSync(rig.path)).toBe(false);
  });

  it('is not taken from a daemon that answers', async () => {
    await rig.serve(working);
    const second = rig.keep(new IrmServer());
    const error = await rejection(second.listen(rig.path, { mode: 0o600 }));
    expect(error).toMatchObject({ code: 'EEXIST' });
    expect(error.message).toContain('already running');
    expect(await isServed()).toBe(true);
  });

  it('replaces a socket on which nobody answers', async () => {
    await leaveStaleSocket();
    await rig.serve(working);
    expect(await isServed()).toBe(true);
  });

  it('goes to one of several daemons that start at once over a stale socket', async () => {
    await leaveStaleSocket();
    const starts = Array.from({ length: 5 }, () => rig.serve(working));
    const outcomes = await Promise.allSettled(starts);
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(failures).toHaveLength(4);
    for (const failure of failures) expect(failure).toMatchObject({ code: 'EEXIST' });
    expect(await isServed()).toBe(true);
  });

  it('is not made where something else is in the way', async () => {
    writeFileSync(rig.path, 'precious');
    expect(await rejection(rig.serve(working))).toMatchObject({ code: 'EINVAL' });
    expect(existsSync(rig.path)).toBe(true);
  });

  it('is left alone at close when it has become another daemon’s', async () => {
    const server = await rig.serve(working);
    rmSync(rig.path);
    writeFileSync(rig.path, 'another');
    server.close();
    expect(existsSync(rig.path)).toBe(true);
  });

  it('names the runtime directory when the path is too long or its directory is missing', async () => {
    const server = rig.keep(new IrmServer());
    const field = 'OUROBOROS_RUNTIME_DIR';
    const long = join(rig.dir, 'x'.repeat(100), 'irm.sock');
    expect(await rejection(server.listen(long, { mode: 0o600 }))).toMatchObject({ code: 'EINVAL', field });
    const missing = join(rig.dir, 'none', 'irm.sock');
    expect(await rejection(server.listen(missing, { mode: 0o600 }))).toMatchObject({ code: 'ENOENT', field });
  });

  it('answers EAGAIN before there are handlers', async () => {
    const server = rig.keep(new IrmServer());
    await server.listen(rig.path, { mode: 0o600 });
    const management = rig.keep(connectManagement(rig.path));
    expect(await rejection(management.status())).toMatchObject({ code: 'EAGAIN' });
  });
});

describe('A server that cannot ask the kernel who calls', () => {
  const credentials = (): null => null;
  let rig: Rig;
  beforeEach(() => (rig = new Rig()));
  afterEach(() => rig.close());

  it('refuses to serve others than its user', async () => {
    const error = await rejection(rig.serve({}, { credentials }, { mode: 0o660 }));
    expect(error).toMatchObject({ code: 'ENOTSUP', field: 'mode' });
    expect(existsSync(rig.path)).toBe(false);
  });

  it.each([
    [process.pid, undefined],
    [NO_SUCH_PID, 'EPERM'],
  ])('checks the claimed process %i', async (pid, code) => {
    const sessions: ProcessSession[] = [];
    await rig.serve({ onProcess: (session) => void sessions.push(session) }, { credentials });
    const client = rig.keep(
      connectFlowService({
        socketPath: rig.path,
        clock: new NodeClock(),
        announce: () => ({ ...PROCESS, pid }),
        onFlowDown: () => undefined,
      }),
    );
    const outcome = await client.ready().then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe(code);
    expect(sessions.map((session) => session.caller.pid)).toEqual(code ? [] : [pid]);
  });

  it('believes the kernel rather than a claim, and a claim only about our own user’s processes', () => {
    const proven = { caller: { pid: 5, uid: 1, gid: 2 }, proven: true };
    expect(callerClaiming(proven, process.pid)).toBe(proven.caller);
    const foreign = { caller: { pid: 0, uid: 54_321, gid: 2 }, proven: false };
    expect(() => callerClaiming(foreign, process.pid)).toThrow(
      expect.objectContaining({ code: 'EPERM', field: 'pid' }),
    );
    expect(identify(null, 0o660)).toBeNull();
    expect(identify({ pid: 5, uid: 1, gid: 2 }, 0o660)).toEqual(proven);
  });
});
