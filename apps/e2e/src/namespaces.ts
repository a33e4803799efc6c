import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const md5 = (name: string): string => createHash('md5').update(name).digest('hex');

/**
 * Hosts of our own making: network namespaces on one bridge, 10.77.0.1, .2, … Their hosts files hold the MD5 of names,
 * which is how a C node finds a name over UDP.
 */
export class Namespaces {
  private readonly prefix = `o7s${process.pid}x`;
  private readonly made: string[] = [];

  constructor(readonly count: number) {
    const bridge = this.make(this.name(0));
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (let i = 1; i <= count; i += 1) this.plug(i, bridge);
  }

  name(i: number): string {
    return `${this.prefix}${i}`;
  }

  address(i: number): string {
    return `10.77.0.${i}`;
  }

  /** `names`: which node answers for a name. */
  writeHosts(names: Readonly<Record<string, number>>): void {
    const lines = Object.entries(names).map(([name, i]) => `${this.address(i)} ${md5(name)}\n`);
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

  private make(name: string): string {
    ip('netns', 'add', name);
    this.made.push(name);
    return name;
  }

  private plug(i: number, bridge: string): void {
    const host = this.make(this.name(i));
    ip('link', 'add', `v${i}`, 'netns', bridge, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
    ip('-n', bridge, 'link', 'set', `v${i}`, 'master', 'br0', 'up');
    ip('-n', host, 'addr', 'add', `${this.address(i)}/24`, 'dev', 'eth0');
    for (const device of ['eth0', 'lo']) ip('-n', host, 'link', 'set', device, 'up');
  }
}
