import { fromHex, toHex } from '@ouroboros/model';
import { expectGolden, reasonOf, valueOf } from '../../test/golden.js';
import {
  decodeEnrollAck,
  decodeEnrollRequest,
  decodeEnrollResponse,
  encodeEnrollAck,
  encodeEnrollRequest,
  encodeEnrollResponse,
} from './enroll.js';
import { unicastDefaults } from '../../test/samples.js';
import type { EnrollResponse, IpcpConfig, UnicastConfig } from './types.js';

const id = fromHex('0102030405060708');
const A = 0x0a0b0c0d;
const time = { timeSeconds: 1760000000n, timeNanos: 123456789 };
const HEAD = '0a0801020304050607081080f09dc70618959aef3a2000';
const CONF =
  '0a070a034c414e100110011a330a1408041008183c220c0800120808001004180f203c121708001213080310081880a305208407288407308d98ac5018002001';

const unicast: IpcpConfig = { layer: { name: 'LAN', dirHashAlgo: 1 }, type: 1, unicast: unicastDefaults(A) };
const response: EnrollResponse = { id, ...time, response: 0, config: unicast };

describe('enrollment messages', () => {
  it('match the worked example of a request both ways', () =>
    expectGolden('0a080102030405060708', { id }, decodeEnrollRequest, encodeEnrollRequest));

  it('match the worked example of a unicast response both ways', () =>
    expectGolden(`${HEAD}2a40${CONF}`, response, decodeEnrollResponse, encodeEnrollResponse));

  it('match the worked example of a broadcast response both ways', () =>
    expectGolden(
      `${HEAD}2a0d0a090a05626361737410011002`,
      { ...response, config: { layer: { name: 'bcast', dirHashAlgo: 1 }, type: 2 } },
      decodeEnrollResponse,
      encodeEnrollResponse,
    ));

  it('match the worked example of an ack both ways', () =>
    expectGolden('0a0801020304050607081000', { id, result: 0 }, decodeEnrollAck, encodeEnrollAck));

  it('carry negative numbers in ten bytes', () =>
    expectGolden('0a080102030405060708109cffffffffffffffff01', { id, result: -100 }, decodeEnrollAck, encodeEnrollAck));

  it('carry extension bytes in field 100', () => {
    const ext = fromHex('0801');
    expectGolden('0a080102030405060708 a206 02 0801', { id, ext }, decodeEnrollRequest, encodeEnrollRequest);
    expectGolden('0a080102030405060708 1000 a206 02 0801', { id, result: 0, ext }, decodeEnrollAck, encodeEnrollAck);
    expect(toHex(encodeEnrollResponse({ ...response, ext }))).toBe(`${HEAD}2a40${CONF}a206020801`);
    expect(valueOf(decodeEnrollResponse(encodeEnrollResponse({ ...response, ext })))).toEqual({ ...response, ext });
  });

  it('may refuse without a configuration', () => {
    const refusal = { id, ...time, response: -1004 };
    expect(valueOf(decodeEnrollResponse(encodeEnrollResponse(refusal)))).toEqual(refusal);
  });
});

/** A sub-message of less than 128 bytes behind its tag. */
const within = (tag: string, hex: string): string => tag + (hex.length / 2).toString(16).padStart(2, '0') + hex;

interface Parts {
  readonly layer?: string;
  readonly unicast?: string;
  readonly ls?: string;
  readonly dht?: string;
}

/** Decodes the worked example with some parts replaced. */
function refusal(parts: Parts): string {
  const {
    ls = '120808001004180f203c',
    dht = '1213080310081880a305208407288407308d98ac50',
    layer = '0a070a034c414e1001',
  } = parts;
  const dt = within('0a', '08041008183c' + within('22', '0800' + ls));
  const unicast = parts.unicast ?? within('1a', dt + within('12', '0800' + dht) + '18002001');
  return reasonOf(decodeEnrollResponse(fromHex(HEAD + within('2a', layer + '1001' + unicast))));
}

describe('enrollment messages are refused', () => {
  it('with an id that has not 8 bytes', () => {
    expect(reasonOf(decodeEnrollRequest(fromHex('0a0701020304050607')))).toBe('bad-length id');
    expect(reasonOf(decodeEnrollAck(fromHex('0a09010203040506070809 1000')))).toBe('bad-length id');
    expect(reasonOf(decodeEnrollResponse(fromHex('0a00 1000 1800 20ffffffffffffffffff01')))).toBe('bad-length id');
    for (const bad of [new Uint8Array(7), new Uint8Array(9)]) {
      expect(() => encodeEnrollRequest({ id: bad })).toThrow(expect.objectContaining({ field: 'id' }));
    }
  });

  it('without the configuration of an accepting response', () => {
    expect(reasonOf(decodeEnrollResponse(fromHex(HEAD)))).toBe('missing-field conf');
    expect(() => encodeEnrollResponse({ ...response, config: undefined })).toThrow(
      expect.objectContaining({ field: 'conf' }),
    );
  });

  it('without a sub-message that C needs, in both directions', () => {
    const config = unicastDefaults(A);
    const noLs: UnicastConfig = { ...config, dt: { ...config.dt, routing: { policy: 0 } } };
    const noDht: UnicastConfig = { ...config, dir: { policy: 0 } };
    const encode = (one: UnicastConfig | undefined): unknown =>
      encodeEnrollResponse({ ...response, config: { ...unicast, unicast: one } });
    expect(() => encode(undefined)).toThrow(expect.objectContaining({ field: 'unicast' }));
    expect(() => encode(noLs)).toThrow(expect.objectContaining({ field: 'unicast.dt.routing.ls' }));
    expect(() => encode(noDht)).toThrow(expect.objectContaining({ field: 'unicast.dir.dht' }));

    expect(refusal({ unicast: '' })).toBe('missing-field conf.unicast');
    expect(refusal({ ls: '' })).toBe('missing-field conf.unicast.dt.routing.ls');
    expect(refusal({ dht: '' })).toBe('missing-field conf.unicast.dir.dht');
  });

  it('when a required field is missing in a sub-message, however deep', () => {
    expect(refusal({})).toBe('accepted');
    expect(refusal({ layer: within('0a', '0a034c414e') })).toBe('missing-field conf.layer_info.dir_hash_algo');
    expect(refusal({ layer: '' })).toBe('missing-field conf.layer_info');
    expect(refusal({ ls: within('12', '08001004180f') })).toBe('missing-field conf.unicast.dt.routing.ls.t_timeo');
    expect(refusal({ dht: within('12', '080310081880a305208407288407') })).toBe(
      'missing-field conf.unicast.dir.dht.peer',
    );
  });

  it('when an inner length overruns its message', () => {
    expect(refusal({ layer: '0a060a034c414e10' })).toBe('malformed conf.layer_info.dir_hash_algo');
    expect(refusal({ layer: '0a070a064c414e1001' })).toBe('malformed conf.layer_info.name');
    expect(refusal({ ls: '12090800100418' })).toBe('malformed conf.unicast.dt.routing.ls');
  });

  it('with a layer name that is too long or not UTF-8', () => {
    const named = (name: string): EnrollResponse => ({
      ...response,
      config: { layer: { name, dirHashAlgo: 1 }, type: 2 },
    });
    expect(valueOf(decodeEnrollResponse(encodeEnrollResponse(named('é'.repeat(127)))))).toEqual(named('é'.repeat(127)));
    expect(() => encodeEnrollResponse(named('é'.repeat(128)))).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(reasonOf(decodeEnrollResponse(fromHex(`${HEAD}2a8a020a85020a8002${'61'.repeat(256)}10011002`)))).toBe(
      'bad-length conf.layer_info.name',
    );
    expect(reasonOf(decodeEnrollResponse(fromHex(`${HEAD}2a0d0a090a05 62636173ff 10011002`)))).toBe(
      'malformed conf.layer_info.name',
    );
  });

  it('with a DHT peer of more than 32 bits', () => {
    const wide = CONF.replace('308d98ac50', '308d98ac8010')
      .replace('1a33', '1a34')
      .replace('1217', '1218')
      .replace('1213', '1214');
    expect(reasonOf(decodeEnrollResponse(fromHex(`${HEAD}2a41${wide}`)))).toBe('bad-value conf.unicast.dir.dht.peer');
  });

  it('above 1023 bytes', () => {
    const ext = new Uint8Array(1023 - 10 - 4);
    expect(encodeEnrollRequest({ id, ext })).toHaveLength(1023);
    expect(() => encodeEnrollRequest({ id, ext: new Uint8Array(ext.length + 1) })).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
    expect(reasonOf(decodeEnrollRequest(new Uint8Array(1024)))).toBe('too-long');
  });
});
