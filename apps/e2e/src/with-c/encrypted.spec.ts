import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPki, Places } from '@ouroboros/pki';
import { CNode, findC } from './c-node.js';
import { Namespaces } from '../namespaces.js';
import { OurNode } from './our-node.js';
import type { PeerNode } from './peer-node.js';
import { until } from './run.js';

const { prefix, reason } = findC();
if (prefix === undefined) process.stdout.write(`The specs of encryption with Ouroboros C are skipped: ${reason}.\n`);
const describeWithC = prefix === undefined ? describe.skip : describe;

interface Algorithms {
  readonly kex: string;
  readonly cipher: string;
}

const ALGORITHMS: readonly Algorithms[] = [
  { kex: 'X25519', cipher: 'chacha20-poly1305' },
  { kex: 'prime256v1', cipher: 'aes-256-gcm' },
];
const SERVERS = ['C', 'ours'] as const;
type Server = (typeof SERVERS)[number];

/** One name for each way, so that each has its own configuration. */
const nameOf = (server: Server, { kex }: Algorithms, certified: boolean): string =>
  `${server}.${kex}.${certified ? 'certified' : 'bare'}`.toLowerCase();
const UNCONFIGURED = 'c.unconfigured';
const RELIABLE: Readonly<Record<Server, string>> = { C: 'c.reliable', ours: 'ours.reliable' };

const WAYS = SERVERS.flatMap((server) =>
  ALGORITHMS.flatMap((algorithms) => [false, true].map((certified) => ({ server, algorithms, certified }))),
);

describeWithC('flows between C and us, straight over UDP', () => {
  let hosts: Namespaces;
  const nodes: Partial<Record<Server, PeerNode>> = {};
  const node = (server: Server): PeerNode => nodes[server]!;
  const otherThan = (server: Server): PeerNode => node(server === 'C' ? 'ours' : 'C');
  let authority: string;

  /** Both trust the authority; C reads it at its start only. */
  async function startBoth(): Promise<void> {
    const pki = await openPki(new Places(authority), {
      now: () => 0 as never,
      wallNanos: () => BigInt(Date.now()) * 1_000_000n,
      at: () => () => undefined,
    });
    await pki.init({ name: 'lab' });
    const confDir = mkdtempSync(join(tmpdir(), 'o7s-c-conf-'));
    for (const { server, algorithms, certified } of WAYS)
      if (certified) await pki.issue({ name: nameOf(server, algorithms, true), roles: ['server'] });
    cpSync(join(authority, 'security', 'cacert'), join(confDir, 'security', 'cacert'), { recursive: true });
    nodes.C = await CNode.start(prefix!, hosts.name(1), confDir);
    nodes.ours = await OurNode.start(hosts.name(2));
    const { ours } = nodes;
    cpSync(join(authority, 'security', 'cacert'), join(ours.confDir, 'security', 'cacert'), { recursive: true });
  }

  /** `enc.conf` at both ends, and the server's certificate. */
  function configure(server: Server, algorithms: Algorithms, certified: boolean): void {
    const name = nameOf(server, algorithms, certified);
    const text = `kex=${algorithms.kex}\ncipher=${algorithms.cipher}\n`;
    for (const [at, role] of [
      [node(server), 'server'],
      [otherThan(server), 'client'],
    ] as const) {
      const folder = join(at.confDir, 'security', role, name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'enc.conf'), text);
    }
    if (!certified) return;
    const made = join(authority, 'security', 'server', name);
    cpSync(made, join(node(server).confDir, 'security', 'server', name), { recursive: true });
  }

  const names = {
    ...Object.fromEntries(
      WAYS.map(({ server, algorithms, certified }) => [nameOf(server, algorithms, certified), server === 'C' ? 1 : 2]),
    ),
    [UNCONFIGURED]: 1,
    [RELIABLE.C]: 1,
    [RELIABLE.ours]: 2,
  };

  beforeAll(async () => {
    authority = mkdtempSync(join(tmpdir(), 'o7s-ca-'));
    hosts = new Namespaces(2);
    hosts.writeHosts(names);
    await startBoth();
    for (const [i, at] of [node('C'), node('ours')].entries())
      await at.irm('ipcp', 'bootstrap', 'type', 'udp4', 'name', 'u', 'layer', 'udp', 'ip', hosts.address(i + 1));
    for (const { server, algorithms, certified } of WAYS) configure(server, algorithms, certified);
    for (const [name, i] of Object.entries(names)) await node(i === 1 ? 'C' : 'ours').serve(name, 'udp');
  }, 120_000);

  afterAll(async () => {
    for (const at of Object.values(nodes)) await at.stop();
    hosts.remove();
    rmSync(authority, { recursive: true, force: true });
  }, 60_000);

  /** Pings, and what our node says of the flow meanwhile. */
  async function pingAndLook(client: PeerNode, name: string, ...qos: string[]) {
    const pings = client.oping('-n', name, '-c', '100', '-i', '10ms', '-Q', ...qos);
    let row: Row | undefined;
    const seen = until(async () => (row = await rowOf(name)) !== undefined, 20_000, `a flow for ${name}`);
    const [text] = await Promise.all([pings, seen]);
    return { text, row: row! };
  }

  interface Row {
    readonly name: string;
    /** Name in the other host's certificate. */
    readonly peer: string | null;
    readonly protection: { readonly profile: string; readonly cipher: string; readonly kex: string } | null;
  }

  async function rowOf(name: string): Promise<Row | undefined> {
    const { flows } = JSON.parse(await node('ours').irm('flow', 'list', '--json')) as { flows: Row[] };
    return flows.find((flow) => flow.name === name);
  }

  const ALL_BACK = /100 packets transmitted, 100 received, 0 out-of-order, 0% packet loss/;

  it.each(WAYS)(
    '$server serves, $algorithms.kex and $algorithms.cipher, certificate: $certified',
    async (way) => {
      const { server, algorithms, certified } = way;
      const name = nameOf(server, algorithms, certified);
      if (certified && server === 'C') await node('ours').irm('name', 'create', name, 'authentication', 'require');
      const { text, row } = await pingAndLook(otherThan(server), name);
      expect(text).toMatch(ALL_BACK);
      expect(row.protection).toMatchObject({ profile: 'c', cipher: algorithms.cipher });
      expect(row.protection!.kex).toContain(algorithms.kex);
      if (server === 'C') expect(row.peer).toBe(certified ? name : null);
    },
    60_000,
  );

  it('C serves without configuration, and encrypts what we offer by default', async () => {
    const { text, row } = await pingAndLook(node('ours'), UNCONFIGURED);
    expect(text).toMatch(ALL_BACK);
    expect(row.protection).toMatchObject({ profile: 'c', cipher: 'aes-256-gcm', kex: 'X25519' });
  }, 60_000);

  it.each(SERVERS)(
    '%s serves a reliable flow',
    async (server) => {
      const { text } = await pingAndLook(otherThan(server), RELIABLE[server], '-q', 'data');
      expect(text).toMatch(ALL_BACK);
    },
    60_000,
  );
});
