import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoNode, Triangle, type NodePlan } from '@ouroboros/demo';
import { openFlows, type Flows } from '@ouroboros/flow/node';
import type { Namespaces } from './namespaces.js';
import { kill, until } from './one-node.js';
import { Program, type ProgramOptions, type Ran } from './programs.js';

/** Several nodes of real daemons on this machine, everything of theirs below one temporary folder. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'oro-'));
  private readonly nodes: DemoNode[] = [];
  private readonly started: Program[] = [];
  private readonly opened: Flows[] = [];

  private constructor(
    /** UDP port of all nodes, free when it was chosen. */
    readonly port: number,
  ) {}

  static async open(): Promise<Site> {
    return new Site(await freePort());
  }

  /** The triangle of `npm start`. */
  async triangle(): Promise<Triangle> {
    const triangle = await Triangle.start({
      runtimeDir: join(this.folder, 'n'),
      port: this.port,
      say: () => undefined,
    });
    this.nodes.push(...triangle.nodes);
    return triangle;
  }

  /** Starts irmd on a node: a new one, or one whose irmd is gone. `config`: path of its configuration. */
  async node(name: string, address: string, runtimeDir = join(this.folder, name), config?: string): Promise<DemoNode> {
    return this.nodeOf({ name, address, runtimeDir, config });
  }

  /** A node at a host of namespaces. */
  async nodeAt(hosts: Namespaces, i: number, name: string): Promise<DemoNode> {
    const [address, within] = [hosts.address(i), hosts.within(i)];
    return this.nodeOf({ name, address, runtimeDir: join(this.folder, name), within });
  }

  async nodeOf(plan: NodePlan): Promise<DemoNode> {
    const node = await DemoNode.start(plan);
    this.nodes.push(node);
    return node;
  }

  /** Flows of this process at a node, closed with the site. */
  flows(node: DemoNode): Flows {
    const flows = openFlows({ runtimeDir: node.plan.runtimeDir });
    this.opened.push(flows);
    return flows;
  }

  /** Starts a program on a node. */
  start(node: DemoNode, name: string, ...args: string[]): Program {
    return this.startWith({}, node, name, ...args);
  }

  startWith(options: ProgramOptions, node: DemoNode, name: string, ...args: string[]): Program {
    const program = new Program(name, args, node.plan.runtimeDir, options);
    this.started.push(program);
    return program;
  }

  run(node: DemoNode, name: string, ...args: string[]): Promise<Ran> {
    return this.start(node, name, ...args).ended;
  }

  /** What `irm … --json` prints; throws unless it succeeds. */
  async irmJson(node: DemoNode, ...words: string[]): Promise<unknown> {
    const ran = await this.run(node, 'irm', ...words, '--json');
    if (ran.status !== 0) throw new Error(`irm ${words.join(' ')}: exit status ${ran.status}\n${ran.stderr}`);
    return JSON.parse(ran.stdout);
  }

  /** An oping server on a node that serves `name`, registered in `layer`. */
  async serve(node: DemoNode, name: string, layer: string): Promise<Program> {
    const server = this.start(node, 'oping', '--listen', '--quiet');
    await server.says(/server started/);
    await node.irm.bindProcess(server.pid, name);
    await node.irm.regName(name, { layers: [layer] });
    return server;
  }

  /** Pids of the programs that were started here and still run. */
  programs(): number[] {
    return this.started.filter(({ running }) => running).map(({ pid }) => pid);
  }

  /** Pids of all processes of all nodes, by the runtime directory in their environment. */
  processes(): number[] {
    return processesBelow(this.folder);
  }

  /** Pieces of shared memory that all processes of all nodes, and this one, have mapped. */
  sharedMemories(): number {
    return [...this.processes(), process.pid].reduce((count, pid) => count + sharedMemoriesOf(pid), 0);
  }

  /** After the specs, however they ended. */
  async close(): Promise<void> {
    for (const pid of this.programs()) kill(pid);
    await Promise.all(this.opened.map((flows) => flows.close()));
    await Promise.allSettled(this.nodes.filter(({ running }) => running).map((node) => node.stop()));
    for (const { irm } of this.nodes) irm.close();
    for (const pid of this.processes()) kill(pid);
    await Promise.all(this.started.map((program) => program.ended));
    await until('all processes are dead', () => this.processes().length === 0);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What nodes that have ended must not leave in their runtime directories: everything but logs and kept addresses. */
export function leftovers(folder: string): string[] {
  const kept = new Set(['log', 'state', 'irmd.log']);
  return readdirSync(folder).flatMap((node) =>
    readdirSync(join(folder, node))
      .filter((file) => !kept.has(file))
      .map((file) => `${node}/${file}`),
  );
}

/** Pids of all living processes whose runtime directory is below a folder. */
export const processesBelow = (folder: string): number[] => processesWith(`RUNTIME_DIR=${folder}/`);

/** Pids of all living processes of a node: daemons, and programs that were started on it. */
export const processesOf = ({ plan }: DemoNode): number[] => processesWith(`RUNTIME_DIR=${plan.runtimeDir}\0`);

const processesWith = (variable: string): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && read(`/proc/${entry}/environ`).includes(variable))
    .map(Number);

function sharedMemoriesOf(pid: number): number {
  return read(`/proc/${pid}/maps`).split('/memfd:').length - 1;
}

/** The structured log lines of all daemons of a node: irmd's and those of its IPCPs. */
export function logLines({ plan }: DemoNode): LogLine[] {
  const folder = join(plan.runtimeDir, 'log');
  const files = [join(plan.runtimeDir, 'irmd.log'), ...readdirSync(folder).map((file) => join(folder, file))];
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

export interface LogLine {
  readonly program: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A UDP port that nobody uses on any local address. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4').once('error', reject);
    socket.bind(0, '0.0.0.0', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === undefined) throw thrown;
    return '';
  }
}
