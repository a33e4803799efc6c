import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { until } from './one-node.js';

const ROOT = join(__dirname, '..', '..', '..');
const FILE = join(ROOT, 'docker', 'compose.demo.yml');
const NODES = ['n1', 'n2', 'n3'];
const MINUTE = 60_000;

/** Why there is nothing to test with; undefined when an engine and a compose answer. */
function missing(): string | undefined {
  const engine = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
  if (engine.error) return 'the program docker is not installed';
  if (engine.status !== 0) return `no Docker engine answers: ${engine.stderr.trim().split('\n').at(-1)}`;
  return compose() ? undefined : 'neither "docker compose" nor docker-compose is installed';
}

/** The words that begin a compose command here: version 2 is part of docker, version 1 a program of its own. */
function compose(): readonly string[] | undefined {
  const forms = [['docker', 'compose'], ['docker-compose']];
  return forms.find(([program, ...words]) => spawnSync(program!, [...words, 'version']).status === 0);
}

const why = missing();
if (why !== undefined) process.stdout.write(`The specs with containers are skipped: ${why}.\n`);
const describeWithDocker = why === undefined ? describe : describe.skip;

describeWithDocker('the triangle in containers', () => {
  const [program, ...words] = compose() ?? ['docker-compose'];
  const project = `o7e2e${process.pid}`;

  /** A compose command on this test's own project; answers its standard output, throws unless it succeeds. */
  function run(...args: string[]): string {
    const ran = spawnSync(program!, [...words, '-p', project, '-f', FILE, ...args], { encoding: 'utf8' });
    if (ran.status === 0) return ran.stdout;
    throw new Error(`${args.join(' ')}: status ${ran.status}\n${ran.stdout}\n${ran.stderr}`);
  }
  const inside = (node: string, ...args: string[]): string => run('exec', '-T', node, ...args);
  const ping = (node: string): string => inside(node, 'oping', '-n', 'hello', '-c', '3', '-i', '100ms');
  const routesOf = (node: string): { direct: boolean }[] => {
    const { ipcps } = JSON.parse(inside(node, 'irm', 'route', 'list', '--json')) as {
      ipcps: { rows: { direct: boolean }[] }[];
    };
    return ipcps.flatMap(({ rows }) => rows);
  };
  const health = (node: string): string => {
    const id = run('ps', '-q', node).trim();
    return spawnSync('docker', ['inspect', '-f', '{{.State.Health.Status}}', id], { encoding: 'utf8' }).stdout.trim();
  };
  const healthy = (...nodes: string[]): Promise<number> =>
    until(`${nodes.join(', ')} healthy`, () => nodes.every((node) => health(node) === 'healthy'), MINUTE);
  const joined = (): Promise<number> =>
    until('two direct routes at n1', () => routesOf('n1').filter(({ direct }) => direct).length === 2, MINUTE / 2);

  beforeAll(() => {
    run('build');
    run('up', '-d');
  }, 15 * MINUTE);

  afterAll(() => {
    run('down', '-v');
  }, MINUTE);

  it('becomes healthy', async () => {
    await healthy(...NODES);
    await joined();
  });

  it('needs no root and no capability', () => {
    for (const node of NODES) {
      const status = inside(node, 'cat', '/proc/self/status');
      expect(status).toMatch(/^Uid:\t1000\t1000\t/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
    }
  });

  it('answers pings by name', () => {
    for (const node of NODES) expect(ping(node)).toMatch(/ 0% packet loss/);
  });

  it.each(['n2', 'n1'])('goes on without %s, which joins again when it is back', async (node) => {
    run('kill', '-s', 'SIGKILL', node);
    const left = NODES.find((one) => one !== node)!;
    await until(`answers at ${left}`, () => / 0% packet loss/.test(ping(left)), MINUTE / 4);
    run('start', node);
    await healthy(node);
    await joined();
    expect(ping(node)).toMatch(/ 0% packet loss/);
  });
});
