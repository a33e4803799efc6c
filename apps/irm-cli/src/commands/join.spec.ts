import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandLine } from '../testing/command-line.js';

let inviter: CommandLine, joiner: CommandLine;
const dirs: string[] = [];
beforeEach(async () => {
  [inviter, joiner] = [new CommandLine(), new CommandLine()];
  for (const cli of [inviter, joiner]) {
    cli.confDir = mkdtempSync(join(tmpdir(), 'o7irm-'));
    dirs.push(cli.confDir);
  }
  inviter.management.reports.set('status', () => ({ address: '127.0.0.1', port: 3435 }));
  await inviter.given(
    'ipcp bootstrap type udp4 name udp layer udp ip 127.0.0.1',
    'ipcp bootstrap type unicast name net.n1 layer net autobind',
  );
});
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const TOKEN = /^o7s1:udp4:127\.0\.0\.1:3435:udp#unicast:net:net\.n1#(-|[0-9a-f]{32})#[0-9a-f]{40}\n$/;

describe('irm invite', () => {
  it('prints the token alone on stdout, and each step and warning on stderr', async () => {
    await inviter.given('pki init net');
    const { status, stdout, stderr } = await inviter.run('invite net');
    expect([status, stdout]).toEqual([0, expect.stringMatching(TOKEN)]);
    expect(stderr.split('\n')).toEqual([
      'irm pki issue net.n1 member --authority net',
      'irm bind ipcp net.n1 name net.n1',
      'irm name register net.n1 ipcp udp',
      'irm name create o7s.join.net encryption require',
      'irm bind program /usr/bin/irm name o7s.join.net auto -- invite serve',
      'irm name register o7s.join.net ipcp udp',
      expect.stringMatching(/^irm: 127\.0\.0\.1 is a loopback address: .*--address/),
      "irm: good once, for 15 m 0 s, on one other host: irm join '<token>'",
      '',
    ]);
  });

  it('says clearly that a host without authority gives no certificates', async () => {
    const { stdout, stderr } = await inviter.run('invite net --ttl 1h');
    expect([stdout, stderr]).toEqual([expect.stringMatching(TOKEN), expect.stringContaining('no authority')]);
    expect(await inviter.json('invite net')).toMatchObject({
      authority: null,
      layer: 'net',
      token: expect.any(String),
    });
  });

  it('lists and revokes', async () => {
    expect((await inviter.run('invite list')).stdout).toBe('No invitations.\n');
    const { id, token } = (await inviter.json('invite create net')) as { id: string; token: string };
    expect(await inviter.json('invite list')).toMatchObject({ invitations: [{ id, layer: 'net', state: 'open' }] });
    expect((await inviter.runWords(['invite', 'revoke', token])).stdout).toBe(`${id}: revoked\n`);
    expect((await inviter.run('invite list')).stdout).toMatch(new RegExp(`${id} .* revoked `));
    expect((await inviter.run(`invite revoke ${id}`)).status).toBe(8);
  });

  it.each([
    ['invite', 2],
    ['invite lab', 4],
    ['invite net --ttl 0s', 2],
    ['invite net --ttl 8d', 2],
    ['invite net --address somewhere', 2],
    ['invite net --over tcp', 4],
    ['invite revoke 0123456789abcdef', 4],
  ])('%s ends with %i and leaves nothing behind', async (line, status) => {
    expect((await inviter.run(line)).status).toBe(status);
    expect(readdirSync(inviter.confDir!)).toEqual([]);
  });

  it('explains itself and its short form', async () => {
    const { stdout } = await inviter.run('invite --help');
    expect(stdout).toContain('Usage: irm invite <command>');
    expect(stdout).toContain('       irm invite <layer>   for irm invite create\n');
  });
});

describe('irm join', () => {
  it('prints what it would do, and does nothing', async () => {
    const token = (await inviter.run('invite net')).stdout.trim();
    const { status, stdout, stderr } = await joiner.runWords(['join', token, '--name', 'net.b', '--dry-run']);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr.split('\n').filter((line) => line.endsWith('# not done'))).toHaveLength(4);
    expect(joiner.management.callsOf('ipcpCreate')).toEqual([]);
  });

  it('refuses what is no token with 2, and an altered one with 6, before it does anything', async () => {
    const token = (await inviter.run('invite net')).stdout.trim();
    const { status, stderr } = await joiner.runWords(['join', token.replace('net.n1', 'net.n9')]);
    expect([status, stderr]).toEqual([6, 'irm join: the token is altered or cut: its check does not fit\n']);
    expect((await joiner.run('join net')).status).toBe(2);
    expect(joiner.management.calls).toEqual([]);
  });

  it('stops at the step that fails, with its reason', async () => {
    const token = (await inviter.run('invite net')).stdout.trim();
    const { status, stderr } = await joiner.runWords(['join', token, '--json']);
    expect(status).toBe(4);
    expect(stderr).toContain('nobody serves that name');
    expect(joiner.management.callsOf('ipcpEnroll')).toEqual([]);
  });
});
