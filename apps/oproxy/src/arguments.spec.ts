import { QOS_DATA, QOS_RAW, QOS_VOICE } from '@ouroboros/model';
import { usageFault } from '../../../packages/tool-kit/spec/usage-fault.spec.js';
import { parseCommand } from './arguments.js';

const parse = (line: string): ReturnType<typeof parseCommand> => parseCommand(line.split(' '));

describe('the arguments of oproxy', () => {
  it('expose a port of this host or another one', () => {
    expect(parse('expose web 8080')).toEqual({
      kind: 'expose',
      name: 'web',
      target: { host: '127.0.0.1', port: 8080 },
      udp: false,
      idleMs: 60_000,
      layers: [],
      graceMs: 5000,
      json: false,
      verbose: false,
    });
    const more = '--layer net --layer loop --udp --idle 5s --json --verbose --grace 1s';
    expect(parse(`expose dns [::1]:53 ${more}`)).toMatchObject({
      target: { host: '::1', port: 53 },
      layers: ['net', 'loop'],
      udp: true,
      idleMs: 5000,
      graceMs: 1000,
      json: true,
      verbose: true,
    });
    expect(parse('expose web db.example:5432')).toMatchObject({ target: { host: 'db.example', port: 5432 } });
  });

  it('connect a local port, with data for TCP and raw for UDP', () => {
    const bind = { host: '127.0.0.1', port: 9090 };
    expect(parse('connect web 9090')).toMatchObject({ kind: 'connect', bind, qos: QOS_DATA, waitMs: 20_000 });
    expect(parse('connect dns 0 -u')).toMatchObject({ bind: { port: 0 }, qos: QOS_RAW });
    expect(parse('connect dns 53 -u -q voice -b ::1')).toMatchObject({ bind: { host: '::1' }, qos: QOS_VOICE });
  });

  it('open a proxy, for host names with a suffix', () => {
    expect(parse('socks 1080')).toMatchObject({
      kind: 'socks',
      bind: { host: '127.0.0.1', port: 1080 },
      suffix: '.o7s',
    });
    expect(parse('socks 1080 --suffix .My.Mesh')).toMatchObject({ suffix: '.my.mesh' });
  });

  it('ask for a text', () => {
    expect([parse('--help'), parse('expose --version')]).toEqual([{ kind: 'help' }, { kind: 'version' }]);
  });

  it.each([
    ['', 'command'],
    ['serve web 80', 'serve'],
    ['expose web', 'NAME and [HOST:]PORT'],
    ['expose web 0', 'PORT'],
    ['expose web 1:2:3', 'PORT'],
    ['expose web host:', 'PORT'],
    [`expose ${'n'.repeat(256)} 80`, '255'],
    ['connect web 65536', 'LOCALPORT'],
    ['connect web 80 90', '3 words'],
    ['connect web 80 -q raw', 'TCP needs'],
    ['connect web 80 --layer net', '--layer is not for connect'],
    ['connect web 80 --idle 3s', '--udp'],
    ['expose web 80 -q data', '--qos is not for expose'],
    ['socks 80 --udp', '--udp is not for socks'],
    ['socks 80 --suffix a_b', 'a_b'],
    ['socks 80 --wait soon', 'soon'],
    ['socks 80 --frob', 'frob'],
  ])('"%s" is refused, naming %s', (line, named) => {
    expect(usageFault(() => parse(line))).toContain(named);
  });
});
