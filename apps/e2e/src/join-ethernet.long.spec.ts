import type { DemoNode } from '@ouroboros/demo';
import { Namespaces, noNamespaces } from './namespaces.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

if (noNamespaces !== '') process.stdout.write(`The specs of joining over Ethernet are skipped: ${noNamespaces}.\n`);
const describeWithRoot = noNamespaces === '' ? describe : describe.skip;

describeWithRoot('a layer over Ethernet', () => {
  let hosts: Namespaces;
  let site: Site;
  let a: DemoNode, b: DemoNode;
  beforeAll(async () => {
    hosts = new Namespaces(2);
    site = await Site.open();
    [a, b] = await Promise.all([site.nodeAt(hosts, 1, 'a'), site.nodeAt(hosts, 2, 'b')]);
    await done(a, 'pki', 'init', 'lab');
  });
  afterAll(async () => {
    await site.close();
    hosts.remove();
  });

  async function done(node: DemoNode, ...words: string[]): Promise<string> {
    const ran = await site.run(node, 'irm', ...words);
    if (ran.status !== 0) throw new Error(`irm ${words.join(' ')}: exit status ${ran.status}\n${ran.stderr}`);
    return ran.stdout;
  }

  it.each([
    ['eth-dix', ['ethertype', 'a007'], /^o7s1:eth-dix:a007:lan-eth-dix#/],
    ['eth-llc', [], /^o7s1:eth-llc:lan-eth-llc#/],
  ] as const)('of type %s is joined with a token and the name of an interface', async (type, more, form) => {
    const [lan, layer] = [`lan-${type}`, `net-${type}`];
    await done(a, 'ipcp', 'bootstrap', 'type', type, 'name', lan, 'layer', lan, 'dev', 'eth0', ...more);
    await done(a, 'pki', 'issue', `${layer}.a`, 'member');
    const begin = ['type', 'unicast', 'name', `${layer}.a`, 'layer', layer, 'members', 'authenticated', 'autobind'];
    await done(a, 'ipcp', 'bootstrap', ...begin);
    const token = (await done(a, 'invite', layer, '--over', lan)).trim();
    expect(token).toMatch(form);
    const without = await site.run(b, 'irm', 'join', token, '--name', `${layer}.b`);
    expect([without.status, without.stderr]).toEqual([2, expect.stringContaining('--dev is required')]);
    expect(await done(b, 'join', token, '--name', `${layer}.b`, '--dev', 'eth0')).toBe(
      `${layer}.b: member of layer ${layer}, with a certificate\n`,
    );
    await site.serve(b, `at-${type}`, layer);
    expect(await site.run(a, 'oping', '-n', `at-${type}`, '-c', '2', '-i', '10ms')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('2 received'),
    });
    const again = await site.run(b, 'irm', 'join', token, '--name', `${layer}.b`);
    expect(again.status).toBe(0);
  });
});
