import type { NameSecurity, SecurityPolicy } from '@ouroboros/ports';
import { CONFIGURED_ALGORITHMS, parseEncConf, securityOf, type SecurityPolicies } from './index.js';
import { trustIn } from './oap.fixture.js';

const algorithms = (text: string) => {
  const conf = parseEncConf(text);
  return conf.ok ? conf.algorithms : `${conf.key}: ${conf.value}`;
};

describe('An enc.conf', () => {
  it('that is empty means the defaults', () => {
    expect(CONFIGURED_ALGORITHMS).toEqual({
      ...{ kex: 'prime256v1', cipher: 'aes-256-gcm', kdf: 'sha256', digest: 'sha256', clientEncapsulates: false },
    });
    for (const text of ['', '\n', '# kex=X25519\n', 'a line\nunknown=key\n', ' # not a comment']) {
      expect(algorithms(text)).toEqual(CONFIGURED_ALGORITHMS);
    }
  });

  it('sets what it names', () => {
    const text = 'kex=ML-KEM-768\ncipher = chacha20-poly1305\r\nkdf=blake2b512\ndigest=sha3-512\nkem_mode=client';
    expect(algorithms(text)).toEqual({
      ...{ kex: 'ML-KEM-768', cipher: 'chacha20-poly1305', kdf: 'blake2b512', digest: 'sha3-512' },
      clientEncapsulates: true,
    });
    expect(algorithms('kem_mode=client\nkem_mode=server')).toEqual(CONFIGURED_ALGORITHMS);
  });

  it('says none anywhere', () => {
    for (const text of ['none', 'kex=X25519\nnone\n', 'none\nkex=bad']) expect(algorithms(text)).toBeNull();
    expect(algorithms('#none')).toEqual(CONFIGURED_ALGORITHMS);
  });

  it.each([
    ['kex=x25519', 'kex: x25519'],
    ['cipher=aes-256-cbc', 'cipher: aes-256-cbc'],
    ['kdf=md5', 'kdf: md5'],
    ['digest=', 'digest: '],
    ['kem_mode=both', 'kem_mode: both'],
    ['kex=X25519 # mine', 'kex: X25519 # mine'],
  ])('with %s is a fault', (text, fault) => {
    expect(algorithms(text)).toBe(fault);
  });
});

describe('What holds for a name', () => {
  const open: SecurityPolicy = { encryption: '', authentication: '' };
  const node = { encryption: 'offer', authentication: 'offer' } as const;
  const policies = (parts: Partial<SecurityPolicies> = {}): SecurityPolicies => ({
    name: open,
    layer: open,
    node,
    ...parts,
  });
  const files = (encConf: string | null): NameSecurity => ({
    ...{ ok: true, credential: null, encConf, kemKeys: { der: null, raw: null }, trust: trustIn('me') },
  });
  const found = (role: 'client' | 'server', encConf: string | null, parts: Partial<SecurityPolicies> = {}) => {
    const made = securityOf(role, files(encConf), policies(parts));
    return made.ok ? made.security : made;
  };

  it('is what the node says when nobody says more', () => {
    expect(found('client', null)).toMatchObject({ encryption: 'offer', authentication: 'offer', algorithms: null });
    expect(securityOf('client', null, policies())).toMatchObject({ ok: true, security: { trust: null } });
    const strict = { encryption: 'require', authentication: 'require' } as const;
    expect(found('server', null, { node: strict })).toMatchObject(strict);
    expect(found('server', null, { node: strict, layer: { ...open, encryption: 'off' } })).toMatchObject({
      encryption: 'off',
      authentication: 'require',
    });
    const name = { encryption: 'offer', authentication: 'offer' } as const;
    expect(found('server', null, { node: strict, layer: strict, name })).toMatchObject(name);
  });

  it('is encryption for certain where there is an enc.conf', () => {
    for (const role of ['client', 'server'] as const) {
      expect(found(role, '', { layer: { ...open, encryption: 'off' } })).toMatchObject({
        encryption: 'require',
        algorithms: CONFIGURED_ALGORITHMS,
      });
      expect(found(role, '', { name: { ...open, encryption: 'offer' } })).toMatchObject({ encryption: 'offer' });
    }
  });

  it('is none for the client where its file says so', () => {
    expect(found('client', 'none')).toMatchObject({ encryption: 'off', algorithms: null });
    expect(found('server', 'none')).toMatchObject({ encryption: 'offer', algorithms: null });
  });

  it('is a failure where files cannot be used', () => {
    expect(found('client', 'kex=1')).toEqual({ ok: false, code: 'EINVAL', text: 'enc.conf has no kex "1"' });
    const unreadable = { ok: false, code: 'unreadable', text: 'crt.pem without key.pem' } as const;
    expect(securityOf('server', unreadable, policies())).toEqual({ ok: false, code: 'EAUTH', text: unreadable.text });
  });
});
