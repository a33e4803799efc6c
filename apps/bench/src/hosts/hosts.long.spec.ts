import { createHosts, type Hosts } from './hosts.js';
import { noNamespaces } from './namespaces.js';
import { namespacesOf, processesIn } from './residents.fixture.js';

describe('three hosts in a line', () => {
  let hosts: Hosts;

  beforeEach(async () => {
    hosts = await createHosts(3);
  });

  afterEach(() => hosts.stop());

  it('are namespaces where there can be some, in which neighbours reach each other, and nobody else', async () => {
    const namespaces = (await noNamespaces()) === null;
    expect(hosts.kind).toBe(namespaces ? 'namespaces' : 'loopback');
    const [a, b, c] = hosts.hosts;
    const ping = (from = a!, to = b!): Promise<string> => from.run(['ping', '-c', '1', '-W', '1', to.address]);
    for (const [from, to] of [
      [a, b],
      [b, a],
      [b, c],
      [c, b],
    ] as const)
      expect(await ping(from, to)).toContain(' 1 received');
    if (namespaces) await expect(ping(a, c)).rejects.toThrow('unreachable');
  });

  it('tell how a command failed', async () => {
    const [a] = hosts.hosts;
    await expect(a!.run(['sh', '-c', 'echo so >&2; exit 3'])).rejects.toThrow(/status 3\nso/);
    await expect(a!.run(['sleep', '60'], 10)).rejects.toThrow('10 ms at most');
    await expect(a!.run(['no-such-program'])).rejects.toThrow('no-such-program');
  });

  it('end what runs on them, and are gone', async () => {
    const namespaces = await namespacesOf(hosts);
    const sleepers = hosts.hosts.map((host) => host.spawn(['sleep', '60']));
    await hosts.stop();
    for (const { signalCode } of sleepers) expect(signalCode).toBe('SIGTERM');
    if (hosts.kind === 'namespaces') expect(processesIn(namespaces)).toEqual([]);
  });
});
