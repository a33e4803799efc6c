import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { NodeHash } from '@ouroboros/crypto';
import { QOS_RAW, toHex, utf8Bytes, type JsonObject } from '@ouroboros/model';
import { NodeRandom, createChannelHost } from '@ouroboros/node-runtime';
import type { ChannelHost, FlowArrival, FlowArrivalAnswer, FlowEnd } from '@ouroboros/ports';
import { IrmServer, type IpcpSession } from '@ouroboros/rpc';
import { OapFeature, encodeOap, encodeOapExtension } from '@ouroboros/wire';

const ROOT = join(__dirname, '..', '..', '..');
const PROGRAM = join(ROOT, 'packages/ipcp-udp/bin/ipcpd-udp4.cjs');
const NOTHING = new Uint8Array(0);
const FEATURES = OapFeature.DEALLOC_MESSAGE;
const uid = process.getuid?.() ?? 0;
const random = new NodeRandom();

function oap(): Uint8Array {
  const plain = { timestampNs: 1n, cipherNid: 0, kdfNid: 0, mdNid: 0, kexRaw: false, kexClientEncapsulates: false };
  const empty = { certificate: NOTHING, kex: NOTHING, requestHash: NOTHING, signature: NOTHING };
  return encodeOap({ id: random.bytes(16), data: encodeOapExtension({ features: FEATURES }), ...plain, ...empty });
}

/** A node: a real daemon, and in this process what its IRM daemon and its one application do. */
class Node {
  readonly dir = mkdtempSync(join(tmpdir(), 'udp4-'));
  readonly accepted: FlowEnd[] = [];
  readonly gone: number[] = [];
  readonly log: string[] = [];
  session!: IpcpSession;
  sessions = 0;
  missed = 0;
  channels!: ChannelHost;
  daemon!: ChildProcess;
  private irm!: IrmServer;
  private lastFlow = 0;

  constructor(private readonly ip: string) {}

  async start(): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    await this.startIrm();
    this.channels = await createChannelHost();
    const env = { ...process.env, OUROBOROS_RUNTIME_DIR: this.dir, PATH: '' };
    this.daemon = spawn(process.execPath, [PROGRAM, '--name', 'u'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.daemon.stderr?.on('data', (text: Buffer) => this.log.push(String(text)));
    await this.registered(1);
  }

  async startIrm(): Promise<void> {
    this.irm = new IrmServer();
    this.irm.setHandlers({
      managementFor: () => {
        throw new Error('not here');
      },
      onProcess: () => undefined,
      onIpcp: (session) => {
        session.serve({ flowArrived: (arrival) => this.arrived(arrival), flowGone: (id) => void this.gone.push(id) });
        this.session = session;
        this.sessions += 1;
      },
    });
    await this.irm.listen(join(this.dir, 'irm.sock'), { mode: 0o600 });
  }

  stopIrm(): void {
    this.irm.close();
  }

  async registered(times: number): Promise<void> {
    for (let i = 0; i < 500 && this.sessions < times; i += 1) await wait(10);
    if (this.sessions < times) throw new Error(`not registered: ${this.log.join('')}`);
  }

  bootstrap(hosts: JsonObject): Promise<unknown> {
    return this.session.operations.bootstrap({ layer: 'udp', config: { ip: this.ip, port: '34350', hosts } });
  }

  async alloc(name: string): Promise<{ flowId: number; end: FlowEnd }> {
    const ticket = random.bytes(16);
    const flowId = (this.lastFlow += 1);
    const hash = hashOf(name);
    const { operations, announcement } = this.session;
    const request = {
      flowId,
      hash,
      qos: QOS_RAW,
      spread: '' as const,
      data: oap(),
      ticket,
      uid,
      correlationId: 'ab'.repeat(8),
    };
    const result = await operations.flowAlloc(request);
    if (result.response !== 0) throw new Error(`refused: ${result.response}`);
    await operations.flowAgreed(flowId, FEATURES);
    return { flowId, end: await this.channels.attach(announcement.channelPath, ticket) };
  }

  async stop(signal: NodeJS.Signals): Promise<number> {
    const started = performance.now();
    const ended = once(this.daemon, 'exit');
    this.daemon.kill(signal);
    await ended;
    return performance.now() - started;
  }

  cleanUp(): void {
    this.daemon.kill('SIGKILL');
    this.channels.close();
    this.irm.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async arrived(arrival: FlowArrival): Promise<FlowArrivalAnswer> {
    const ticket = random.bytes(16);
    const flowId = (this.lastFlow += 1);
    const refused = toHex(arrival.hash) !== toHex(hashOf('echo'));
    const { channelPath } = this.session.announcement;
    if (!refused) setTimeout(() => void this.attach(channelPath, ticket), 20);
    const common = { ticket, uid, features: FEATURES, correlationId: 'ab'.repeat(8) };
    return { response: refused ? -1007 : 0, data: oap(), flowId: refused ? 0 : flowId, ...common };
  }

  private async attach(path: string, ticket: Uint8Array): Promise<void> {
    try {
      this.accepted.push(await this.channels.attach(path, ticket));
    } catch {
      this.missed += 1; // The flow had ended before, with nothing to read.
    }
  }
}

const hashOf = (name: string): Uint8Array => new NodeHash().digest('MD5', utf8Bytes(name));

async function until(condition: () => boolean, limitMs = 2000): Promise<number> {
  const started = performance.now();
  while (!condition() && performance.now() - started < limitMs) await wait(2);
  if (!condition()) throw new Error('did not come true');
  return performance.now() - started;
}

describe('two daemons ipcpd-udp4', () => {
  const [a, b, c] = [new Node('127.0.0.21'), new Node('127.0.0.22'), new Node('127.0.0.23')];

  beforeAll(async () => {
    execFileSync(process.execPath, [join(ROOT, 'tools/bundle.mjs'), 'packages/ipcp-udp', 'ipcpd-udp4'], { cwd: ROOT });
    await Promise.all([a.start(), b.start(), c.start()]);
    await a.bootstrap({ echo: '127.0.0.22', other: '127.0.0.22' });
    await b.bootstrap({});
    await b.session.operations.register(hashOf('echo'));
  }, 30_000);

  afterAll(() => {
    a.cleanUp();
    b.cleanUp();
    c.cleanUp();
  });

  it('say which program dynamic DNS lacks', async () => {
    const config = { ip: '127.0.0.23', dns: '127.0.0.53' };
    const attempt = c.session.operations.bootstrap({ layer: 'udp', config });
    await expect(attempt).rejects.toMatchObject({ code: 'ENOTSUP', message: expect.stringContaining('nsupdate') });
  });

  it('give flows by name, with packets both ways', async () => {
    expect(await a.session.operations.query(hashOf('echo'), '')).toBe(true);
    const flow = await a.alloc('echo');
    await until(() => b.accepted.length === 1);
    const got: string[] = [];
    const [server] = b.accepted;
    server!.onReadable = (): void => {
      server!.read(64, (buffer, offset, length) => server!.write(buffer, 0, buffer, offset, length) === 'ok');
    };
    flow.end.onReadable = (): void => {
      flow.end.read(64, (buffer, offset, length) => got.push(toHex(buffer.subarray(offset, offset + length))) > 0);
    };
    for (let i = 0; i < 10; i += 1) flow.end.write(Uint8Array.of(i), 1, NOTHING, 0, 0);
    await until(() => got.length === 10);
    expect(got).toEqual(Array.from({ length: 10 }, (_, i) => toHex(Uint8Array.of(i))));
    expect(await a.session.operations.report('neighbors')).toMatchObject([{ address: '127.0.0.22', open: 1 }]);
  });

  it('refuse a name that nobody serves within a second', async () => {
    const started = performance.now();
    await expect(a.alloc('other')).rejects.toThrow('refused: -1007');
    await expect(a.alloc('third')).rejects.toMatchObject({ code: 'ENAME' });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('allocate in a few milliseconds', async () => {
    const times: number[] = [];
    const attempts = (): number => b.accepted.length + b.missed;
    const before = attempts();
    for (let i = 0; i < 50; i += 1) {
      const started = performance.now();
      const { flowId, end } = await a.alloc('echo');
      times.push(performance.now() - started);
      end.close();
      await a.session.operations.flowDealloc(flowId, 0);
    }
    expect(times.sort((x, y) => x - y)[25]).toBeLessThan(15);
    await until(() => attempts() === before + 50); // None arrives in the specs below.
  });

  it('show the death of a process at the other node', async () => {
    const before = b.accepted.length;
    await a.alloc('echo');
    await until(() => b.accepted.length === before + 1);
    a.channels.close();
    expect(await until(() => b.accepted.at(-1)?.down === 'peer-closed')).toBeLessThan(1000);
    a.channels = await createChannelHost();
  });

  it('keep their flows over a restart of the IRM daemon', async () => {
    const before = b.accepted.length;
    const flow = await a.alloc('echo');
    await until(() => b.accepted.length === before + 1);
    a.stopIrm();
    await wait(100);
    await a.startIrm();
    await a.registered(2);
    expect(a.session.announcement).toMatchObject({
      state: 'operational',
      layer: { name: 'udp', hash: 'MD5' },
      flows: [{ flowId: flow.flowId }],
    });
    flow.end.write(Uint8Array.of(7), 1, NOTHING, 0, 0);
    await until(() => (b.accepted.at(-1)?.queuedRx() ?? 0) > 0);
  });

  it('end within a second of SIGTERM, tell the far end, and leave nothing', async () => {
    const before = b.accepted.length;
    await a.alloc('echo');
    await until(() => b.accepted.length === before + 1);
    expect(await a.stop('SIGTERM')).toBeLessThan(1000);
    expect(a.daemon.exitCode).toBe(0);
    await until(() => b.accepted.at(-1)?.down !== null);
    expect(readdirSync(a.dir)).toEqual(['irm.sock']);
    expect(existsSync(`/proc/${a.daemon.pid}`)).toBe(false);
  });
});
