import { randomBytes, randomInt } from 'node:crypto';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { toHex } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { numberedPacket } from './channel-child.js';
import { createChannelHost, type NodeChannelHost } from './create-channel-host.js';

/** kill.long.spec.ts runs this file, too. The stream kind shares no memory, so fewer kills say as much. */
const isLong = expect.getState().testPath?.includes('.long.') === true;
const KILLS = isLong ? { shm: 1000, stream: 100 } : { shm: 30, stream: 10 };
const AT_ONCE = 3;

let directory = '';
let program = '';
const children = new Set<ChildProcess>();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ouro-kill-'));
  program = join(directory, 'child.cjs');
  symlinkSync(dirname(dirname(require.resolve('koffi'))), join(directory, 'node_modules'));
  const entry = `import { runChild } from './channel-child.js'; void runChild(process.argv.slice(2));`;
  const bundle = ['--bundle', '--platform=node', '--format=cjs', '--external:koffi', '--conditions=source'];
  const options = [...bundle, '--loader=ts', '--log-level=error', `--outfile=${program}`];
  execFileSync(require.resolve('esbuild/bin/esbuild'), options, { cwd: __dirname, input: entry });
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Resolves when the child's end is there. */
async function startChild(...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, ...args], { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const died = once(child, 'exit').then(([status]) => Promise.reject(new Error(`the child ended: ${String(status)}`)));
  await Promise.race([once(child.stdout, 'data'), died]);
  return child;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 20 s: ${String(condition)}`);
    await turn();
  }
}

/** Descriptors and shared mappings of this process. */
const holdings = (): { files: number; maps: number } => ({
  files: readdirSync('/proc/self/fd').length,
  maps: readFileSync('/proc/self/maps', 'utf8').split('memfd:ouroboros').length - 1,
});

interface Flow {
  readonly child: ChildProcess;
  readonly end: FlowEnd;
}

let flows = 0;

/** A flow to a new process; it or this one listens. */
async function flowTo(host: NodeChannelHost, listens: boolean, what: string): Promise<Flow> {
  const ticket = new Uint8Array(randomBytes(16));
  flows += 1;
  if (!listens) {
    const end = host.expect(ticket);
    return { child: await startChild('attach', host.path!, toHex(ticket), what), end };
  }
  const path = join(directory, `child-${flows}`);
  const child = await startChild('listen', path, toHex(ticket), what);
  return { child, end: await host.attach(path, ticket) };
}

/** Reads from a producer that dies after some packets: an unbroken run of whole packets, then the end. */
async function killProducer(host: NodeChannelHost, listens: boolean): Promise<void> {
  const { child, end } = await flowTo(host, listens, 'produce');
  const killAfter = randomInt(1, 3000);
  let next = 0;
  let torn = 0;
  const take = (bytes: Uint8Array, offset: number, length: number): boolean => {
    if (Buffer.compare(bytes.subarray(offset, offset + length), numberedPacket(next)) !== 0) torn += 1;
    next += 1;
    if (next === killAfter) child.kill('SIGKILL');
    return true;
  };
  end.onReadable = () => {
    end.read(64, take);
  };
  await until(() => end.down !== null && end.queuedRx() === 0);
  expect([end.down, torn]).toEqual(['peer-gone', 0]);
  expect(next).toBeGreaterThanOrEqual(killAfter);
  end.close();
}

/** Writes to a consumer that dies after some packets: never more than one verdict 'down' away from knowing it. */
async function killConsumer(host: NodeChannelHost, listens: boolean): Promise<void> {
  const { child, end } = await flowTo(host, listens, 'consume');
  const killAfter = randomInt(1, 3000);
  let written = 0;
  const fill = (): void => {
    for (;;) {
      const packet = numberedPacket(written);
      if (end.write(packet, 0, packet, 0, packet.length) !== 'ok') return;
      written += 1;
      if (written === killAfter) child.kill('SIGKILL');
    }
  };
  end.onWritable = fill;
  fill();
  let reason: string | null = null;
  end.onDown = (why) => (reason = why);
  await until(() => reason !== null);
  expect(reason).toBe('peer-gone');
  expect(end.write(new Uint8Array(1), 1, new Uint8Array(0), 0, 0)).toBe('down');
  end.close();
}

/** Runs so many of them, a few at once. */
async function repeat(kills: number, kill: (host: NodeChannelHost, listens: boolean) => Promise<void>): Promise<void> {
  const host = await createChannelHost({ path: join(directory, 'parent') });
  const before = holdings();
  let left = kills;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await kill(host, left % 2 === 0);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await until(() => children.size === 0);
    await until(() => holdings().files <= before.files && holdings().maps <= before.maps);
  } finally {
    host.close();
  }
  expect(readdirSync(directory).filter((name) => name === 'parent')).toEqual([]);
}

const TIMEOUT_MS = 10_000 + KILLS.shm * 1_000;

describe.each(['shm', 'stream'] as const)('a channel of kind %s to a process that is killed', (kind) => {
  beforeEach(() => {
    process.env['OUROBOROS_CHANNEL'] = kind;
  });
  afterEach(() => {
    delete process.env['OUROBOROS_CHANNEL'];
  });

  it(
    'delivers what a producer had published, and leaves nothing behind',
    () => repeat(KILLS[kind], killProducer),
    TIMEOUT_MS,
  );
  it(
    'tells the writer when the consumer is dead, and leaves nothing behind',
    () => repeat(KILLS[kind], killConsumer),
    TIMEOUT_MS,
  );
});
