import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandLine } from '../testing/command-line.js';

const DAY_MS = 86_400_000;
let cli: CommandLine;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'o7irm-'));
  cli = new CommandLine();
  cli.confDir = dir;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('irm pki', () => {
  it('needs no daemon', async () => {
    await cli.given('pki init lab', 'pki issue hello', 'pki status', 'pki renew hello', 'pki revoke hello');
    expect([cli.management.calls, cli.open]).toEqual([[], 0]);
  });

  it('makes an authority in one command and a certificate in one more', async () => {
    expect(await cli.run('pki init lab')).toEqual({
      status: 0,
      stdout: [
        'authority    lab',
        'valid until  2036-01-13',
        `certificate  ${dir}/security/authority/lab/crt.pem`,
        `key, secret  ${dir}/security/authority/lab/key.pem`,
        '',
      ].join('\n'),
      stderr: '',
    });
    expect((await cli.run('pki issue hello')).stdout).toBe(
      [
        'server       hello',
        'signed by    lab',
        'valid until  2027-01-15',
        `certificate  ${dir}/security/server/hello/crt.pem`,
        `key, secret  ${dir}/security/server/hello/key.pem`,
        '',
      ].join('\n'),
    );
  });

  it('issues for roles, names, times and other hosts as it is told', async () => {
    await cli.given('pki init lab', 'pki init other');
    const to = join(dir, 'carry');
    const line = `pki issue hello both --authority other --as alice --days 10 --key ed25519 --to ${to}`;
    expect(await cli.json(line)).toMatchObject({
      certificates: [
        { role: 'server', commonName: 'hello', authority: 'other', notAfter: '2026-01-25T12:00:00.000Z', newKey: true },
        { role: 'client', commonName: 'alice', certificateFile: join(to, 'security/client/hello/crt.pem') },
      ],
    });
    expect(statSync(join(to, 'security/cacert/other.pem')).isFile()).toBe(true);
    expect((await cli.run(`pki issue bye --authority lab --to ${to}`)).stderr).toBe(
      `irm: copy ${to} into the configuration directory of the other host, and remove it here\n`,
    );
  });

  it('renews what there is, and an authority when told so', async () => {
    await cli.given('pki init lab --days 400', 'pki issue hello both');
    cli.wallClock.wallMs += 300 * DAY_MS;
    expect(await cli.json('pki renew hello')).toMatchObject({
      certificates: [
        { role: 'server', newKey: false },
        { role: 'client', newKey: false },
      ],
    });
    expect(await cli.json('pki renew lab authority --days 500')).toMatchObject({
      authority: { name: 'lab', notAfter: '2028-03-25T12:00:00.000Z' },
    });
    expect((await cli.run('pki renew hello client')).stdout).toContain('key as before');
  });

  it('revokes, and says what other hosts need', async () => {
    await cli.given('pki init lab', 'pki issue hello', 'pki renew hello');
    const { certificates } = (await cli.json('pki status')) as { certificates: { kind: string; serial: string }[] };
    const { serial } = certificates.find(({ kind }) => kind === 'issued')!;
    expect(await cli.run(`pki revoke hello --serial ${serial}`)).toEqual({
      status: 0,
      stdout: `revoked hello, serial ${serial}, of lab\n`,
      stderr: `irm: other hosts need ${dir}/security/crl/lab.pem\n`,
    });
    expect(await cli.json('pki revoke hello')).toMatchObject({ revoked: [{ commonName: 'hello', authority: 'lab' }] });
    expect(await cli.run('pki revoke hello')).toMatchObject({
      status: 4,
      stderr: 'irm pki revoke: no authority of this host has a valid certificate of "hello"\n',
    });
  });

  it('shows how many days are left', async () => {
    expect((await cli.run('pki status')).stdout).toContain('No certificates.');
    await cli.given('pki init lab', 'pki issue hello');
    cli.wallClock.wallMs += 340 * DAY_MS;
    const { stdout } = await cli.run('pki status');
    expect(stdout).toContain('revocation lists  1, with 0 certificates\n');
    expect(stdout).toContain('|    server | hello |       hello |    lab |  2027-01-15 |        25 | expires-soon |\n');
    expect(await cli.json('pki status')).toMatchObject({
      confDir: dir,
      certificates: [
        { kind: 'authority', name: 'lab', daysLeft: 3310, state: 'valid', problem: null },
        { kind: 'server', name: 'hello', daysLeft: 25, state: 'expires-soon', notAfter: '2027-01-15T12:00:00.000Z' },
      ],
      lists: [{ revoked: 0, problem: null }],
    });
  });

  it('ends with the status of what went wrong', async () => {
    expect(await cli.run('pki issue hello')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('make one with irm pki init') as string,
    });
    await cli.given('pki init lab', 'pki issue hello');
    expect(await cli.run('pki init lab')).toMatchObject({ status: 8 });
    expect(await cli.run('pki issue hello')).toMatchObject({
      status: 8,
      stderr: expect.stringContaining('renew') as string,
    });
    for (const line of [
      'issue x nobody',
      'issue x --days 0',
      'issue x --key dsa',
      'renew lab authority --to x',
      'revoke x --serial y',
    ]) {
      expect([line, (await cli.run(`pki ${line}`)).status]).toEqual([line, 2]);
    }
    expect(await cli.run('pki issue x client --as x')).toMatchObject({ status: 2 });
  });
});
