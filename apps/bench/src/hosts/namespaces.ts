import { spawn, type ChildProcess } from 'node:child_process';
import { Host } from './host.js';
import { end } from './end.js';
import type { Hosts } from './hosts.js';

/**
 * Network namespaces without names: each lasts as long as a process that keeps it, which ends when its standard input does, and so with this
 * process, however that ends. Neighbours share a veth pair with an MTU of 1,500; nobody forwards.
 */
export class Namespaces implements Hosts {
  readonly kind = 'namespaces';
  readonly hosts: Host[] = [];
  private readonly keepers: ChildProcess[] = [];

  private constructor() {}

  static async create(names: readonly string[]): Promise<Namespaces> {
    const namespaces = new Namespaces();
    try {
      for (const name of names) await namespaces.add(name);
      return namespaces;
    } catch (error) {
      await namespaces.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.stop()));
    await Promise.all(this.keepers.map(end));
  }

  /** One more host at the end of the line. */
  private async add(name: string): Promise<void> {
    const keeper = await keepNamespace();
    this.keepers.push(keeper);
    const address = `10.77.0.${this.hosts.length + 1}`;
    const host = new Host(name, address, ['nsenter', `--net=/proc/${keeper.pid}/ns/net`]);
    this.hosts.push(host);
    await host.run(['ip', 'link', 'set', 'dev', 'lo', 'up']);
    const before = this.hosts.at(-2);
    if (before) await link(before, host, keeper.pid!);
  }
}

/** A host has one address, whichever neighbour asks. Each end of a link bears the name of the host at the other. */
async function link(a: Host, b: Host, keeperOfB: number): Promise<void> {
  const far = ['name', a.name, 'netns', String(keeperOfB)];
  await a.run(['ip', 'link', 'add', 'name', b.name, 'type', 'veth', 'peer', ...far]);
  for (const [host, neighbour] of [[a, b] as const, [b, a] as const]) {
    await host.run(['ip', 'address', 'add', host.address, 'peer', neighbour.address, 'dev', neighbour.name]);
    await host.run(['ip', 'link', 'set', 'dev', neighbour.name, 'up']);
  }
}

/** `cat` gives back what it is given, and so tells that it runs. In a session of its own it does not hear the terminal's Ctrl-C. */
function keepNamespace(): Promise<ChildProcess> {
  const keeper = spawn('unshare', ['--net', 'cat'], { stdio: 'pipe', detached: true });
  let complaint = '';
  keeper.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  keeper.stdin.on('error', () => {}).write('\n');
  return new Promise((resolve, reject) => {
    keeper.stdout.once('data', () => resolve(keeper));
    keeper.once('error', reject);
    keeper.once('close', () => reject(new Error(`no network namespace: ${complaint.trim()}`)));
  });
}

/** Why there can be no network namespaces; null where there can. */
export async function noNamespaces(): Promise<string | null> {
  try {
    const here = new Host('', '');
    await here.run(['nsenter', '--net=/proc/self/ns/net', 'ip', '-V']);
    await end(await keepNamespace());
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
