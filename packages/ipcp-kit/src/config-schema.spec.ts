import { IPV4, OuroborosError } from '@ouroboros/model';
import {
  bool,
  configSchema,
  described,
  hashAlgorithm,
  hostAddress,
  hostMap,
  integer,
  oneOf,
  optionalHostAddress,
} from './index.js';

const parser = configSchema({
  ip: hostAddress(IPV4),
  port: integer({ min: 1, max: 65535, default: 3435 }),
  dns: optionalHostAddress(IPV4),
  hash: hashAlgorithm(),
  routing: oneOf(['link-state', 'lfa', 'ecmp'] as const, 'link-state'),
  quiet: bool(false),
  hosts: hostMap(IPV4),
});

describe('a configuration schema', () => {
  it('fills in defaults', () => {
    expect(parser.parse({ ip: '10.0.0.1' })).toEqual({
      ip: '10.0.0.1',
      port: 3435,
      dns: null,
      hash: 'SHA3_256',
      routing: 'link-state',
      quiet: false,
      hosts: new Map(),
    });
  });

  it('takes text from a command line and native values from a file alike', () => {
    const fromText = parser.parse({
      ip: '10.0.0.1',
      port: '0x10',
      quiet: 'yes',
      routing: 'LINK_STATE',
      hosts: 'a=h1,b=10.0.0.2,a=h2',
    });
    const fromFile = parser.parse({ ip: '10.0.0.1', port: 16, quiet: true, hosts: { a: ['h1', 'h2'], b: '10.0.0.2' } });
    expect(fromText).toEqual(fromFile);
    expect(fromText.hosts.get('a')).toEqual(['h1', 'h2']);
  });

  it('says of each key what is legal, what it is for, and what holds without it', () => {
    const { keys } = configSchema({
      ip: described('own address', hostAddress(IPV4)),
      port: integer({ min: 1, max: 9, default: 3 }),
    });
    const ip = { key: 'ip', legal: 'an IPv4 address of one host, such as 192.0.2.1', help: 'own address' };
    expect(keys).toEqual([
      { ...ip, required: true, fallback: '' },
      { key: 'port', legal: 'a whole number from 1 to 9', help: '', required: false, fallback: '3' },
    ]);
    expect(parser.keys.find(({ key }) => key === 'hosts')).toMatchObject({ required: false, fallback: '' });
  });

  it('names all faults at once, each with its key and what would be legal', () => {
    const faults = parser.check({ port: 70000, dns: 'x', hash: 'MD4', quiet: 3, hosts: 'a', colour: 'red' });
    expect(faults.map((fault) => fault.field).sort()).toEqual([
      'colour',
      'dns',
      'hash',
      'hosts',
      'ip',
      'port',
      'quiet',
    ]);
    const of = (field: string): string => faults.find((fault) => fault.field === field)?.message ?? '';
    expect(of('port')).toBe('must be a whole number from 1 to 65535, not 70000');
    expect(of('ip')).toContain('required');
    expect(of('hash')).toContain('SHA3_224, SHA3_256, SHA3_384, SHA3_512');
    expect(of('colour')).toContain('legal: ip, port, dns');
  });

  it('throws EINVAL with the first field and a message that names every fault', () => {
    const attempt = (): unknown => parser.parse({ ip: '0.0.0.0', port: 'x' });
    expect(attempt).toThrow(OuroborosError);
    expect(attempt).toThrow(/^ip: must be an IPv4 address.*; port: must be a whole number/);
  });

  it.each(['0.0.0.0', '255.255.255.255', '224.0.0.1', '1.2.3', '1.2.3.4.', '1.2.3.256', '01.2.3.4', 'host'])(
    'refuses %s as the address of one host',
    (ip) => expect(parser.check({ ip }).map((fault) => fault.field)).toEqual(['ip']),
  );

  it.each(['', 'maybe', '1', 'constructor', '__proto__'])('refuses %p as true or false', (quiet) =>
    expect(parser.check({ ip: '10.0.0.1', quiet }).map((fault) => fault.field)).toEqual(['quiet']),
  );

  it.each(['', '=1.2.3.4', 'a=', 'a=b c', 'a=1.2.3', 'a=b,,c=d', '-'])('refuses %p as a host map', (hosts) =>
    expect(parser.check({ ip: '10.0.0.1', hosts }).map((fault) => fault.field)).toEqual(['hosts']),
  );
});
