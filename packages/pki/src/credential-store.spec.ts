import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isFileName } from './places.js';
import { DAY_MS, NO_PATHS, Scratch } from './testing/scratch.js';
import { credentialHealth } from './warnings.js';
import { confDir } from './conf-dir.js';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

describe('a store without files', () => {
  it('has nothing, and believes nobody', async () => {
    const { credential, encConf, kemKeys, trust } = await scratch.security('server', 'hello');
    expect([credential, encConf, kemKeys]).toEqual([null, null, { der: null, raw: null }]);
    expect(trust.authorities).toBe(0);
    expect(await credentialHealth(scratch.places, scratch.clock)).toEqual({
      ...{ warnings: [], certificates: 0, certificateDays: 0 },
    });
  });

  it.each(['../x', 'a/b', '..', '.', '\0'])('looks nowhere for the name "%s"', async (name) => {
    expect(isFileName(name)).toBe(false);
    mkdirSync(scratch.path('server', 'a', 'b'), { recursive: true });
    mkdirSync(scratch.path('x'), { recursive: true });
    for (const folder of ['server/a/b', 'x', '', 'server']) writeFileSync(scratch.path(folder, 'enc.conf'), 'none');
    expect((await scratch.security('server', name)).encConf).toBeNull();
  });
});

describe('a store', () => {
  beforeEach(async () => {
    await scratch.pki.init({ name: 'lab' });
    await scratch.pki.issue({ name: 'hello', roles: ['server', 'client'] });
  });

  it('has what the folders of C hold, for each role', async () => {
    writeFileSync(scratch.path('server', 'hello', 'enc.conf'), 'kex=X25519\n');
    writeFileSync(scratch.path('client', 'hello', 'kex.srv.pub.raw'), Uint8Array.of(1, 2, 3));
    const pem = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(scratch.path('client', 'hello', 'kex.srv.pub.pem'), pem);
    const server = await scratch.security('server', 'hello');
    expect([server.credential!.commonName, server.encConf, server.kemKeys.der]).toEqual([
      'hello',
      'kex=X25519\n',
      null,
    ]);
    const client = await scratch.security('client', 'hello');
    expect([client.credential!.commonName, client.encConf]).toEqual(['hello.client', null]);
    expect(Buffer.from(client.kemKeys.raw!)).toEqual(Buffer.of(1, 2, 3));
    expect(client.kemKeys.der).toHaveLength(44);
    expect(client.credential!.notAfterNanos).toBe(BigInt(scratch.clock.wallMs + 365 * DAY_MS) * 1_000_000n);
  });

  it('shows the certificate of a member, to whom it calls and who calls it, where the name has none', async () => {
    await scratch.pki.issue({ name: 'net.a', roles: ['member'] });
    const called = async (name: string, member?: string) => {
      const loaded = await scratch.store.load('client', name, { ...NO_PATHS, ...(member !== undefined && { member }) });
      return loaded.ok ? (loaded.credential?.commonName ?? null) : loaded.text;
    };
    expect([await called('net.b', 'net.a'), await called('net.b', 'net.c'), await called('net.b')]).toEqual([
      'net.a',
      null,
      null,
    ]);
    expect(await called('hello', 'net.a')).toBe('hello.client');
    const { credential, trust } = await scratch.security('server', 'net.a');
    expect(credential!.commonName).toBe('net.a');
    for (const role of ['server', 'client'] as const) {
      expect(trust.verify(scratch.proof(credential!, role, { name: 'net.a' }))).toMatchObject({ ok: true });
    }
    expect((await scratch.pki.renew({ name: 'net.a' })).map(({ role }) => role)).toEqual(['member']);
  });

  it('takes paths that are given instead', async () => {
    const paths = {
      crt: scratch.path('client', 'hello', 'crt.pem'),
      key: scratch.path('client', 'hello', 'key.pem'),
      enc: '',
    };
    expect(await scratch.store.load('server', 'elsewhere', paths)).toMatchObject({
      credential: { commonName: 'hello.client' },
    });
  });

  it('reads a file again when it has changed, and only then', async () => {
    const first = await scratch.security('server', 'hello');
    const again = await scratch.security('server', 'hello');
    expect(again.credential).toBe(first.credential);
    expect(again.trust).toBe(first.trust);
    await scratch.pki.renew({ name: 'hello' });
    const renewed = await scratch.security('server', 'hello');
    expect(renewed.credential).not.toBe(first.credential);
    expect(renewed.trust).not.toBe(first.trust);
    expect((await scratch.security('client', 'hello')).credential!.commonName).toBe('hello.client');
  });

  it('knows of a revocation at the next load', async () => {
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
    await scratch.pki.revoke({ name: 'hello' });
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ code: 'revoked' });
  });

  it('forgets what was taken away', async () => {
    await scratch.security('server', 'hello');
    rmSync(scratch.path('server', 'hello'), { recursive: true });
    rmSync(scratch.path('cacert', 'lab.pem'));
    expect(await scratch.security('server', 'hello')).toMatchObject({ credential: null, trust: { authorities: 0 } });
  });

  const load = () => scratch.store.load('server', 'hello', NO_PATHS);
  const refusal = (text: string) => ({ ok: false, code: 'unreadable', text: expect.stringContaining(text) as string });

  it('says which half of a credential is missing, damaged, of another or not open to us', async () => {
    const [crt, key] = [scratch.path('server', 'hello', 'crt.pem'), scratch.path('server', 'hello', 'key.pem')];
    renameSync(key, `${key}.away`);
    expect(await load()).toEqual(refusal(`${key} is missing`));
    renameSync(`${key}.away`, key);
    writeFileSync(crt, 'x');
    expect(await load()).toEqual(refusal(`${crt} has no certificate`));
    writeFileSync(crt, readFileSync(scratch.path('client', 'hello', 'crt.pem')));
    expect(await load()).toEqual(refusal(`${key} is not the key to ${crt}`));
    const secret = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(key, secret.privateKey);
    expect(await load()).toEqual(refusal(`${key} has no private key in PEM without passphrase`));
    rmSync(crt);
    mkdirSync(crt);
    expect(await load()).toEqual(refusal(`${crt}: is not a file`));
  });

  it('believes nobody while a list or an authority cannot be read, but goes on otherwise', async () => {
    for (const [folder, word] of [
      ['crl', 'revocation lists'],
      ['cacert', 'certificates'],
      ['untrusted', 'certificates'],
    ]) {
      const file = scratch.path(folder!, 'damaged.pem');
      mkdirSync(scratch.path(folder!), { recursive: true });
      writeFileSync(file, 'damaged');
      expect(await scratch.verdict('server', 'hello')).toEqual(refusal(`${file} has something else than ${word}`));
      expect((await credentialHealth(scratch.places, scratch.clock)).warnings).toContainEqual(
        expect.stringContaining(file),
      );
      rmSync(file);
    }
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
  });

  it('warns from 30 days before a certificate expires, when it has, and of an open key', async () => {
    const warnings = async () => (await credentialHealth(scratch.places, scratch.clock)).warnings;
    expect(await warnings()).toEqual([]);
    const [server, client] = [scratch.path('server', 'hello', 'crt.pem'), scratch.path('client', 'hello', 'crt.pem')];
    scratch.clock.wallMs += 335 * DAY_MS + 1;
    expect(await warnings()).toEqual([
      `server certificate of "hello" expires in 29 days (${server})`,
      `client certificate of "hello" expires in 29 days (${client})`,
    ]);
    await scratch.pki.renew({ name: 'hello', roles: ['client'] });
    scratch.clock.wallMs += 30 * DAY_MS;
    expect(await warnings()).toEqual([`server certificate of "hello" expired on 2027-01-15 12:00:00 UTC (${server})`]);
    await scratch.pki.renew({ name: 'hello' });
    const key = scratch.path('server', 'hello', 'key.pem');
    chmodSync(key, 0o644);
    expect(await warnings()).toEqual([`${key} is open to other users: chmod 600`]);
  });
});

describe('the configuration directory', () => {
  it('is the one of the variable, else of the user', () => {
    expect(confDir({ OUROBOROS_CONF_DIR: '/x/../y' })).toBe('/y');
    const own = confDir({ XDG_CONFIG_HOME: '/c', HOME: '/h' });
    const home = confDir({ HOME: '/h' });
    const root = process.geteuid!() === 0;
    expect([own, home]).toEqual(root ? ['/etc/ouroboros', '/etc/ouroboros'] : ['/c/ouroboros', '/h/.config/ouroboros']);
  });
});
