import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { fromHex } from '@ouroboros/model';
import type { CredentialFailureCode, PeerProof } from '@ouroboros/ports';
import { buildCertificate, commonNameOnly } from './build-certificate.js';
import { toPem } from './pem.js';
import { SigningKey } from './signing-key.js';
import { DAY_MS, haveOpenssl, Scratch } from './testing/scratch.js';

const withOpenssl = haveOpenssl ? it : it.skip;
let scratch: Scratch;
beforeEach(async () => {
  scratch = new Scratch();
  await scratch.pki.init({ name: 'lab' });
  await scratch.pki.issue({ name: 'hello', roles: ['server', 'client'] });
});
afterEach(() => scratch.remove());

const refusal = (code: CredentialFailureCode, text: string) => ({
  ok: false,
  code,
  text: expect.stringMatching(
    new RegExp(`^certificate "(hello|hello\\.client|lab)" \\(serial [0-9A-F]{32}, issued by "lab"\\).*${text}`),
  ) as string,
});

describe('a certificate', () => {
  it('of somebody else than who was called is refused', async () => {
    expect(await scratch.verdict('server', 'hello', { name: 'helo' })).toEqual(
      refusal('wrong-name', ' is not that of "helo"$'),
    );
  });

  it('that has expired is refused, with how long ago', async () => {
    scratch.clock.wallMs += 368 * DAY_MS;
    expect(await scratch.verdict('server', 'hello')).toEqual(
      refusal('expired', " expired on 2027-01-15 12:00:00 UTC, 3 d 0 h ago by this host's clock$"),
    );
  });

  it('that is not valid yet is refused, with when it will be', async () => {
    scratch.clock.wallMs -= 90_000_000;
    expect(await scratch.verdict('server', 'hello')).toEqual(
      refusal('not-yet-valid', " is valid from 2026-01-15 11:00:00 UTC, 1 d 0 h from now by this host's clock$"),
    );
  });

  it.each([
    [-3 * DAY_MS, "the peer's clock is 3 d 0 h behind this host's"],
    [5000, "the peer's clock is 5 s ahead of this host's"],
    [200, 'the clocks of both hosts agree'],
  ])('refused by time when the peer is %i ms off tells about the clocks', async (off, text) => {
    scratch.clock.wallMs += 366 * DAY_MS;
    const peerWallNanos = scratch.clock.wallNanos() + BigInt(off) * 1_000_000n;
    expect(await scratch.verdict('server', 'hello', { peerWallNanos })).toEqual(refusal('expired', `; ${text}$`));
  });

  it('is good to the last millisecond', async () => {
    scratch.clock.wallMs += 365 * DAY_MS;
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
    scratch.clock.wallMs += 1;
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ code: 'expired' });
  });

  it('that was revoked is refused, with when', async () => {
    await scratch.pki.revoke({ name: 'hello' });
    expect(await scratch.verdict('server', 'hello')).toEqual(
      refusal('revoked', ' was revoked on 2026-01-15 12:00:00 UTC$'),
    );
    expect(await scratch.verdict('client', 'hello')).toMatchObject({ ok: true });
  });

  it('that was believed before is judged anew', async () => {
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
    const signature = new Uint8Array(70);
    expect(await scratch.verdict('server', 'hello', { signature })).toMatchObject({ code: 'bad-signature' });
    expect(await scratch.verdict('server', 'hello', { role: 'client' })).toMatchObject({ code: 'wrong-purpose' });
    await scratch.pki.revoke({ name: 'hello' });
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ code: 'revoked' });
  });

  it('of a client does not make a server, nor the reverse', async () => {
    expect(await scratch.verdict('client', 'hello', { role: 'server' })).toEqual(
      refusal('wrong-purpose', ' is not that of a server$'),
    );
    expect(await scratch.verdict('server', 'hello', { role: 'client' })).toEqual(
      refusal('wrong-purpose', ' is not that of a client$'),
    );
  });

  it('of an authority that is not trusted is refused', async () => {
    const other = new Scratch();
    const stranger = await other.security('server', 'x');
    expect(await scratch.verdict('server', 'hello', {}, stranger.trust)).toMatchObject({ code: 'untrusted' });
    await other.pki.init({ name: 'lab' });
    const { trust } = await other.security('server', 'x');
    expect(await scratch.verdict('server', 'hello', {}, trust)).toEqual(
      refusal('untrusted', ': no authority that this host trusts stands behind it$'),
    );
    other.remove();
  });

  it('of either of two authorities is believed', async () => {
    await scratch.pki.init({ name: 'other' });
    await scratch.pki.issue({ name: 'bye', roles: ['server'], authority: 'other' });
    expect((await scratch.security('server', 'bye')).trust.authorities).toBe(2);
    expect(await scratch.verdict('server', 'hello')).toMatchObject({ ok: true });
    expect(await scratch.verdict('server', 'bye')).toMatchObject({ ok: true });
  });

  it('with control characters in its name does not steer a terminal', () => {
    const verdict = scratch.security('server', 'hello').then(({ trust }) => {
      const key = new SigningKey(generateKeyPairSync('ed25519').privateKey);
      const name = 'a\u001b[2J\nb';
      const certificate = selfSigned(key, name);
      return trust.verify(proofOf({ certificate }));
    });
    return expect(verdict).resolves.toMatchObject({
      code: 'untrusted',
      text: expect.stringMatching(/^certificate "a\\x1b\[2J\\x0ab"/) as string,
    });
  });
});

const proofOf = (change: Partial<PeerProof>): PeerProof => ({
  certificate: new Uint8Array(),
  region: new Uint8Array(),
  signature: new Uint8Array(),
  digest: null,
  role: 'server',
  name: null,
  wallNanos: scratch.clock.wallNanos(),
  peerWallNanos: null,
  ...change,
});

const selfSigned = (key: SigningKey, commonName: string): Uint8Array =>
  buildCertificate({
    kind: 'server',
    commonName,
    serial: Uint8Array.of(1),
    notBeforeMs: scratch.clock.wallMs,
    notAfterMs: scratch.clock.wallMs + DAY_MS,
    publicDer: key.publicDer,
    issuer: { name: commonNameOnly(commonName), key },
  });

describe('a signature', () => {
  it('over anything else is refused', async () => {
    const region = Buffer.from('the signed bytez');
    expect(await scratch.verdict('server', 'hello', { region })).toEqual(
      refusal('bad-signature', ': its key did not sign the message$'),
    );
    expect(await scratch.verdict('server', 'hello', { digest: 'sha384' })).toMatchObject({ code: 'bad-signature' });
    expect(await scratch.verdict('server', 'hello', { signature: new Uint8Array() })).toMatchObject({
      code: 'bad-signature',
    });
  });

  it('by an Ed25519 key goes without digest only', async () => {
    await scratch.pki.issue({ name: 'ed', roles: ['server'], key: 'ed25519' });
    const { credential } = await scratch.security('server', 'ed');
    expect(credential!.takesDigest).toBe(false);
    expect(credential!.sign('sha256', new Uint8Array(1))).toMatchObject({ ok: false, code: 'unsupported' });
    expect(await scratch.verdict('server', 'ed', { digest: 'sha256' })).toMatchObject({ code: 'unsupported' });
    expect(await scratch.verdict('server', 'ed')).toMatchObject({ ok: true });
  });

  it.each(['p-256', 'p-384', 'p-521', 'rsa'] as const)('by a key of kind %s goes with SHA-2 and SHA-3', async (key) => {
    await scratch.pki.issue({ name: 'k', roles: ['server'], key });
    const { credential, trust } = await scratch.security('server', 'k');
    const region = Buffer.from('the signed bytes');
    for (const digest of [null, 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512'] as const) {
      const signed = credential!.sign(digest, region);
      if (!signed.ok) throw new Error(signed.text);
      const proof = proofOf({ certificate: credential!.certificate, region, signature: signed.signature, digest });
      expect([digest, trust.verify(proof).ok]).toEqual([digest, true]);
    }
  });
});

/** The authenticated response of [spec/wire-crypto.md §10 (g)]: certificate at 36, signature over the first 384 bytes. */
const RESPONSE = fromHex(`
  000102030405060708090a0b0c0d0e0f17979cfe3dd21855038502a002a00110
  002c00003082010c3081b3a003020102020101300a06082a8648ce3d04030230
  10310e300c06035504030c056f70696e67301e170d3233303130313030303030
  305a170d3433303130313030303030305a3010310e300c06035504030c056f70
  696e673059301306072a8648ce3d020106082a8648ce3d03010703420004591a
  b771ebbcfd6d9cb9094d106528add1a69d44c2c1f627f089ec58b9c61adf9f4e
  6abf0d045c0c693a3c68ad7c97ca72be64def4a26fecd263dd98a92780f0300a
  06082a8648ce3d0403020348003045022100853beff6e7820b0154bcb7c9c44f
  d790fa77b1042a5021f478827a3fe7fd987a02204caf1f13ee81ee1662f36e66
  0868b64befce1662a4b037481a6138f0bc08805b302a300506032b656e032100
  ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59
  1c050e1c909b331138c8d8c5c3d4320dc12baadd0a06dc3c0239e2f5da1285a1
  3045022100cb5aac1a0a2f39af27003690c6a29aea533c332b7644bfde7bf818
  84de1b931202202ae4ff77219d2bfcebd7266d2f4538403491b6c3ed8897142c
  7ba83dc9682862`);

describe('the example of the specification', () => {
  const proof = (): PeerProof =>
    proofOf({
      certificate: RESPONSE.subarray(36, 36 + 272),
      region: RESPONSE.subarray(0, 384),
      signature: RESPONSE.subarray(384),
      digest: 'sha256',
      name: 'oping',
    });

  it('is believed where its self-signed certificate is trusted, and only there', async () => {
    expect((await scratch.security('server', 'x')).trust.verify(proof())).toMatchObject({ code: 'untrusted' });
    mkdirSync(scratch.path('untrusted'));
    writeFileSync(scratch.path('untrusted', 'oping.pem'), toPem('CERTIFICATE', proof().certificate));
    expect((await scratch.security('server', 'x')).trust.verify(proof())).toMatchObject({ code: 'untrusted' });
    copyFileSync(scratch.path('untrusted', 'oping.pem'), scratch.path('cacert', 'oping.pem'));
    expect((await scratch.security('server', 'x')).trust.verify(proof())).toEqual({
      ok: true,
      name: 'oping',
      text: 'certificate "oping" (serial 01, issued by "oping")',
    });
  });

  it('is refused with any byte changed', async () => {
    writeFileSync(scratch.path('cacert', 'oping.pem'), toPem('CERTIFICATE', proof().certificate));
    const { trust } = await scratch.security('server', 'x');
    for (let at = 0; at < RESPONSE.length; at += 1) {
      const changed = Uint8Array.from(RESPONSE);
      changed[at]! ^= 1;
      const [certificate, region, signature] = [
        changed.subarray(36, 308),
        changed.subarray(0, 384),
        changed.subarray(384),
      ];
      expect([at, trust.verify({ ...proof(), certificate, region, signature }).ok]).toEqual([at, false]);
    }
  });
});

describe('hostile bytes', () => {
  it('as a certificate are refused without a throw', async () => {
    const { credential, trust } = await scratch.security('server', 'hello');
    const real = credential!.certificate;
    const damaged = fc
      .array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map((changes) => {
        const bytes = Uint8Array.from(real);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      })
      .filter((bytes) => Buffer.compare(bytes, real) !== 0);
    const cut = fc.nat(real.length - 1).map((length) => real.subarray(0, length));
    const nested = fc.nat(20_000).map((depth) => new Uint8Array(depth * 2).map((_, i) => (i % 2 === 0 ? 0x30 : 0x80)));
    fc.assert(
      fc.property(fc.oneof(damaged, cut, nested, fc.uint8Array({ maxLength: 2000 })), (certificate) => {
        expect(trust.verify(proofOf({ certificate })).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('chains', () => {
  const issuerOf = (commonName: string) => {
    const key = new SigningKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    return { commonName, key, issuer: { name: commonNameOnly(commonName), key } };
  };
  type Party = ReturnType<typeof issuerOf>;
  let serial = 10;
  const signedBy = (issuer: Party, subject: Party, kind: 'authority' | 'server', days = 30): Uint8Array =>
    buildCertificate({
      kind,
      commonName: subject.commonName,
      serial: Uint8Array.of((serial += 1)),
      notBeforeMs: scratch.clock.wallMs - 1000,
      notAfterMs: scratch.clock.wallMs + days * DAY_MS,
      publicDer: subject.key.publicDer,
      issuer: issuer.issuer,
    });
  const put = (folder: 'cacert' | 'untrusted', name: string, ...ders: readonly Uint8Array[]): void => {
    mkdirSync(scratch.path(folder), { recursive: true });
    writeFileSync(scratch.path(folder, `${name}.pem`), ders.map((der) => toPem('CERTIFICATE', der)).join(''));
  };
  const verdictOn = async (leaf: Party, certificate: Uint8Array) => {
    const region = Buffer.from('region');
    const signature = new Uint8Array(leaf.key.sign(region));
    return (await scratch.security('server', 'x')).trust.verify(
      proofOf({ certificate, region, signature, digest: 'sha256' }),
    );
  };

  it('over intermediates lead to an authority, whatever the order of files', async () => {
    const [root, middle, low, leaf] = ['root', 'middle', 'low', 'leaf'].map(issuerOf) as [Party, Party, Party, Party];
    put('cacert', 'root', signedBy(root, root, 'authority'));
    put('untrusted', 'both', signedBy(middle, low, 'authority'), signedBy(root, middle, 'authority'));
    const certificate = signedBy(low, leaf, 'server');
    expect(await verdictOn(leaf, certificate)).toMatchObject({ ok: true, name: 'leaf' });
    rmSync(scratch.path('cacert', 'root.pem'));
    expect(await verdictOn(leaf, certificate)).toMatchObject({ code: 'untrusted' });
  });

  it('take a longer way round an intermediate that has expired', async () => {
    const [root, middle, leaf] = ['root', 'middle', 'leaf'].map(issuerOf) as [Party, Party, Party];
    put('cacert', 'root', signedBy(root, root, 'authority', 90));
    put('untrusted', 'a', signedBy(root, middle, 'authority', 1));
    const certificate = signedBy(middle, leaf, 'server', 60);
    scratch.clock.wallMs += 2 * DAY_MS;
    expect(await verdictOn(leaf, certificate)).toMatchObject({
      code: 'expired',
      text: expect.stringContaining('certificate "middle"') as string,
    });
    put('untrusted', 'b', signedBy(root, middle, 'authority', 60));
    expect(await verdictOn(leaf, certificate)).toMatchObject({ ok: true });
  });

  it('do not pass over the certificate of a server', async () => {
    const [root, server, leaf] = ['root', 'server', 'leaf'].map(issuerOf) as [Party, Party, Party];
    put('cacert', 'root', signedBy(root, root, 'authority'));
    put('untrusted', 'server', signedBy(root, server, 'server'));
    expect(await verdictOn(leaf, signedBy(server, leaf, 'server'))).toMatchObject({ ok: false, code: 'untrusted' });
  });

  it('end after eight certificates, and circles end them too', async () => {
    const parties = Array.from({ length: 9 }, (_, i) => issuerOf(`p${i}`));
    const root = parties[0]!;
    put('cacert', 'root', signedBy(root, root, 'authority'));
    const links = parties.slice(1).map((party, i) => signedBy(parties[i]!, party, 'authority'));
    put('untrusted', 'links', ...links, signedBy(parties[5]!, parties[2]!, 'authority'));
    const leaf = issuerOf('leaf');
    expect(await verdictOn(leaf, signedBy(parties[6]!, leaf, 'server'))).toMatchObject({ ok: true });
    expect(await verdictOn(leaf, signedBy(parties[7]!, leaf, 'server'))).toMatchObject({ code: 'untrusted' });
  });

  it('do not take another key of the same name', async () => {
    const [root, impostor, leaf] = ['root', 'root', 'leaf'].map(issuerOf) as [Party, Party, Party];
    put('cacert', 'root', signedBy(root, root, 'authority'));
    expect(await verdictOn(leaf, signedBy(impostor, leaf, 'server'))).toMatchObject({ code: 'untrusted' });
  });
});

describe('certificates made by openssl', () => {
  const extensions = (text: string): string => {
    writeFileSync(`${scratch.dir}/ext`, text);
    return 'ext';
  };
  const request = (name: string, ...key: readonly string[]): void =>
    void scratch.openssl(
      'req',
      '-new',
      '-nodes',
      '-newkey',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/O=x, CN=hello/CN=${name}/CN=second`,
    );
  const sign = (name: string, ...more: readonly string[]): void =>
    void scratch.openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      scratch.path('authority', 'lab', 'crt.pem'),
      '-CAkey',
      scratch.path('authority', 'lab', 'key.pem'),
      '-CAcreateserial',
      '-days',
      '30',
      '-out',
      `${name}.crt`,
      ...more,
    );
  const verdictOn = async (name: string) => {
    scratch.clock.wallMs = Date.now() + 1000;
    const paths = { crt: `${scratch.dir}/${name}.crt`, key: `${scratch.dir}/${name}.key`, enc: '' };
    const loaded = await scratch.store.load('server', name, paths);
    if (!loaded.ok) return loaded;
    return loaded.trust.verify(scratch.proof(loaded.credential!, 'server', {}));
  };

  withOpenssl('are believed, by the first common name', async () => {
    request('mine', 'rsa:2048');
    sign('mine');
    expect(await verdictOn('mine')).toMatchObject({ ok: true, name: 'mine' });
  });

  withOpenssl('with a short RSA key, SHA-1, or an unknown critical extension are refused', async () => {
    request('sha1', 'rsa:2048');
    sign('sha1', '-sha1');
    expect(await verdictOn('sha1')).toMatchObject({ code: 'weak', text: expect.stringContaining('SHA-1') as string });
    request('short', 'rsa:1024');
    sign('short');
    expect(await verdictOn('short')).toMatchObject({
      code: 'unreadable',
      text: expect.stringContaining('2048') as string,
    });
    request('odd', 'rsa:2048');
    sign('odd', '-extfile', extensions('1.2.3.4=critical,ASN1:UTF8String:odd'));
    expect(await verdictOn('odd')).toMatchObject({
      code: 'unsupported',
      text: expect.stringContaining('1.2.3.4') as string,
    });
    request('crypt', 'rsa:2048');
    sign('crypt', '-extfile', extensions('keyUsage=keyEncipherment'));
    expect(await verdictOn('crypt')).toMatchObject({ code: 'wrong-purpose' });
  });

  withOpenssl('below an authority that allows none below it are refused', async () => {
    request('middle', 'rsa:2048');
    sign('middle', '-extfile', extensions('basicConstraints=critical,CA:TRUE,pathlen:0'));
    request('low', 'rsa:2048');
    const by = (ca: string, name: string, ...more: readonly string[]): void =>
      void scratch.openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        `${ca}.crt`,
        '-CAkey',
        `${ca}.key`,
        '-CAcreateserial',
        '-days',
        '30',
        '-out',
        `${name}.crt`,
        ...more,
      );
    by('middle', 'low', '-extfile', extensions('basicConstraints=critical,CA:TRUE'));
    request('leaf', 'rsa:2048');
    by('low', 'leaf');
    mkdirSync(scratch.path('untrusted'));
    for (const name of ['middle', 'low'])
      copyFileSync(`${scratch.dir}/${name}.crt`, scratch.path('untrusted', `${name}.pem`));
    expect(await verdictOn('leaf')).toMatchObject({
      code: 'untrusted',
      text: expect.stringContaining('allows 0 authorities below it, not 1') as string,
    });
    by('middle', 'leaf');
    expect(await verdictOn('leaf')).toMatchObject({ ok: true });
  });

  withOpenssl('are revoked by a list made by openssl', async () => {
    request('mine', 'rsa:2048');
    sign('mine', '-set_serial', '0x00f3');
    writeFileSync(`${scratch.dir}/index`, '');
    writeFileSync(
      `${scratch.dir}/ca.conf`,
      '[ca]\ndefault_ca=a\n[a]\ndatabase=index\ndefault_md=sha384\ndefault_crl_days=9\n',
    );
    const ca = [
      'ca',
      '-config',
      'ca.conf',
      '-cert',
      scratch.path('authority', 'lab', 'crt.pem'),
      '-keyfile',
      scratch.path('authority', 'lab', 'key.pem'),
    ];
    scratch.openssl(...ca, '-revoke', 'mine.crt');
    scratch.openssl(...ca, '-gencrl', '-out', scratch.path('crl', 'more.pem'));
    expect(await verdictOn('mine')).toMatchObject({ code: 'revoked' });
  });
});
