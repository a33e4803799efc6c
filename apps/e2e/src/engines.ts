import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { installed, notInstalled } from '@ouroboros/demo';
import { Namespaces } from './namespaces.js';
import { until } from './one-node.js';

const START_LIMIT_MS = 30_000;
/** The last two stand in for images that a registry would serve. */
const NEEDED = ['dockerd', 'docker', 'nsenter', 'ip', 'iptables', 'busybox', 'prometheus'];

/** Version 2 is part of docker, version 1 a program of its own; both understand our files. */
type Compose = 'docker compose' | 'docker-compose';

function findCompose(): Compose | undefined {
  if (spawnSync('docker', ['compose', 'version']).status === 0) return 'docker compose';
  return installed('docker-compose') === undefined ? undefined : 'docker-compose';
}

/** Why there can be no Docker engines of our own; '' where there can. */
export function noEngines(): string {
  if (process.getuid?.() !== 0) return 'Docker engines of our own need root';
  const missing = notInstalled(...NEEDED);
  if (missing !== null) return missing;
  return findCompose() === undefined ? 'neither "docker compose" nor docker-compose is installed' : '';
}

/** A Docker engine in a network namespace. */
class Engine {
  readonly host: string;
  private child: ChildProcess | undefined;

  constructor(
    readonly namespace: string,
    private readonly folder: string,
  ) {
    mkdirSync(folder);
    this.host = `unix://${join(folder, 'd.sock')}`;
  }

  /** `ip netns exec` would mount another /sys, without the control groups that an engine needs; nsenter does not. */
  get within(): readonly string[] {
    return ['nsenter', `--net=/var/run/netns/${this.namespace}`];
  }

  async start(): Promise<void> {
    const places = ['data', 'exec'].map((name) => `--${name}-root=${join(this.folder, name)}`);
    const words = [...this.within, 'dockerd', ...places, `--pidfile=${join(this.folder, 'pid')}`, '-H', this.host];
    const log = openSync(join(this.folder, 'log'), 'w');
    this.child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', log, log] });
    await until(`an engine in ${this.namespace}`, () => this.docker('info').status === 0, START_LIMIT_MS);
  }

  docker(...args: string[]) {
    return spawnSync('docker', ['-H', this.host, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  }

  async stop(): Promise<void> {
    const containers = this.docker('ps', '-aq').stdout.split('\n').filter(Boolean);
    if (containers.length > 0) this.docker('rm', '-fv', ...containers);
    if (!this.child || this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

/**
 * Machines of our own making, each with a Docker engine: `public` and `home`, on one network; what containers send to the other machine is
 * translated by their own one. The image and images to stand in for public ones are made of what is installed here.
 */
export class Engines {
  private readonly folder = mkdtempSync(join(tmpdir(), 'o7-engines-'));
  private readonly namespaces = new Namespaces(2);
  private readonly engines: Readonly<Record<string, Engine>> = {
    public: new Engine(this.namespaces.name(1), join(this.folder, 'public')),
    home: new Engine(this.namespaces.name(2), join(this.folder, 'home')),
  };

  async start(): Promise<void> {
    this.writeDocker();
    mkdirSync(join(this.folder, 'handed-over'));
    for (const engine of Object.values(this.engines)) await engine.start();
    const busybox = installed('busybox')!;
    this.makeImage('o7-busybox', busybox, ['sh', 'httpd', 'wget', 'sleep', 'ping']);
    this.makeImage('o7-prometheus', installed('prometheus')!, [], ['/bin/prometheus']);
    this.makeImage('o7-idle', busybox, ['sleep'], ['/bin/sleep', 'infinity']);
  }

  /** Hands what one machine has built to the other. */
  copyImage(name: string): void {
    const file = join(this.folder, 'image.tar');
    this.run('public', 'docker', 'save', '-o', file, name);
    this.run('home', 'docker', 'load', '-i', file);
    rmSync(file);
  }

  /** An image at `public` of a program of this machine with its libraries and further names for it. */
  private makeImage(tag: string, program: string, names: readonly string[], entrypoint?: readonly string[]): void {
    const root = join(this.folder, tag);
    mkdirSync(join(root, 'bin'), { recursive: true });
    const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
    const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
    for (const library of libraries) cpSync(realpathSync(library), join(root, library));
    cpSync(realpathSync(program), join(root, 'bin', basename(program)));
    for (const name of names) symlinkSync(basename(program), join(root, 'bin', name));
    this.run('public', 'tar', '-C', root, '-cf', `${root}.tar`, '.');
    const changes = entrypoint ? ['--change', `ENTRYPOINT ${JSON.stringify(entrypoint)}`] : [];
    this.run('public', 'docker', 'import', ...changes, `${root}.tar`, tag);
  }

  /** Words before a command that is to run at a machine. */
  within(machine: string): readonly string[] {
    const engine = this.engines[machine]!;
    const variables = {
      PATH: `${join(this.folder, 'bin')}:${process.env['PATH']}`,
      DOCKER_HOST: engine.host,
      COMPOSE_PROJECT_NAME: 'o7',
      ADDRESS: this.namespaces.address(1),
      HANDED_OVER: join(this.folder, 'handed-over'),
      APP_IMAGE: 'o7-busybox',
      PROMETHEUS_IMAGE: 'o7-prometheus',
      GRAFANA_IMAGE: 'o7-idle',
    };
    return [...engine.within, 'env', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
  }

  /** Runs a command at a machine, answers its standard output; throws unless it succeeds. */
  run(machine: string, ...command: string[]): string {
    const { status, stdout, stderr } = this.try(machine, ...command);
    if (status === 0) return stdout;
    throw new Error(`${command.join(' ')}: status ${status}\n${stdout}\n${stderr}`);
  }

  try(machine: string, ...command: string[]) {
    const [program, ...args] = [...this.within(machine), ...command];
    return spawnSync(program!, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  }

  /** Pulls the cable between the machines, or puts it back. */
  plug(machine: 'public' | 'home', state: 'up' | 'down'): void {
    this.namespaces.ip(machine === 'public' ? 1 : 2, 'link', 'set', 'eth0', state);
  }

  async remove(): Promise<void> {
    for (const engine of Object.values(this.engines)) await engine.stop();
    this.namespaces.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A `docker` that knows `docker compose`, whichever compose there is. */
  private writeDocker(): void {
    const file = join(this.folder, 'bin', 'docker');
    mkdirSync(dirname(file));
    const compose =
      findCompose() === 'docker-compose' ? '[ "$1" = compose ] && shift && exec docker-compose "$@"\n' : '';
    writeFileSync(file, `#!/bin/sh\n${compose}exec ${installed('docker')!} "$@"\n`);
    chmodSync(file, 0o755);
  }
}
