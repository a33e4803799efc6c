import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import type { SecurityPolicy } from '@ouroboros/ports';
import { answersPing } from './flows.js';
import { Mesh } from './mesh.js';
import { Office, type Paper } from './office.js';
import { until } from './one-node.js';
import type { Program, Ran } from './programs.js';
import { logLines, Site } from './site.js';

jest.setTimeout(60_000);

let site: Site;
let office: Office;
let a: DemoNode, b: DemoNode;
let server: Program;
beforeAll(async () => {
  site = await Site.open();
  office = await Office.open(join(site.folder, 'office'), 'lab', 'guild', 'stranger');
  const mesh = await Mesh.build(site, ['a', 'b'], ['a-b'], {});
  [a, b] = [mesh.get('a'), mesh.get('b')];
  for (const node of [a, b]) for (const known of ['lab', 'guild']) office.introduce(known, node);
  server = site.start(b, 'oping', '--listen', '--quiet');
  await server.says(/server started/);
});
afterAll(() => site.close());

const DEMANDED = { authentication: 'require' } as const;

/** A name that the oping of b serves to a; what each of them demands of its flows. */
async function named(name: string, atA: Partial<SecurityPolicy>, atB: Partial<SecurityPolicy> = {}): Promise<void> {
  await a.irm.createName(name, { security: atA });
  await b.irm.createName(name, { security: atB });
  await b.irm.bindProcess(server.pid, name);
  await b.irm.regName(name, { layers: ['net'] });
}

const serverPaper = (name: string, more: Partial<Paper> = {}): Promise<string> =>
  office.issue(b, { role: 'server', name, authority: 'lab', ...more });
const clientPaper = (name: string, more: Partial<Paper> = {}): Promise<string> =>
  office.issue(a, { role: 'client', name, authority: 'lab', ...more });

const ping = (name: string): Promise<Ran> => site.run(a, 'oping', '-n', name, '-c', '2', '-i', '10ms');
const ANSWERED = { status: 0, stdout: expect.stringMatching(/2 received/) };

/** True when irmd of the node has a warning about flows to a name, in such words. */
const warned = (node: DemoNode, name: string, words: string): boolean =>
  logLines(node).some(
    ({ program, level, msg, ...more }) =>
      program === 'irmd' && level === 'warn' && more['name'] === name && msg.includes(words),
  );

/** A flow is refused at the client, with exit status 6 and the reason; the reason is in the log of the server, too. */
async function expectRefusal(name: string, about: string, why: RegExp, ran?: Ran): Promise<void> {
  const { status, stderr } = ran ?? (await ping(name));
  expect([status, stderr]).toEqual([6, expect.stringContaining(about)]);
  const reason = stderr.slice(stderr.indexOf(about)).trim();
  expect(reason.slice(about.length)).toMatch(why);
  await until(`the server logs: ${reason}`, () => warned(b, name, reason));
}

/** What is wrong with a certificate, and what is said of it. */
const FLAWS: readonly [string, Partial<Paper>, RegExp][] = [
  ['expired', { day: -12 }, /^ expired on .* UTC, 2 d 0 h ago by this host's clock; the clocks of both hosts agree$/],
  ['not valid yet', { day: 3 }, /^ is valid from .* UTC, 2 d 2\d h from now by this host's clock; the clocks of both/],
  ['of an unknown authority', { authority: 'stranger' }, /^: no authority that this host trusts stands behind it$/],
];

describe('a server that must show a certificate', () => {
  it.each(['lab', 'guild'])(
    'is believed with one of the authority "%s", of two that are trusted',
    async (authority) => {
      const name = `by ${authority}`;
      await serverPaper(name, { authority });
      await named(name, DEMANDED);
      expect(await ping(name)).toMatchObject(ANSWERED);
    },
  );

  it.each([...FLAWS, ['for another name', { as: 'elsewhere' }, /^ is not that of "for another name"$/] as const])(
    'is refused with one that is %s',
    async (name, flaw, why) => {
      const paper = await serverPaper(name, flaw);
      await named(name, DEMANDED);
      await expectRefusal(name, paper, why);
    },
  );

  it('is refused without any, by ocat as well', async () => {
    await named('bare', DEMANDED);
    const ran = await site.run(a, 'ocat', '-n', 'bare');
    await expectRefusal('bare', 'the server shows no certificate', /^, which bare needs$/, ran);
  });

  it('is refused once its certificate is revoked, while flows that are up stay up, and believed with a new one', async () => {
    const paper = await serverPaper('fading');
    await named('fading', DEMANDED);
    const flow = await site.flows(a).alloc('fading');
    await office.pki.revoke({ name: 'fading' });
    expect(await ping('fading')).toMatchObject(ANSWERED);
    office.introduce('lab', a);
    await expectRefusal('fading', paper, /^ was revoked on .* UTC$/);
    await answersPing(flow);
    await serverPaper('fading');
    expect(await ping('fading')).toMatchObject(ANSWERED);
    await answersPing(flow);
  });
});

describe('a client that must show a certificate', () => {
  it('is believed with a good one, and then both ends know each other', async () => {
    await serverPaper('both');
    await clientPaper('both', { as: 'alice', authority: 'guild' });
    await named('both', DEMANDED, DEMANDED);
    const flow = await site.flows(a).alloc('both');
    await answersPing(flow);
    const peers = async ({ irm }: DemoNode) =>
      (await irm.management.flowList()).filter(({ name }) => name === 'both').map(({ peer }) => peer);
    expect([await peers(a), await peers(b)]).toEqual([['both'], ['alice']]);
  });

  it.each(FLAWS)('is refused with one that is %s', async (flawed, flaw, why) => {
    const name = `client ${flawed}`;
    const paper = await clientPaper(name, flaw);
    await named(name, {}, DEMANDED);
    await expectRefusal(name, paper, why);
  });

  it('is refused with one that is a server’s, or without any', async () => {
    const paper = await serverPaper('posing');
    office.lend(b, a, 'posing');
    await named('posing', {}, DEMANDED);
    await expectRefusal('posing', paper, /^ is not that of a client$/);
    await named('nobody', {}, DEMANDED);
    await expectRefusal('nobody', 'the client shows no certificate', /^, which is demanded here$/);
  });

  it('is refused once its certificate is revoked, while flows that are up stay up', async () => {
    const paper = await clientPaper('guest', { as: 'mallory' });
    await named('guest', {}, DEMANDED);
    const flow = await site.flows(a).alloc('guest');
    await office.pki.revoke({ name: 'mallory' });
    office.introduce('lab', b);
    await expectRefusal('guest', paper, /^ was revoked on .* UTC$/);
    await answersPing(flow);
  });
});

describe('encryption that is demanded', () => {
  it('is never given up for a plain flow: by the client', async () => {
    await named('sealed', { encryption: 'require' }, { encryption: 'off' });
    await expectRefusal('sealed', 'the server does not encrypt', /^, which sealed needs$/);
  });

  it('is never given up for a plain flow: by the server', async () => {
    await named('vault', { encryption: 'off' }, { encryption: 'require' });
    await expectRefusal('vault', 'the client offers no key exchange', /^, which is demanded here$/);
  });
});
