import { QOS_RAW } from '@ouroboros/model';
import { usageFault } from '../../../packages/tool-kit/spec/usage-fault.spec.js';
import { parseCommand } from './arguments.js';

const parse = (words: string): ReturnType<typeof parseCommand> => parseCommand(words.split(' '));

describe('the arguments of oip', () => {
  it('are those of the specification', () => {
    const address = { version: 4, address: Uint8Array.of(10, 9, 0, 1), length: 24 };
    const rest = { routes: [], device: undefined, qos: QOS_RAW, json: false };
    expect(parse('-i 10.9.0.1 -m 255.255.255.0 -n x')).toEqual({
      kind: 'client',
      name: 'x',
      addresses: [address],
      ...rest,
    });
    expect(parse('-i 10.9.0.1/24')).toEqual({ kind: 'server', name: '', addresses: [address], ...rest });
  });

  it('give several addresses, and networks to reach', () => {
    expect(parse('-i 10.9.0.1/24 -i fd09::1/64 --route 10.1.2.3/16 --route fd00::/8 --device vpn0')).toMatchObject({
      addresses: [{ version: 4 }, { version: 6, length: 64 }],
      routes: [
        { version: 4, address: Uint8Array.of(10, 1, 0, 0), length: 16 },
        { version: 6, length: 8 },
      ],
      device: 'vpn0',
    });
    expect([parse('--help'), parse('--version')]).toEqual([{ kind: 'help' }, { kind: 'version' }]);
  });

  it.each([
    ['-n x', 'Please specify an IP address.'],
    ['-i 10.9.0.1', 'Please specify a subnetmask.'],
    ['-i fd09::1 -m 255.255.255.0', 'Please specify a subnetmask.'],
    ['-i 10.9.0.1 -m 255.0.255.0', 'Invalid subnet mask: 255.0.255.0'],
    ['-i 10.9.0/24', "ip: '10.9.0/24' is no address with a prefix length, such as 10.0.0.1/24 or fd00::1/64"],
    ['-i 10.9.0.1/24 --route x', "route: 'x' is no address"],
    ['-i 10.9.0.1/24 --device sixteencharacter', 'device: must be the name of a network device'],
    ['-i 10.9.0.1/24 -q raw', '-q is for the client'],
  ])('%j: %s', (words, message) => expect(usageFault(() => parse(words))).toContain(message));
});
