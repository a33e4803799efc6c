import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const md5 = (name: string): string => createHash('md5').update(name).digest('hex');

/** One process makes several, one after the other or at once. */
let made = -1;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/**
 * Hosts of our own making: network namespaces on one bridge, 10.77.0.1, .2, … and fd77::1, ::2, … on `eth0`. Their hosts files hold the MD5 of names,
 * which is how a C node finds a name over UDP.
 */
export class Namespaces {
  private readonly prefix = `o7s${process.pid}${LETTERS[(made += 1) % LETTERS.length]}`;
  private readonly made: string[] = [];

  constructor(readonly count: number) {
    const bridge = this.make(this.name(0));
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (let i = 1; i <= count; i += 1) this.plug(i);
  }

  name(i: number): string {
    return `${this.prefix}${i}`;
  }

  address(i: number): string {
    return `10.77.0.${i}`;
  }

  /** Words before a command that is to run at host `i`. */
  within(i: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.name(i)];
  }

  /** `ip` at host `i`: `link set eth0 down`. */
  ip(i: number, ...args: string[]): string {
    return ip('-n', this.name(i), ...args);
  }

  /** MAC of the device of host `i`. */
  mac(i: number): string {
    return /link\/ether ([0-9a-f:]{17})/.exec(this.ip(i, 'link', 'show', 'eth0'))![1]!;
  }

  address6(i: number): string {
    return `fd77::${i}`;
  }

  /** `names`: which node answers for a name. */
  writeHosts(names: Readonly<Record<string, number>>): void {
    const lines = Object.entries(names).flatMap(([name, i]) =>
      [this.address(i), this.address6(i)].map((address) => `${address} ${md5(name)}\n`),
    );
    for (let i = 1; i <= this.count; i += 1) {
      const folder = join('/etc/netns', this.name(i));
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${lines.join('')}`);
    }
  }

  remove(): void {
    for (const name of this.made) ip('netns', 'del', name);
    for (let i = 1; i <= this.count; i += 1) rmSync(join('/etc/netns', this.name(i)), { recursive: true, force: true });
  }

  /** What the bridge's end of the cable of host `i` takes; longer frames vanish there, and nobody is told. */
  narrow(i: number, mtu: number): void {
    ip('-n', this.name(0), 'link', 'set', `v${i}`, 'mtu', String(mtu));
  }

  /** Pulls the device of host `i` out, so that it vanishes. */
  unplug(i: number): void {
    this.ip(i, 'link', 'del', 'eth0');
  }

  /** A new device `eth0` for a host whose device has vanished, with a MAC of its own or this one. */
  replug(i: number, mac?: string): void {
    this.cable(i, mac);
  }

  private make(name: string): string {
    ip('netns', 'add', name);
    this.made.push(name);
    return name;
  }

  private plug(i: number): void {
    this.make(this.name(i));
    this.ip(i, 'link', 'set', 'lo', 'up');
    this.cable(i);
  }

  private cable(i: number, mac?: string): void {
    const [bridge, host] = [this.name(0), this.name(i)];
    ip('link', 'add', `v${i}`, 'netns', bridge, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
    ip('-n', bridge, 'link', 'set', `v${i}`, 'master', 'br0', 'up');
    this.ip(i, 'addr', 'add', `${this.address(i)}/24`, 'dev', 'eth0');
    this.ip(i, 'addr', 'add', `${this.address6(i)}/64`, 'dev', 'eth0', 'nodad');
    if (mac !== undefined) this.ip(i, 'link', 'set', 'eth0', 'address', mac);
    this.ip(i, 'link', 'set', 'eth0', 'up');
  }
}

/** Why there can be no namespaces; '' where there can. */
export const noNamespaces = process.getuid?.() === 0 ? '' : 'network namespaces need root';
