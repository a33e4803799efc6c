import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, until } from './run.js';
import { Listener, type PeerNode } from './peer-node.js';

/** Where Ouroboros C 0.23.0 is installed, or undefined. */
export const C_PREFIX = process.env['OUROBOROS_C_PREFIX'];

/** C's client tools hang now and then; what they do here takes less. */
const LIMIT_MS = 60_000;
/** obc sends its one message in less than a second. */
const SEND_LIMIT_MS = 10_000;

/** A node of Ouroboros C in a namespace, with mounts of its own for what it keeps at fixed places. */
export class CNode implements PeerNode {
  private readonly children: ChildProcess[] = [];
  log = '';
  printed = '';

  private constructor(
    private readonly prefix: string,
    readonly confDir: string,
    private readonly irmd: ChildProcess,
  ) {
    this.children.push(irmd);
    for (const stream of [irmd.stdout, irmd.stderr])
      stream?.on('data', (data: Buffer) => (this.log += data.toString()));
  }

  /** `confDir`: what it has at its start counts; C reads the authorities that it trusts then. Default: an empty one. */
  static async start(
    prefix: string,
    namespace: string,
    confDir = mkdtempSync(join(tmpdir(), 'o7s-c-conf-')),
  ): Promise<CNode> {
    const mounts = ['/dev/shm', '/var/run/ouroboros', '/tmp'].map(
      (at) => `mkdir -p ${at}; mount -t tmpfs tmpfs ${at};`,
    );
    const conf = confPlace(prefix);
    // First, as one of the others hides where it comes from.
    mounts.unshift(`mkdir -p ${conf}; mount --bind ${confDir} ${conf};`);
    const script = `${mounts.join('')} exec ${join(prefix, 'sbin', 'irmd')} --stdout`;
    const irmd = spawn('ip', ['netns', 'exec', namespace, 'unshare', '-m', 'sh', '-c', script], {
      env: { ...process.env, LD_LIBRARY_PATH: join(prefix, 'lib') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const node = new CNode(prefix, confDir, irmd);
    await until(() => node.log.includes('daemon started'), 5000, 'irmd of C');
    return node;
  }

  irm(...args: string[]): Promise<string> {
    return this.exec(join(this.prefix, 'sbin', 'irm'), args);
  }

  /** A client's irmd has to know the name. */
  async oping(...args: string[]): Promise<string> {
    const name = args[args.indexOf('-n') + 1]!;
    await this.irm('name', 'create', name);
    return this.exec(this.program('oping'), args);
  }

  async serve(name: string, layer: string): Promise<void> {
    await this.serveWith('oping', ['-l', '-Q'], name, layer);
  }

  tool(name: string, ...args: string[]): Promise<string> {
    return this.exec(this.program(name), args);
  }

  start(tool: string, ...args: string[]): ChildProcess {
    const started = spawn('nsenter', [...this.entering(), 'stdbuf', '-oL', this.program(tool), ...args], {
      env: this.env(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    started.stdout.on('data', (data: Buffer) => (this.printed += data.toString()));
    this.children.push(started);
    return started;
  }

  async serveWith(tool: string, args: readonly string[], name: string, layer: string): Promise<ChildProcess> {
    await this.irm('name', 'create', name);
    await this.irm('bind', 'program', this.program(tool), 'name', name);
    await this.irm('name', 'register', name, 'layer', layer);
    const server = this.start(tool, ...args);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return server;
  }

  broadcast(layer: string, message: string): Promise<string> {
    return this.exec(this.program('obc'), ['-n', layer, '-m', message], SEND_LIMIT_MS);
  }

  /** By lines, though its output is no terminal. */
  listen(layer: string): Listener {
    const reader = spawn('nsenter', [...this.entering(), 'stdbuf', '-oL', this.program('obc'), '-l', '-n', layer], {
      env: this.env(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.push(reader);
    return new Listener(reader);
  }

  async stop(): Promise<void> {
    for (const child of [...this.children].reverse()) {
      child.kill(child === this.irmd ? 'SIGTERM' : 'SIGKILL');
      const hasten = setTimeout(() => child.kill('SIGKILL'), 10_000);
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once('exit', resolve));
      clearTimeout(hasten);
    }
    rmSync(this.confDir, { recursive: true, force: true });
  }

  private program(name: string): string {
    return join(this.prefix, 'bin', name);
  }

  private env(): NodeJS.ProcessEnv {
    return { ...process.env, LD_LIBRARY_PATH: join(this.prefix, 'lib') };
  }

  private entering(): string[] {
    return ['-t', String(this.irmd.pid), '-m', '-n', 'timeout', '-s', 'KILL', '120'];
  }

  private exec(program: string, args: string[], limitMs = LIMIT_MS): Promise<string> {
    return run('nsenter', [...this.entering(), program, ...args], this.env(), limitMs);
  }
}

/** The configuration directory that this installation was built for: its irmd knows no other. */
function confPlace(prefix: string): string {
  const irmd = readFileSync(join(prefix, 'sbin', 'irmd'), 'latin1');
  const [, folder] = /(\/[\x21-\x7e]+)\/security\/cacert/.exec(irmd) ?? [];
  if (folder === undefined) throw new Error(`the irmd of ${prefix} names no configuration directory`);
  return folder;
}

/** The installation to test with; undefined, with the reason, when there is none. */
export function findC(): { prefix?: string; reason: string } {
  if (!C_PREFIX) return { reason: 'OUROBOROS_C_PREFIX names no installation of Ouroboros C' };
  if (!existsSync(join(C_PREFIX, 'sbin', 'irmd')))
    return { reason: `no sbin/irmd below OUROBOROS_C_PREFIX ${C_PREFIX}` };
  if (process.getuid?.() !== 0) return { reason: 'network namespaces need root' };
  return { prefix: C_PREFIX, reason: '' };
}
