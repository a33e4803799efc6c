import { fromHex } from '@ouroboros/model';
import { expectGolden, reasonOf } from '../../test/golden.js';
import { CEP_COMPONENTS, CEP_MAX, encodeCep } from './cep.js';
import { decodePeerExtension, encodePeerExtension, PEER_EXTENSION_MAX } from './extension.js';
import type { PeerExtension } from './types.js';

const golden = (hex: string, value: PeerExtension): void =>
  expectGolden(hex, value, decodePeerExtension, encodePeerExtension);

describe('the extension of peer messages', () => {
  it('carries version, features and keep-alive time, each optional', () => {
    golden('0801 1003 18f403', { version: 1, features: 3, keepaliveMs: 500 });
    golden('10ffffffff0f', { features: 0xffffffff });
    golden('0800', { version: 0 });
    golden('', {});
  });

  it('may grow by fields that are not known yet', () => {
    expect(decodePeerExtension(fromHex('0801 2205 0102030405 2801'))).toMatchObject({
      ok: true,
      value: { version: 1 },
    });
  });

  it('is refused when malformed or longer than its room', () => {
    expect(reasonOf(decodePeerExtension(fromHex('0a0101')))).toBe('malformed version');
    expect(reasonOf(decodePeerExtension(new Uint8Array(PEER_EXTENSION_MAX + 1)))).toBe('too-long');
    expect(() => encodePeerExtension({ features: -1 })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('fits into the OCEP message of every component, however large the address', () => {
    const ext = new Uint8Array(PEER_EXTENSION_MAX);
    for (const component of Object.values(CEP_COMPONENTS)) {
      expect(encodeCep({ ...component, address: 0xffffffff, ext }).length).toBeLessThanOrEqual(CEP_MAX);
    }
  });
});
