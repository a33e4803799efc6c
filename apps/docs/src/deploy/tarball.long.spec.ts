import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../document.js';
import { isRoot, NOBODY, run, Running, runningWith, type Surroundings } from './processes.js';

const MOST_BYTES = 15e6;
const NODES = { a: '127.0.31.1', b: '127.0.31.2' };
const MINUTE = 60_000;

const configurationOf = (node: keyof typeof NODES): string => `
[udp4.udp]
bootstrap = "udp"
ip = "${NODES[node]}"
reg = ["net.${node}"]
[udp4.udp.hosts]
"net.a" = "${NODES.a}"
"net.b" = "${NODES.b}"
[unicast."net.${node}"]
${node === 'a' ? 'bootstrap = "net"' : 'enrol = "net.a"\nconn = ["net.a"]'}
autobind = true
${node === 'b' ? 'reg = ["hello"]\n[name.hello]\nprog = ["oping"]\nargs = ["--listen --quiet"]' : ''}
`;

describe('the tarball, unpacked outside of the workspace', () => {
  let folder: string;
  let home: string;
  let tarball: string;
  const nodes = new Map<string, Running>();
  const entries = (): string[] => execFileSync('tar', ['-tvzf', tarball], { encoding: 'utf8' }).trimEnd().split('\n');

  const on = (node: string): Surroundings => ({
    cwd: folder,
    env: {
      PATH: `${join(home, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
      OUROBOROS_RUNTIME_DIR: join(folder, node),
      OUROBOROS_CONF_DIR: join(folder, node, 'conf'),
    },
  });
  const start = (node: string): void => {
    const log = join(folder, `${node}.log`);
    nodes.set(node, new Running(on(node), log, 'irmd', '--stdout', '--config', join(folder, `${node}.conf`)));
  };
  const pings = () => run(on('a'), 'oping', '-n', 'hello', '-c', '3');
  const ready = (node: string) => run(on(node), 'irm', 'wait', '--ready');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'o7t-'));
    const packed = execFileSync(process.execPath, [join(ROOT, 'tools', 'pack.mjs'), '--out', join(folder, 'out')], {
      encoding: 'utf8',
    });
    tarball = packed.trimEnd().split('\n').at(-1)!;
    home = join(folder, 'any where');
    mkdirSync(home);
    execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1', '--no-same-owner']);
    for (const node of ['a', 'b'] as const) {
      mkdirSync(join(folder, node));
      if (isRoot) chownSync(join(folder, node), NOBODY, NOBODY);
      writeFileSync(join(folder, `${node}.conf`), configurationOf(node));
    }
    chmodSync(folder, 0o755);
  }, 5 * MINUTE);
  afterAll(async () => {
    await Promise.all([...nodes.values()].map((node) => node.stop()));
    rmSync(folder, { recursive: true, force: true });
  }, MINUTE);

  it(`has less than ${MOST_BYTES / 1e6} MB`, () => {
    const { size } = statSync(tarball);
    process.stdout.write(`  measured: ${(size / 1e6).toFixed(1)} MB\n`);
    expect(size).toBeLessThan(MOST_BYTES);
  });

  it('has no source maps, no links that lead out of it, and belongs to root', () => {
    const all = entries();
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter((line) => /\.map$|-> \/|-> .*\.\.\/\.\./.test(line))).toEqual([]);
    expect(all.filter((line) => !/^\S+ 0\/0 /.test(line))).toEqual([]);
    const maps = run(on('a'), 'grep', '-rl', 'sourceMappingURL=', join(home, 'bundle'));
    expect(maps).toMatchObject({ status: 1, stdout: '' });
  });

  it('has the manual, completion, the unit and examples in share', () => {
    const share = join(home, 'share');
    expect(readdirSync(join(share, 'man')).sort()).toEqual(['man1', 'man5', 'man8']);
    expect(readdirSync(join(share, 'man', 'man8'))).toContain('irmd.8');
    for (const file of [
      'bash-completion/completions/irm',
      'zsh/site-functions/_irm',
      'fish/vendor_completions.d/irm.fish',
    ]) {
      expect(statSync(join(share, file)).size).toBeGreaterThan(100);
    }
    expect(readdirSync(join(share, 'ouroboros')).sort()).toEqual([
      'irmd.conf',
      'irmd.conf.example',
      'kubernetes',
      'systemd',
    ]);
  });

  it(
    'runs two nodes that ping each other over UDP, as an ordinary user',
    () => {
      for (const node of ['a', 'b']) start(node);
      for (const node of ['a', 'b']) expect(ready(node)).toMatchObject({ status: 0 });
      expect(pings()).toMatchObject({ status: 0, stdout: expect.stringContaining(' 0% packet loss') });
      expect(statSync(`/proc/${nodes.get('a')!.pid}`).uid).not.toBe(0);
    },
    MINUTE,
  );

  it(
    'stops in order on SIGTERM, and is who it was after the next start',
    async () => {
      const address = (): string => {
        const { stdout } = run(on('b'), 'irm', '--json', 'ipcp', 'show', 'net.b');
        return (JSON.parse(stdout) as { ipcp: { address: string } }).ipcp.address;
      };
      const before = address();
      expect(before).toMatch(/\w/);
      expect(await nodes.get('b')!.stop()).toBe(0);
      expect(runningWith('OUROBOROS_RUNTIME_DIR', join(folder, 'b'))).toEqual([]);
      start('b');
      expect(ready('b')).toMatchObject({ status: 0 });
      expect(pings()).toMatchObject({ status: 0 });
      expect(address()).toBe(before);
    },
    MINUTE,
  );

  it(
    'can be moved',
    async () => {
      await Promise.all([...nodes.values()].map((node) => node.stop()));
      const moved = join(folder, 'moved');
      cpSync(home, moved, { recursive: true });
      rmSync(home, { recursive: true });
      home = moved;
      for (const node of ['a', 'b']) start(node);
      for (const node of ['a', 'b']) expect(ready(node)).toMatchObject({ status: 0 });
      expect(pings()).toMatchObject({ status: 0 });
    },
    MINUTE,
  );
});
