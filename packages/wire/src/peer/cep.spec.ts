import { fromHex } from '@ouroboros/model';
import { expectGolden, reasonOf, valueOf } from '../../test/golden.js';
import { CEP_COMPONENTS, CEP_UNKNOWN_COMPONENT, decodeCep, encodeCep } from './cep.js';
import type { Cep } from './types.js';

const golden = (hex: string, value: Cep): void => expectGolden(hex, value, decodeCep, encodeCep);
const A = 0x0a0b0c0d;
const MANAGEMENT = '0a0a4d616e6167656d656e7412034c535018012800408d98ac50';

describe('OCEP messages', () => {
  it('match the worked examples of each component both ways', () => {
    golden('0a0a456e726f6c6c6d656e7412034f4550180128004000', { ...CEP_COMPONENTS.enrollment, address: 0 });
    golden(MANAGEMENT, { ...CEP_COMPONENTS.management, address: A });
    golden('0a0d44617461205472616e73666572120364747018012802408d98ac50', {
      ...CEP_COMPONENTS.dataTransfer,
      address: A,
    });
    golden('0a0d44617461205472616e736665721200180028004000', { ...CEP_COMPONENTS.broadcast, address: 0 });
    golden('0a001200180028004000', CEP_UNKNOWN_COMPONENT);
  });

  it('carry extension bytes in field 100, also none', () => {
    golden(`${MANAGEMENT} a206 03 010203`, { ...CEP_COMPONENTS.management, address: A, ext: fromHex('010203') });
    golden(`${MANAGEMENT} a206 00`, { ...CEP_COMPONENTS.management, address: A, ext: new Uint8Array(0) });
  });

  it('may hold fields that are unknown or of no use', () => {
    const expected = { ...CEP_COMPONENTS.management, address: A };
    const unused = `${MANAGEMENT} 2001 22020203 3001 3a04080110 02 c83e00 d13e0000000000000000 d53e00000000 fa3e0161`;
    expect(valueOf(decodeCep(fromHex(unused)))).toEqual(expected);
  });

  it('are refused when a required field is missing, which one is told', () => {
    const parts = ['0a0161', '120162', '1801', '2800', '4000'];
    const names = ['comp_name', 'protocol', 'pref_version', 'pref_syntax', 'address'];
    for (const [i, name] of names.entries()) {
      const hex = parts.filter((_, j) => j !== i).join('');
      expect(reasonOf(decodeCep(fromHex(hex)))).toBe(`missing-field ${name}`);
    }
    expect(reasonOf(decodeCep(fromHex(parts.join(''))))).toBe('accepted');
    expect(reasonOf(decodeCep(new Uint8Array(0)))).toBe('missing-field comp_name');
  });

  it('are refused when cut anywhere', () => {
    const bytes = fromHex(MANAGEMENT);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(reasonOf(decodeCep(bytes.subarray(0, length)))).toMatch(/^(malformed|missing-field)/);
    }
  });

  it('are refused when malformed', () => {
    const refuse = (hex: string, reason: string): void => expect(reasonOf(decodeCep(fromHex(hex)))).toBe(reason);
    refuse('0a02fffe 120162 1801 2800 4000', 'malformed comp_name');
    refuse('0801 120162 1801 2800 4000', 'malformed comp_name');
    refuse('0a0161 120162 1a0101 2800 4000', 'malformed pref_version');
    refuse('0a0161 120162 18ffffffffffffffffffffff01 2800 4000', 'malformed pref_version');
    refuse(`${MANAGEMENT} 3a02 0a05`, 'malformed syntax_spec.fids');
    refuse(`${MANAGEMENT} 0000`, 'malformed');
    refuse(`${MANAGEMENT} c33e c43e`, 'malformed');
    refuse(`${MANAGEMENT} ffffffffff7f00`, 'malformed');
    refuse(`${MANAGEMENT} fa3effffffff0f`, 'malformed');
    refuse('0a0161 120162 1801 2800 408080808010', 'bad-value address');
  });

  it('are at most 127 bytes long', () => {
    const record = { ...CEP_COMPONENTS.dataTransfer, address: 0xffffffff };
    const room = 127 - 30 - 3;
    expect(encodeCep({ ...record, ext: new Uint8Array(room) })).toHaveLength(127);
    expect(() => encodeCep({ ...record, ext: new Uint8Array(room + 1) })).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
    const long = new Uint8Array(128);
    long.set(encodeCep({ ...record, ext: new Uint8Array(room) }));
    expect(reasonOf(decodeCep(long))).toBe('too-long');
  });

  it('are not encoded with values that do not fit', () => {
    const record = { ...CEP_COMPONENTS.management, address: A };
    for (const bad of [{ address: -1 }, { address: 2 ** 32 }, { address: 0.5 }, { version: 2 ** 31 }]) {
      expect(() => encodeCep({ ...record, ...bad })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
  });
});
