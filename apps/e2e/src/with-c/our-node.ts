import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binFolder, nodeEnvironment } from '@ouroboros/demo';
import { Listener, type PeerNode } from './peer-node.js';
import { confDirOf } from '../programs.js';
import { run, until } from './run.js';

const LIMIT_MS = 60_000;

/** A node of ours in a namespace. */
export class OurNode implements PeerNode {
  log = '';
  private readonly readers: ChildProcess[] = [];
  printed = '';
  private readonly started: ChildProcess[] = [];

  private constructor(
    private readonly namespace: string,
    private readonly runtimeDir: string,
    private readonly irmd: ChildProcess,
  ) {
    for (const stream of [irmd.stdout, irmd.stderr])
      stream?.on('data', (data: Buffer) => (this.log += data.toString()));
  }

  static async start(namespace: string): Promise<OurNode> {
    const runtimeDir = mkdtempSync(join(tmpdir(), 'o7s-c-'));
    const irmd = spawn('ip', ['netns', 'exec', namespace, join(binFolder(), 'irmd'), '--stdout'], {
      env: nodeEnvironment(runtimeDir),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const node = new OurNode(namespace, runtimeDir, irmd);
    await until(
      () =>
        node.irm('status').then(
          () => true,
          () => false,
        ),
      10_000,
      'our irmd',
    );
    return node;
  }

  get confDir(): string {
    return confDirOf(this.runtimeDir);
  }

  irm(...args: string[]): Promise<string> {
    return this.exec('irm', args);
  }

  oping(...args: string[]): Promise<string> {
    return this.exec('oping', args);
  }

  operf(...args: string[]): Promise<string> {
    return this.exec('operf', args);
  }

  async serve(name: string, layer: string): Promise<void> {
    await this.irm('name', 'create', name);
    await this.irm('bind', 'program', join(binFolder(), 'oping'), 'name', name, 'auto', '--', '--listen', '--quiet');
    await this.irm('name', 'register', name, 'layer', layer);
  }

  broadcast(layer: string, message: string): Promise<string> {
    return this.exec('obc', ['-n', layer, '-m', message]);
  }

  listen(layer: string): Listener {
    const command = this.command('obc', ['-l', '-n', layer]);
    const reader = spawn('ip', command, { env: nodeEnvironment(this.runtimeDir), stdio: ['ignore', 'pipe', 'pipe'] });
    this.readers.push(reader);
    return new Listener(reader);
  }

  tool(name: string, ...args: string[]): Promise<string> {
    return this.exec(name, args);
  }

  start(tool: string, ...args: string[]): ChildProcess {
    const started = spawn('ip', this.command(tool, args), {
      env: nodeEnvironment(this.runtimeDir),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.stdout.on('data', (data: Buffer) => (this.printed += data.toString()));
    this.started.push(started);
    return started;
  }

  async serveWith(tool: string, args: readonly string[], name: string, layer: string): Promise<ChildProcess> {
    const server = this.start(tool, ...args);
    const bind = (): Promise<unknown> => this.irm('bind', 'process', String(server.pid), 'name', name);
    await until(() => bind().then(yes, no), 10_000, `${tool} for ${name}`);
    await this.irm('name', 'register', name, 'layer', layer);
    return server;
  }

  async stop(): Promise<void> {
    for (const reader of this.readers) reader.kill('SIGKILL');
    for (const child of this.started) child.kill('SIGTERM');
    this.irmd.kill('SIGTERM');
    if (this.irmd.exitCode === null) await new Promise((resolve) => this.irmd.once('exit', resolve));
    rmSync(this.runtimeDir, { recursive: true, force: true });
  }

  private exec(program: string, args: string[]): Promise<string> {
    return run('ip', this.command(program, args), nodeEnvironment(this.runtimeDir), LIMIT_MS);
  }

  private command(program: string, args: readonly string[]): string[] {
    return ['netns', 'exec', this.namespace, join(binFolder(), program), ...args];
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;
