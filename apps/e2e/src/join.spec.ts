import type { DemoNode } from '@ouroboros/demo';
import type { Ran } from './programs.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

let site: Site;
let a: DemoNode, b: DemoNode, evil: DemoNode;
beforeAll(async () => {
  site = await Site.open();
  [a, b, evil] = await Promise.all([
    site.node('a', '127.0.0.1'),
    site.node('b', '127.0.0.2'),
    site.node('evil', '127.0.0.3'),
  ]);
});
afterAll(() => site.close());

const irm = (node: DemoNode, ...words: string[]): Promise<Ran> => site.run(node, 'irm', ...words);

async function done(node: DemoNode, ...words: string[]): Promise<Ran> {
  const ran = await irm(node, ...words);
  if (ran.status !== 0) throw new Error(`irm ${words.join(' ')}: exit status ${ran.status}\n${ran.stderr}`);
  return ran;
}

const udp = (node: DemoNode, ...more: string[]): Promise<Ran> =>
  done(node, 'ipcp', 'bootstrap', 'type', 'udp4', 'name', 'udp', 'layer', 'udp', 'ip', node.plan.address, ...more);

describe('a layer that demands authenticated members, on real nodes', () => {
  let token: string;

  it('is joined with a token in one command, and then names are reached', async () => {
    await done(a, 'pki', 'init', 'net');
    await done(a, 'pki', 'issue', 'net.a', 'member');
    await udp(a, 'port', String(site.port));
    const layer = ['type', 'unicast', 'name', 'net.a', 'layer', 'net', 'members', 'authenticated', 'autobind'];
    await done(a, 'ipcp', 'bootstrap', ...layer);
    token = (await done(a, 'invite', 'net')).stdout.trim();
    const joined = await done(b, 'join', token, '--name', 'net.b', '--ip', b.plan.address);
    expect(joined.stdout).toBe('net.b: member of layer net, with a certificate\n');
    await site.serve(b, 'hello', 'net');
    expect(await site.run(a, 'oping', '-n', 'hello', '-c', '2', '-i', '10ms')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('2 received'),
    });
    const peers = (await a.irm.management.flowList()).filter(({ layer }) => layer === 'udp').map(({ peer }) => peer);
    expect([...new Set(peers)]).toEqual(['net.b']);
  });

  it('refuses the token to another host, with the reason and exit status 6', async () => {
    const ran = await irm(evil, 'join', token, '--name', 'net.evil', '--ip', evil.plan.address);
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringMatching(/the token was used on .*, by net\.b/)]);
  });

  it('refuses a member without certificate, and what it does reaches no member', async () => {
    const enrolled = await irm(
      evil,
      ...['ipcp', 'enroll', 'type', 'unicast', 'name', 'net.evil', 'layer', 'net', 'dst', 'net.a', 'autobind'],
    );
    expect([enrolled.status, enrolled.stderr]).toEqual([6, expect.stringContaining('demands authenticated members')]);
    await done(evil, 'ipcp', 'bootstrap', 'type', 'unicast', 'name', 'net.evil', 'layer', 'net', 'autobind');
    const connected = await irm(evil, 'ipcp', 'connect', 'name', 'net.evil', 'dst', 'net.a');
    expect(connected.status).not.toBe(0);
    const neighbors = await a.irm.management.ipcpReport('net.a', 'neighbors');
    expect(neighbors).toHaveLength(2);
  });
});

describe('a layer over TLS, on real nodes', () => {
  let token: string;

  /** A TCP layer that listens at the address of the first node, with a certificate of its own authority. */
  async function listenAs(node: DemoNode): Promise<void> {
    const { certificates } = (await site.irmJson(node, 'pki', 'issue', 'gate', 'server')) as {
      certificates: readonly { readonly certificateFile: string; readonly keyFile: string }[];
    };
    const { certificateFile, keyFile } = certificates[0]!;
    const at = ['listen', `${a.plan.address}:${site.port}`, 'tls', 'true', 'cert', certificateFile, 'key', keyFile];
    await done(node, 'ipcp', 'bootstrap', 'type', 'tcp', 'name', 'wire', 'layer', 'wire', ...at);
  }

  it('is joined with a token that knows the key of the inviting host, and no authority of TLS', async () => {
    await listenAs(a);
    await done(a, 'ipcp', 'bootstrap', 'type', 'unicast', 'name', 'far.a', 'layer', 'far', 'autobind');
    token = (await done(a, 'invite', 'far', '--over', 'wire')).stdout.trim();
    expect(token).toMatch(/^o7s1:tls:127\.0\.0\.1:\d+:wire:[0-9a-f]{32}#unicast:far:far\.a#[0-9a-f]{32}#/);
    const joined = await done(b, 'join', token, '--name', 'far.b');
    expect(joined.stdout).toBe('far.b: member of layer far, with a certificate\n');
    await site.serve(b, 'afar', 'far');
    expect(await site.run(a, 'oping', '-n', 'afar', '-c', '2', '-i', '10ms')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('2 received'),
    });
  });

  it('is not joined where another host answers at its address', async () => {
    const second = (await done(a, 'invite', 'far', '--over', 'wire')).stdout.trim();
    await a.irm.destroyIpcp('wire');
    await done(evil, 'pki', 'init', 'net');
    await listenAs(evil);
    for (const name of ['far.b', 'wire']) await b.irm.destroyIpcp(name);
    expect((await irm(b, 'join', second, '--name', 'far.c')).status).not.toBe(0);
    expect(await b.irm.management.ipcpReport('wire', 'targets')).toMatchObject([
      { state: 'waiting', why: 'the certificate of the other side has another key than the pin says' },
    ]);
  });
});
