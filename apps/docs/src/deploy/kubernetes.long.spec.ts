import { until } from '../../../e2e/src/one-node.js';
import { Cluster, type Pod } from './cluster.js';
import { isRoot } from './processes.js';

const MINUTE = 60_000;
/** A pod that has come back may take this long until it is reached. */
const RECOVERY_MS = 30_000;

if (!isRoot) process.stdout.write('  skipped: pods of our own making need root\n');

(isRoot ? describe : describe.skip)('the pods of the manifest', () => {
  let cluster: Cluster;
  const pods = new Map<string, Pod>();
  const pod = (name: string): Pod => pods.get(name)!;

  const seed = (ip: string): void => {
    cluster.nameSeed(ip);
    pods.set('seed', cluster.start('StatefulSet', { ip, node: 'worker-1', name: 'ouroboros-seed-0' }, 'seed'));
  };
  const member = (node: string, ip: string): void =>
    void pods.set(node, cluster.start('DaemonSet', { ip, node, name: `ouroboros-${ip.at(-1)}` }, node));
  const reaches = (from: string, to: string) => (): boolean =>
    pod(from).exec(['oping', '-n', `hello.${to}`, '-c', '1']).status === 0;
  const recovery = async (what: string, again: () => boolean): Promise<void> => {
    const took = await until(what, again, RECOVERY_MS).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\n${[...pods].map(([name, { output }]) => `${name}:\n${output}`).join('\n')}`);
    });
    process.stdout.write(`    measured: ${what} after ${(took / 1000).toFixed(1)} s\n`);
  };
  const membersSeenBy = (name: string): number => {
    const { stdout } = pod(name).exec(['irm', '--json', 'layer', 'graph', 'net']);
    return (stdout.match(/"name": ?"net\./g) ?? []).length;
  };

  beforeAll(() => {
    cluster = new Cluster();
  }, 3 * MINUTE);
  afterAll(() => cluster.remove(), MINUTE);

  it(
    'form one layer, members before the seed',
    async () => {
      member('worker-1', '127.0.32.11');
      member('worker-2', '127.0.32.12');
      expect(pod('worker-1').ready()).toBe(false);
      seed('127.0.32.1');
      for (const name of ['seed', 'worker-1', 'worker-2']) await recovery(`${name} is ready`, pod(name).ready);
      await recovery('worker-1 reaches worker-2', reaches('worker-1', 'worker-2'));
      await recovery('worker-2 reaches worker-1', reaches('worker-2', 'worker-1'));
      for (const name of pods.keys()) await recovery(`${name} sees all`, () => membersSeenBy(name) === 3);
    },
    2 * MINUTE,
  );

  it(
    'stop in order, and come back with the same state',
    async () => {
      const address = pod('worker-1').address('net.worker-1');
      const startedAt = performance.now();
      expect(await pod('worker-1').stop()).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(20_000);
      member('worker-1', '127.0.32.11');
      await recovery('worker-1 is ready', pod('worker-1').ready);
      await recovery('worker-2 reaches worker-1', reaches('worker-2', 'worker-1'));
      expect(pod('worker-1').address('net.worker-1')).toBe(address);
    },
    MINUTE,
  );

  it(
    'are killed, and come back at another address with the same state',
    async () => {
      const address = pod('worker-2').address('net.worker-2');
      await pod('worker-2').kill();
      member('worker-2', '127.0.32.22');
      await recovery('worker-2 is ready', pod('worker-2').ready);
      await recovery('worker-1 reaches worker-2', reaches('worker-1', 'worker-2'));
      expect(pod('worker-2').address('net.worker-2')).toBe(address);
      expect(pod('worker-2').exec(['irm', 'ipcp', 'show', 'udp']).stdout).toMatch(/^address +127\.0\.32\.22$/m);
    },
    MINUTE,
  );

  it(
    'find the seed again, that was killed and has another address',
    async () => {
      await pod('seed').kill();
      seed('127.0.32.2');
      await recovery('the seed is ready', pod('seed').ready);
      await recovery('worker-1 reaches worker-2', reaches('worker-1', 'worker-2'));
      await recovery('worker-2 reaches worker-1', reaches('worker-2', 'worker-1'));
    },
    2 * MINUTE,
  );

  it(
    'serve a web server that knows nothing of all this by its name',
    async () => {
      pods.set('web', cluster.start('Deployment', { ip: '127.0.32.31', node: 'worker-1', name: 'web-x1' }, 'web'));
      await recovery('web is ready', pod('web').ready);
      const request = 'GET / HTTP/1.0\r\n\r\n';
      const answer = (): string => pod('worker-2').exec(['ocat', '--name', 'web'], request).stdout;
      await recovery('web answers', () => answer().includes('Hello over Ouroboros.'));
    },
    MINUTE,
  );
});
