import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_KINDS } from './defaults.js';
import { credentialHealth } from './warnings.js';
import { DAY_MS, haveOpenssl, Scratch } from './testing/scratch.js';

const withOpenssl = haveOpenssl ? it : it.skip;
let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const certificateAt = (...parts: readonly string[]): X509Certificate =>
  new X509Certificate(readFileSync(scratch.path(...parts)));

describe('an authority', () => {
  it('is made for ten years and trusted', async () => {
    const made = await scratch.pki.init({ name: 'lab' });
    expect(made.notAfterMs).toBe(scratch.clock.wallMs + 3650 * DAY_MS);
    const certificate = certificateAt('cacert', 'lab.pem');
    expect([certificate.subject, certificate.ca, certificate.verify(certificate.publicKey)]).toEqual([
      'CN=lab',
      true,
      true,
    ]);
    expect(statSync(made.keyFile).mode & 0o777).toBe(0o600);
    expect((await scratch.security('server', 'x')).trust.authorities).toBe(1);
  });

  it('is not made twice, and its key stays as it was', async () => {
    const { keyFile } = await scratch.pki.init({ name: 'lab' });
    const key = readFileSync(keyFile, 'utf8');
    await expect(scratch.pki.init({ name: 'lab' })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(keyFile, 'utf8')).toBe(key);
  });

  it.each(['a/b', '..', '', 'x'.repeat(65)])('cannot be called "%s"', async (name) => {
    await expect(scratch.pki.init({ name })).rejects.toMatchObject({ code: 'EINVAL', field: 'name' });
  });

  it('is renewed with its key, so that what it signed stays good', async () => {
    await scratch.pki.init({ name: 'lab', days: 400 });
    await scratch.pki.issue({ name: 'hello', roles: ['server'] });
    scratch.clock.wallMs += 300 * DAY_MS;
    await scratch.pki.renewAuthority('lab');
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true, name: 'hello' });
    scratch.clock.wallMs += 200 * DAY_MS;
    await scratch.pki.renew({ name: 'hello' });
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
  });
});

describe('a certificate', () => {
  beforeEach(() => scratch.pki.init({ name: 'lab' }));

  it.each(KEY_KINDS)('with a key of kind %s is believed for a year', async (key) => {
    const [made] = await scratch.pki.issue({ name: 'hello', roles: ['server'], key });
    expect(made!.notAfterMs).toBe(scratch.clock.wallMs + 365 * DAY_MS);
    expect(statSync(made!.keyFile).mode & 0o777).toBe(0o600);
    expect(await scratch.verdict('server', 'hello', { name: 'hello' })).toEqual({
      ok: true,
      name: 'hello',
      text: `certificate "hello" (serial ${made!.serial}, issued by "lab")`,
    });
  });

  it.each(KEY_KINDS)('is signed by an authority with a key of kind %s', async (key) => {
    await scratch.pki.init({ name: 'other', key });
    await scratch.pki.issue({ name: 'hello', roles: ['server'], authority: 'other' });
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
    await scratch.pki.revoke({ name: 'hello' });
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ code: 'revoked' });
  });

  it('of a client has another name, and cannot be that of the server', async () => {
    await scratch.pki.issue({ name: 'hello', roles: ['server', 'client'] });
    expect(await scratch.verdict('client', 'hello')).toMatchObject({ ok: true, name: 'hello.client' });
    await expect(scratch.pki.issue({ name: 'bye', roles: ['client'], as: 'bye' })).rejects.toMatchObject({
      code: 'EINVAL',
      field: '--as',
    });
    await scratch.pki.issue({ name: 'bye', roles: ['client'], as: 'alice' });
    expect(certificateAt('client', 'bye', 'crt.pem').subject).toBe('CN=alice');
  });

  it('is not issued over another one, not even for one of two roles', async () => {
    await scratch.pki.issue({ name: 'hello', roles: ['client'] });
    await expect(scratch.pki.issue({ name: 'hello', roles: ['server', 'client'] })).rejects.toMatchObject({
      code: 'EEXIST',
      message: `${scratch.path('client', 'hello', 'crt.pem')} exists: renew it with irm pki renew hello client`,
    });
    expect(existsSync(scratch.path('server', 'hello'))).toBe(false);
  });

  it('does not outlive its authority', async () => {
    await scratch.pki.init({ name: 'short', days: 10 });
    const [made] = await scratch.pki.issue({ name: 'hello', roles: ['server'], authority: 'short' });
    expect(made!.notAfterMs).toBe(scratch.clock.wallMs + 10 * DAY_MS);
    scratch.clock.wallMs += 11 * DAY_MS;
    await expect(scratch.pki.issue({ name: 'bye', roles: ['server'], authority: 'short' })).rejects.toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining('authority "short" expired on 2026-01-25') as string,
    });
    expect(existsSync(scratch.path('server', 'bye'))).toBe(false);
  });

  it('needs to know which authority where there are several, and one at all', async () => {
    await scratch.pki.init({ name: 'b' });
    await expect(scratch.pki.issue({ name: 'hello', roles: ['server'] })).rejects.toMatchObject({
      code: 'EINVAL',
      message: 'authority must be one of b, lab',
    });
    await expect(scratch.pki.issue({ name: 'hello', roles: ['server'], authority: 'c' })).rejects.toMatchObject({
      code: 'ENAME',
    });
    const empty = new Scratch();
    await expect(empty.pki.issue({ name: 'hello', roles: ['server'] })).rejects.toMatchObject({ code: 'ENAME' });
    empty.remove();
  });

  it('is not signed by a folder without a key, which is no authority of this host', async () => {
    mkdirSync(scratch.path('authority', 'offline'));
    writeFileSync(scratch.path('authority', 'offline', 'crt.pem'), readFileSync(scratch.path('cacert', 'lab.pem')));
    expect(await scratch.pki.issue({ name: 'hello', roles: ['server'] })).toMatchObject([{ authority: 'lab' }]);
    await expect(scratch.pki.renewAuthority('offline')).rejects.toMatchObject({ code: 'ENAME' });
  });

  it('is renewed with the same key', async () => {
    const [first] = await scratch.pki.issue({ name: 'hello', roles: ['server'] });
    const key = readFileSync(first!.keyFile, 'utf8');
    scratch.clock.wallMs += 364 * DAY_MS;
    const [second] = await scratch.pki.renew({ name: 'hello' });
    expect(second).toMatchObject({ newKey: false, notAfterMs: scratch.clock.wallMs + 365 * DAY_MS });
    expect(readFileSync(first!.keyFile, 'utf8')).toBe(key);
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
    await expect(scratch.pki.renew({ name: 'hello', roles: ['client'] })).rejects.toMatchObject({ code: 'ENAME' });
    await expect(scratch.pki.renew({ name: 'bye' })).rejects.toMatchObject({ code: 'ENAME' });
  });

  it('is renewed with a new key of the same kind where it was revoked', async () => {
    const [first] = await scratch.pki.issue({ name: 'hello', roles: ['server'], key: 'p-384' });
    const key = readFileSync(first!.keyFile, 'utf8');
    await scratch.pki.revoke({ name: 'hello' });
    expect(await scratch.pki.renew({ name: 'hello' })).toMatchObject([{ newKey: true }]);
    expect(readFileSync(first!.keyFile, 'utf8')).not.toBe(key);
    expect(statSync(first!.keyFile).mode & 0o777).toBe(0o600);
    expect(certificateAt('server', 'hello', 'crt.pem').publicKey.asymmetricKeyDetails).toEqual({
      namedCurve: 'secp384r1',
    });
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
  });

  it('for another host goes to a directory that makes that host trust and be believed', async () => {
    const other = new Scratch();
    await scratch.pki.issue({ name: 'hello', roles: ['server'], to: other.dir });
    expect(existsSync(scratch.path('server', 'hello'))).toBe(false);
    expect(await other.verdict('server', 'hello')).toMatchObject({ ok: true });
    expect(existsSync(other.path('authority'))).toBe(false);
    await scratch.pki.revoke({ name: 'hello' });
    const { trust } = await scratch.security('client', 'hello');
    expect(await other.verdict('server', 'hello', {}, trust)).toMatchObject({ code: 'revoked' });
    other.remove();
  });
});

describe('a revocation', () => {
  beforeEach(() => scratch.pki.init({ name: 'lab' }));

  it('of one certificate leaves the others of its name', async () => {
    const [first] = await scratch.pki.issue({ name: 'hello', roles: ['server'] });
    const [second] = await scratch.pki.renew({ name: 'hello' });
    const revoked = await scratch.pki.revoke({ name: 'hello', serial: first!.serial.toLowerCase() });
    expect(revoked).toMatchObject([{ commonName: 'hello', serial: first!.serial, authority: 'lab' }]);
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
    expect(await scratch.pki.revoke({ name: 'hello' })).toMatchObject([{ serial: second!.serial }]);
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ code: 'revoked' });
  });

  it('adds to those before it', async () => {
    for (const name of ['a', 'b', 'c']) await scratch.pki.issue({ name, roles: ['server'] });
    for (const name of ['a', 'b']) await scratch.pki.revoke({ name });
    const verdicts = await Promise.all(['a', 'b', 'c'].map((name) => scratch.verdict('server', name)));
    expect(verdicts.map(({ ok }) => ok)).toEqual([false, false, true]);
    await expect(scratch.pki.revoke({ name: 'a' })).rejects.toMatchObject({ code: 'ENAME' });
  });

  it('does not start anew from a list that is damaged', async () => {
    await scratch.pki.issue({ name: 'hello', roles: ['server'] });
    const list = scratch.path('authority', 'lab', 'crl.pem');
    writeFileSync(list, 'damaged');
    await expect(scratch.pki.revoke({ name: 'hello' })).rejects.toMatchObject({ code: 'EIO' });
    expect(readFileSync(list, 'utf8')).toBe('damaged');
  });
});

describe('OpenSSL', () => {
  withOpenssl.each(KEY_KINDS)('reads and believes files with keys of kind %s', async (key) => {
    await scratch.pki.init({ name: 'lab', key });
    const [made] = await scratch.pki.issue({ name: 'hello', roles: ['server'], key });
    const [ca, crl] = [scratch.path('cacert', 'lab.pem'), scratch.path('crl', 'lab.pem')];
    const at = String(scratch.clock.wallMs / 1000);
    const verify = ['verify', '-attime', at, '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca];
    expect(scratch.openssl(...verify, made!.certificateFile)).toContain('crt.pem: OK');
    scratch.openssl('pkey', '-in', made!.keyFile, '-noout', '-check');
    expect(scratch.openssl('crl', '-in', crl, '-noout', '-CAfile', ca)).toContain('verify OK');
    const checked = [...verify, '-crl_check', '-CRLfile', crl, made!.certificateFile];
    expect(scratch.openssl(...checked)).toContain('crt.pem: OK');
    await scratch.pki.revoke({ name: 'hello' });
    expect(() => scratch.openssl(...checked)).toThrow('certificate revoked');
  });

  withOpenssl('reads dates beyond 2050 and serial numbers that it shows as we do', async () => {
    await scratch.pki.init({ name: 'lab', days: 20_000 });
    const [made] = await scratch.pki.issue({ name: 'hello', roles: ['server'], days: 15_000 });
    const text = scratch.openssl('x509', '-in', made!.certificateFile, '-noout', '-dates', '-serial', '-subject');
    expect(text).toContain(`notAfter=${'Feb  9 12:00:00 2067 GMT'}`);
    expect(text).toContain(`serial=${made!.serial}`);
  });
});

describe('the status', () => {
  const states = async () => {
    const { certificates } = await scratch.pki.status();
    return certificates.map(({ kind, name, state, daysLeft }) => [kind, name, state, daysLeft]);
  };

  it('leaves out what was replaced', async () => {
    await scratch.pki.init({ name: 'lab' });
    const to = join(scratch.dir, 'other');
    for (const place of [undefined, to]) {
      await scratch.pki.issue({ name: 'hello', roles: ['server'], to: place, days: 9 });
      await scratch.pki.renew({ name: 'hello', to: place });
    }
    expect((await states()).slice(1)).toEqual([
      ['server', 'hello', 'valid', 365],
      ['issued', 'hello', 'valid', 365],
    ]);
  });

  it('of nothing is empty', async () => {
    expect(await scratch.pki.status()).toEqual({ confDir: scratch.dir, certificates: [], lists: [] });
  });

  it('says how many days are left, and shows each certificate once', async () => {
    await scratch.pki.init({ name: 'lab' });
    await scratch.pki.issue({ name: 'hello', roles: ['server', 'client'] });
    expect(await states()).toEqual([
      ['authority', 'lab', 'valid', 3650],
      ['server', 'hello', 'valid', 365],
      ['client', 'hello', 'valid', 365],
    ]);
    scratch.clock.wallMs += 335.5 * DAY_MS;
    expect((await states())[1]).toEqual(['server', 'hello', 'expires-soon', 29]);
    scratch.clock.wallMs += 30 * DAY_MS;
    expect((await states())[1]).toEqual(['server', 'hello', 'expired', -1]);
  });

  it('warns of what expires even where nobody is trusted, and not of that', async () => {
    const other = new Scratch();
    await scratch.pki.init({ name: 'lab' });
    await scratch.pki.issue({ name: 'hello', roles: ['server'], to: other.dir, days: 40 });
    rmSync(other.path('cacert'), { recursive: true });
    const warnings = async () => (await credentialHealth(other.places, scratch.clock)).warnings;
    expect((await other.pki.status()).certificates).toMatchObject([{ kind: 'server', state: 'untrusted' }]);
    expect(await warnings()).toEqual([]);
    scratch.clock.wallMs += 11 * DAY_MS;
    expect(await warnings()).toEqual([expect.stringContaining('expires in 29 days')]);
    scratch.clock.wallMs += 30 * DAY_MS;
    expect(await warnings()).toEqual([expect.stringContaining('expired on 2026-02-24')]);
    other.remove();
  });

  it('knows what was issued for other hosts, until it has expired', async () => {
    await scratch.pki.init({ name: 'lab' });
    await scratch.pki.issue({ name: 'hello', roles: ['server'], to: join(scratch.dir, 'other') });
    expect(await states()).toContainEqual(['issued', 'hello', 'valid', 365]);
    await scratch.pki.revoke({ name: 'hello' });
    expect(await states()).toContainEqual(['issued', 'hello', 'revoked', 365]);
    scratch.clock.wallMs += 366 * DAY_MS;
    expect(await states()).toHaveLength(1);
  });
});
