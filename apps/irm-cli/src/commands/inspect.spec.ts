import { OuroborosError, QOS_RAW, QOS_VIDEO, type JsonValue } from '@ouroboros/model';
import { CommandLine } from '../testing/command-line.js';

describe('irm flow list', () => {
  it('lists flows, or says that there are none', async () => {
    const cli = new CommandLine();
    expect((await cli.run('flow list')).stdout).toBe('No flows.\n');
    const common = { state: 'allocated', correlationId: '00112233aabbccdd' } as const;
    cli.management.flows = [
      {
        ...common,
        flowId: 12,
        name: 'hello',
        layer: '',
        ipcp: '',
        qos: { ...QOS_RAW, timeout: 5 },
        pids: [7, 8],
        sinceMs: 500,
        peer: '',
        crypto: null,
        pathPacket: 0,
        roundTripMs: 0,
      },
      {
        ...common,
        flowId: 3,
        name: 'film',
        layer: 'net',
        ipcp: 'n1',
        qos: { ...QOS_VIDEO, loss: 0 },
        pids: [7],
        sinceMs: 90_061_000,
        peer: 'film',
        crypto: { profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519+ML-KEM-768' },
        pathPacket: 1400,
        roundTripMs: 12.345,
      },
    ];
    expect((await cli.run('f l')).stdout).toBe(
      [
        '+------+-------+---------+------+--------+--------------------------------+------+--------+---------+------+---------+-----------+',
        '| flow |  name |   layer | ipcp |    qos |                     protection | peer | packet |     rtt |  pid |     age |     state |',
        '+------+-------+---------+------+--------+--------------------------------+------+--------+---------+------+---------+-----------+',
        '|    3 |  film |     net |   n1 | custom | aes-256-gcm, X25519+ML-KEM-768 | film |   1400 | 12.3 ms |    7 | 1 d 1 h | allocated |',
        '|   12 | hello | (local) |    - |    raw |                              - |    - |      - |       - | 7, 8 |     0 s | allocated |',
        '+------+-------+---------+------+--------+--------------------------------+------+--------+---------+------+---------+-----------+',
        '',
      ].join('\n'),
    );
    expect(await cli.json('flow list')).toMatchObject({
      flows: [
        {
          flowId: 3,
          peer: 'film',
          pathPacketBytes: 1400,
          roundTripMs: 12.345,
          protection: { profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519+ML-KEM-768' },
          layer: 'net',
          qos: { name: 'custom', bandwidth: '18446744073709551615', delayMs: 100 },
        },
        {
          flowId: 12,
          peer: null,
          pathPacketBytes: null,
          roundTripMs: null,
          protection: null,
          layer: null,
          ipcp: null,
          ageMs: 500,
          pids: [7, 8],
          correlationId: '00112233aabbccdd',
        },
      ],
    });
  });
});

describe('irm route, neighbor and directory list', () => {
  it('gather what all IPCPs report into one table with the columns of the reports', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp boot name n1 type unicast layer net', 'ipcp boot name l0 type local layer loop');
    cli.management.reports.set('routes', ({ name }) => {
      if (name === 'l0') throw new OuroborosError('ENOTSUP', 'no routes');
      return [
        { dst: '0d.0c.0b.0a', nextHop: '01.02.03.04', viaFlow: 7, up: true },
        { dst: '0e.0c.0b.0a', metric: null },
      ] as JsonValue;
    });
    const ran = await cli.run('route list');
    expect(ran).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        '+------+-------+-------------+-------------+----------+-----+--------+',
        '| ipcp | layer |         dst |    next hop | via flow |  up | metric |',
        '+------+-------+-------------+-------------+----------+-----+--------+',
        '|   n1 |   net | 0d.0c.0b.0a | 01.02.03.04 |        7 | yes |      - |',
        '|   n1 |   net | 0e.0c.0b.0a |           - |        - |   - |      - |',
        '+------+-------+-------------+-------------+----------+-----+--------+',
        '',
      ].join('\n'),
    });
    expect(await cli.json('route list')).toMatchObject({
      ipcps: [{ ipcp: 'n1', layer: 'net', rows: [{ dst: '0d.0c.0b.0a', viaFlow: 7 }, { metric: null }] }],
      failures: [],
    });
    expect(await cli.run('route list l0')).toMatchObject({ status: 2, stdout: '' });
    expect(await cli.run('route list n9')).toMatchObject({ status: 4 });
  });

  it('take reports of other shapes apart', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name u type udp4');
    cli.management.reports.set('directory', () => ({
      hosts: [{ name: 'n2', hosts: [{ host: 'h', address: null }] }],
      registered: ['aa', 'bb'],
    }));
    cli.management.reports.set('neighbors', () => ({ neighbors: [{ address: '127.0.0.2' }] }));
    expect(await cli.json('directory list u')).toMatchObject({
      ipcps: [{ rows: [{ entry: 'hosts', name: 'n2' }, { entry: 'registered', value: 'aa' }, { value: 'bb' }] }],
    });
    expect((await cli.run('directory list')).stdout).toContain('| host h, address - |');
    expect(await cli.json('ne list')).toMatchObject({ ipcps: [{ rows: [{ address: '127.0.0.2' }] }] });
  });

  it('say that there is nothing, and keep what came when one IPCP fails', async () => {
    const cli = new CommandLine();
    expect(await cli.run('neighbor list')).toMatchObject({ status: 0, stdout: 'No neighbors.\n' });
    await cli.given('ipcp create name n1 type unicast', 'ipcp create name n2 type unicast');
    cli.management.reports.set('neighbors', ({ name }) => {
      if (name === 'n2') throw new OuroborosError('ETIMEDOUT', 'no answer');
      return [{ name: 'x' }];
    });
    const ran = await cli.run('neighbor list');
    expect(ran).toMatchObject({ status: 5, stderr: 'irm: n2: no answer\n' });
    expect(ran.stdout).toContain('|   n1 |');
  });
});

describe('irm rib', () => {
  it('lists and prints entries with their labels untouched', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name n1 type unicast');
    cli.management.rib.set('dt.0d.0c.0b.0a/64', 'Endpoint address:        hello\n sent (packets):   3\n');
    expect((await cli.run('rib ls')).stdout).toBe('n1\n');
    expect((await cli.run('rib ls n1')).stdout).toBe('dt.0d.0c.0b.0a\n');
    expect(await cli.json('rib ls n1/dt.0d.0c.0b.0a')).toEqual({ path: 'n1/dt.0d.0c.0b.0a', entries: ['64'] });
    expect((await cli.run('rib cat n1/dt.0d.0c.0b.0a/64')).stdout).toBe(
      'Endpoint address:        hello\n sent (packets):   3\n',
    );
    expect(await cli.run('rib cat n1/none')).toMatchObject({ status: 4 });
    expect(await cli.run('rib cat n1')).toMatchObject({ status: 2 });
    expect(await cli.run('rib ls n2')).toMatchObject({ status: 4 });
  });
});
