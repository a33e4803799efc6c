import { OuroborosError } from '@ouroboros/model';
import { CommandLine } from '../testing/command-line.js';

const RULE = '+---------+----------------------+------------+----------------------+\n';

describe('irm ipcp create and destroy', () => {
  it('create an IPCP with a restart policy and destroy it', async () => {
    const cli = new CommandLine();
    expect(await cli.run('ipcp create name l0 type local restart always')).toEqual({
      status: 0,
      stdout: 'l0: created, pid 4001\n',
      stderr: '',
    });
    expect(cli.management.callsOf('ipcpCreate')).toMatchObject([[{ name: 'l0', type: 'local', restart: 'always' }]]);
    expect(await cli.run('i d n l0')).toEqual({ status: 0, stdout: 'l0: destroyed\n', stderr: '' });
  });

  it('say what flows over it must or may have', async () => {
    const cli = new CommandLine();
    await cli.given(
      'ipcp create name a type local',
      'ipcp create name b type local encryption require authentication offer',
    );
    expect(cli.management.callsOf('ipcpCreate')).toMatchObject([
      [{ security: { encryption: '', authentication: '' } }],
      [{ security: { encryption: 'require', authentication: 'offer' } }],
    ]);
    expect(await cli.run('ipcp create name c type local encryption on')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('require, offer, off'),
    });
  });

  it('may be told later what flows over them must have', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name a type local', 'ipcp secure name a encryption off');
    expect(await cli.json('ipcp secure name a authentication require')).toEqual({
      name: 'a',
      authentication: 'require',
    });
    expect(cli.management.callsOf('ipcpSecure')).toEqual([
      ['a', { encryption: 'off', authentication: '' }],
      ['a', { encryption: '', authentication: 'require' }],
    ]);
    expect(await cli.run('ipcp secure name b encryption off')).toMatchObject({ status: 4 });
  });

  it('succeed in destroying what is not there', async () => {
    const cli = new CommandLine();
    const ran = await cli.run('ipcp destroy name l0');
    expect(ran).toEqual({ status: 0, stdout: '', stderr: 'irm: there is no IPCP "l0": nothing to destroy\n' });
    expect(await cli.json('ipcp destroy name l0')).toEqual({ name: 'l0', destroyed: false });
  });

  it('report an IPCP that exists otherwise with status 8, and take one that exists as asked for for done', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name l0 type local');
    expect(await cli.run('ipcp create name l0 type local')).toMatchObject({ status: 0 });
    expect(await cli.run('ipcp create name l0 type udp4')).toMatchObject({
      status: 8,
      stderr: 'irm ipcp create: name: IPCP "l0" exists\n',
    });
  });

  it('suggest a type when the daemon finds no program for it', async () => {
    const cli = new CommandLine();
    cli.management.failNext(
      'ipcpCreate',
      new OuroborosError('EIPCPTYPE', 'no IPCP type "unicas": no program ipcpd-unicas in /bin', { field: 'type' }),
    );
    const { status, stderr } = await cli.run('ipcp create name n type unicas');
    expect(status).toBe(2);
    expect(stderr).toBe(
      'irm ipcp create: no IPCP type "unicas": no program ipcpd-unicas in /bin; did you mean unicast?\n',
    );
  });
});

describe('irm ipcp bootstrap', () => {
  it('creates the IPCP and hands its package the keys of the configuration file', async () => {
    const cli = new CommandLine();
    const ran = await cli.run(
      'ipcp bootstrap type unicast name n1 layer net addr 4 eid 8 ttl 20 addr_auth flat dir dht dht_alpha 2 routing link_state ls_t_up 5 cong none cap 10000000 autobind',
    );
    expect(ran).toEqual({ status: 0, stdout: 'n1: created (pid 4001), bootstrapped in layer net\n', stderr: '' });
    const config = {
      addr_size: '4',
      eid_size: '8',
      max_ttl: '20',
      'addr-auth': 'flat',
      directory: 'DHT',
      dht_alpha: '2',
      routing: 'link-state',
      ls_t_update: '5',
      congestion: 'none',
      capacity: '10000000',
    };
    expect(cli.management.callsOf('ipcpBootstrap')).toEqual([[{ name: 'n1', layer: 'net', config, autobind: true }]]);
  });

  it('takes hosts for udp4, and ignores autobind with a message', async () => {
    const cli = new CommandLine();
    const ran = await cli.run(
      'i b t udp4 n u l udp ip 127.0.0.1 port 3436 dns 127.0.0.9 hosts n2=127.0.0.2,n3=host3 au',
    );
    expect(ran).toMatchObject({
      status: 0,
      stderr: 'irm: autobind ignored: an IPCP of type udp4 accepts no flows for names\n',
    });
    const config = { ip: '127.0.0.1', port: '3436', dns: '127.0.0.9', hosts: 'n2=127.0.0.2,n3=host3' };
    expect(cli.management.callsOf('ipcpBootstrap')).toEqual([[{ name: 'u', layer: 'udp', config, autobind: false }]]);
  });

  it('takes devices and ethertypes for eth-dix, the latter in hexadecimal with or without 0x', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp bootstrap type eth-dix name a layer lan dev eth0 ether a001 hash SHA3_512');
    await cli.given('ipcp bootstrap type eth-dix name b layer lan dev eth0 ether 0xA001');
    expect(cli.management.callsOf('ipcpBootstrap')).toMatchObject([
      [{ config: { dev: 'eth0', ethertype: '0xa001', hash: 'SHA3_512' } }],
      [{ config: { dev: 'eth0', ethertype: '0xA001' } }],
    ]);
  });

  it('passes the words of a type of its own on as they are', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp bootstrap name x layer lossy type lossy loss 0.1 dev eth0 __proto__ 3');
    const [[request]] = cli.management.callsOf('ipcpBootstrap') as [[{ config: object }]];
    expect(Object.entries(request.config)).toEqual([
      ['loss', '0.1'],
      ['dev', 'eth0'],
      ['__proto__', '3'],
    ]);
  });

  it('reads the words by the type of the IPCP that exists when no type is given', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name u type udp4');
    expect(await cli.run('ipcp boot name u layer udp')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('ip is required for type udp4') as string,
    });
    expect(await cli.run('ipcp boot name u layer udp ttl 3')).toMatchObject({ status: 2 });
    expect(await cli.run('ipcp boot name u layer udp ip 127.0.0.1')).toMatchObject({
      status: 0,
      stdout: 'u: bootstrapped in layer udp\n',
    });
  });

  it('shows what the IPCP has against its configuration', async () => {
    const cli = new CommandLine();
    cli.management.failNext(
      'ipcpBootstrap',
      new OuroborosError('EINVAL', 'addr_size: must be 4, not "8"', { field: 'addr_size' }),
    );
    const ran = await cli.run('ipcp boot type unicast name n layer net addr 8');
    expect(ran).toEqual({ status: 2, stdout: '', stderr: 'irm ipcp bootstrap: addr_size: must be 4, not "8"\n' });
    expect((await cli.json('ipcp list'))['ipcps']).toEqual([]);
  });

  it('is status 4 for an unknown IPCP without type, 8 for a second layer', async () => {
    const cli = new CommandLine();
    expect(await cli.run('ipcp boot name n layer net')).toMatchObject({
      status: 4,
      stderr: 'irm ipcp bootstrap: name: IPCP "n" is unknown: there are none (give its type to create it)\n',
    });
    await cli.given('ipcp boot name l0 type local layer a');
    expect(await cli.run('ipcp boot name l0 layer b')).toMatchObject({ status: 8 });
  });

  it('takes a wildcard over existing IPCPs', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name a1 type local', 'ipcp create name a2 type local');
    const ran = await cli.run('ipcp boot name a* layer loop');
    expect(ran.stdout).toBe('a1: bootstrapped in layer loop\na2: bootstrapped in layer loop\n');
  });

  it('has the shape of JSON.md', async () => {
    const cli = new CommandLine();
    expect(await cli.json('ipcp boot type local name l0 layer loop')).toEqual({
      ipcps: [
        {
          pid: 4001,
          name: 'l0',
          type: 'local',
          layer: 'loop',
          state: 'operational',
          hash: 'SHA3_256',
          rank: 0,
          restart: 'on-failure',
          restarts: 0,
          flows: 0,
          created: true,
          autobindIgnored: false,
        },
      ],
    });
  });
});

describe('irm ipcp enroll', () => {
  it('creates a unicast IPCP and enrolls it by the name of the layer', async () => {
    const cli = new CommandLine();
    cli.management.reachable.set('net', 'net');
    const ran = await cli.run('ipcp enroll name n2 layer net autobind restart never');
    expect(ran.stdout).toBe('n2: created (pid 4001), enrolled in layer net\n');
    expect(cli.management.callsOf('ipcpCreate')).toEqual([[{ name: 'n2', type: 'unicast', restart: 'never' }]]);
    expect(cli.management.callsOf('ipcpEnroll')).toEqual([
      [{ name: 'n2', dst: 'net', layer: 'net', config: {}, autobind: true }],
    ]);
  });

  it('says what flows over the IPCP must have, before it joins', async () => {
    const cli = new CommandLine();
    cli.management.reachable.set('net', 'net');
    await cli.given('ipcp enroll name n1 layer net encryption require', 'ipcp create name n2 type unicast');
    await cli.given('ipcp bootstrap name n2 layer net authentication require');
    const [enrolled] = cli.management.callsOf('ipcpCreate');
    expect(enrolled).toMatchObject([{ name: 'n1', security: { encryption: 'require', authentication: '' } }]);
    expect(cli.management.callsOf('ipcpSecure')).toEqual([['n2', { encryption: '', authentication: 'require' }]]);
    expect(cli.management.callsOf('ipcpBootstrap')).toMatchObject([[{ name: 'n2', config: {} }]]);
  });

  it('is status 4 for a destination that is nowhere, 6 for another layer', async () => {
    const cli = new CommandLine();
    cli.management.reachable.set('n1', 'other');
    expect(await cli.run('ipcp enroll name n2 layer net')).toMatchObject({ status: 4 });
    expect(await cli.run('ipcp enroll name n2 layer net dst n1')).toMatchObject({ status: 6 });
    expect(await cli.run('ipcp enroll name n2 dst n1')).toMatchObject({ status: 0 });
  });
});

describe('irm ipcp connect and disconnect', () => {
  it('work on management and data transfer unless told otherwise', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name n1 type unicast');
    expect((await cli.run('ipcp connect name n1 dst n2 qos best')).stdout).toBe(
      'n1: connected to n2, Management and Data Transfer\n',
    );
    expect(cli.management.callsOf('ipcpConnect')).toMatchObject([
      [{ component: 'Management', qos: { inOrder: 0 } }],
      [{ component: 'Data Transfer', qos: { inOrder: 1 } }],
    ]);
    expect((await cli.run('ipcp disc name n1 dst n2 comp dt')).stdout).toBe(
      'n1: disconnected from n2, Data Transfer\n',
    );
    expect(await cli.json('ipcp disc name n1 dst n2')).toEqual({
      name: 'n1',
      dst: 'n2',
      components: ['Data Transfer', 'Management'],
    });
  });

  it('are status 4 for an unknown IPCP, 7 for a QoS that is not offered', async () => {
    const cli = new CommandLine();
    expect(await cli.run('ipcp connect name n1 dst n2')).toMatchObject({ status: 4 });
    await cli.given('ipcp create name n1 type unicast');
    cli.management.failNext(
      'ipcpConnect',
      new OuroborosError('EQOS', 'this quality of service is not offered', { field: 'qos' }),
    );
    expect(await cli.run('ipcp connect name n1 dst n2 qos best')).toMatchObject({
      status: 7,
      stderr: 'irm ipcp connect: qos: this quality of service is not offered\n',
    });
  });
});

describe('irm ipcp list', () => {
  it('of nothing is one line and a blank one', async () => {
    expect((await new CommandLine().run('ipcp list')).stdout).toBe('No IPCPs in system.\n\n');
  });

  it('is the table of C, sorted by type, then pid', async () => {
    const cli = new CommandLine();
    await cli.given(
      'ipcp boot name uni-1 type unicast layer LAN',
      'ipcp create name u type udp4',
      'ipcp create name l0 type local',
    );
    const { stdout } = await cli.run('ipcp list');
    expect(stdout).toBe(
      RULE +
        '|     pid |                 name |       type |                layer |\n' +
        RULE +
        '|    4003 |                   l0 |      local |        Not enrolled. |\n' +
        '|    4001 |                uni-1 |    unicast |                  LAN |\n' +
        '|    4002 |                    u |       udp4 |        Not enrolled. |\n' +
        RULE +
        '\n',
    );
  });

  it('widens a column for long names instead of breaking the table', async () => {
    const cli = new CommandLine();
    await cli.given(`ipcp create name ${'x'.repeat(40)} type local`, 'ipcp create name y type local');
    const lines = (await cli.run('ipcp list')).stdout.trimEnd().split('\n');
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[0]).toContain('-'.repeat(42));
  });

  it('shows control characters instead of sending them to the terminal', async () => {
    const cli = new CommandLine();
    await cli.management.ipcpCreate({ name: 'a\u001b[2J', type: 'local', restart: 'never' });
    expect((await cli.run('ipcp list')).stdout).toContain(' a\\x1b[2J |');
  });

  it('accepts name and type but does not apply them, and says so on stderr', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name l0 type local');
    const ran = await cli.run('ipcp list name x type udp4');
    expect(ran.stdout).toContain(' l0 |');
    expect(ran.stderr).toBe('irm: name and type not applied: the list is whole\n');
  });

  it('has null for what is not there in JSON', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name l0 type local');
    expect(await cli.json('ipcp list')).toMatchObject({
      ipcps: [{ name: 'l0', layer: null, hash: null, state: 'boot' }],
    });
  });
});

describe('irm ipcp show', () => {
  it('shows what the daemon knows and what the IPCP reports, its address among it', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp boot name n1 type unicast layer net');
    cli.management.reports.set('status', () => ({
      name: 'n1',
      address: '0d.0c.0b.0a',
      maxTtl: 60,
      counters: { dropTtl: 2 },
    }));
    expect((await cli.run('ipcp show n1')).stdout).toBe(
      [
        'name                n1',
        'type                unicast',
        'pid                 4001',
        'state               operational',
        'layer               net',
        'hash                SHA3_256',
        'address             0d.0c.0b.0a',
        'rank                10',
        'restart             on-failure, restarted 0 times',
        'flows               0',
        'max ttl             60',
        'counters, drop ttl  2',
        '',
      ].join('\n'),
    );
    expect(await cli.json('ipcp show n1')).toMatchObject({
      ipcp: { name: 'n1', address: '0d.0c.0b.0a', status: { maxTtl: 60 } },
    });
  });

  it('writes an address that comes as a number as the layer writes it', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name n1 type unicast');
    cli.management.reports.set('status', () => ({ address: 0x0a0b0c0d }));
    expect((await cli.run('ipcp show n1')).stdout).toContain('0d.0c.0b.0a');
  });

  it('does without a status report, and is status 4 for an unknown IPCP', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name n1 type unicast');
    expect(await cli.json('ipcp show n1')).toMatchObject({ ipcp: { address: null, status: null } });
    expect(await cli.run('ipcp show n2')).toMatchObject({
      status: 4,
      stderr: 'irm ipcp show: name: IPCP "n2" is unknown: did you mean "n1"?\n',
    });
  });
});

describe('irm ipcp type', () => {
  const info = {
    ...{ type: 'carrier', rank: 45, operations: ['bootstrap', 'query'] },
    keys: [
      { key: 'loft', legal: 'a path', help: 'where the pigeons live', required: true, fallback: '' },
      { key: 'birds', legal: 'a whole number from 1 to 9', help: '', required: false, fallback: '2' },
    ],
  };

  it('shows what the program of a type says, also behind help', async () => {
    const cli = new CommandLine();
    cli.management.types.set('carrier', info);
    const { stdout } = await cli.run('ipcp help type carrier');
    expect(stdout).toBe(
      `type        carrier
rank        45
operations  bootstrap, query

Options of bootstrap:
  loft   where the pigeons live: a path; required
  birds  a whole number from 1 to 9 (default 2)
`,
    );
    expect(await cli.run('ipcp type carrier')).toMatchObject({ status: 0, stdout });
    expect(await cli.json('ipcp type carrier')).toMatchObject({
      rank: 45,
      keys: [{ default: null }, { default: '2' }],
    });
  });

  it('is a failure for a type without program, and explains itself without a type', async () => {
    const cli = new CommandLine();
    expect(await cli.run('ipcp type none')).toMatchObject({ stderr: expect.stringContaining('no IPCP type "none"') });
    expect((await cli.run('ipcp help type')).stdout).toContain('Usage: irm ipcp type <type>');
    expect(cli.management.callsOf('ipcpDescribe')).toEqual([['none']]);
  });
});

describe('irm ipcp fault', () => {
  it('drops, clears and shows', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name u type udp4');
    cli.management.controls.set('fault', (_, args) => ({ dropping: args['drop'] ?? [] }));
    expect((await cli.run('ipcp fault u drop 127.0.0.2,127.0.0.3')).stdout).toBe('u: dropping 127.0.0.2, 127.0.0.3\n');
    expect((await cli.run('ipcp fault u clear')).stdout).toBe('u: dropping -\n');
    expect(await cli.json('ipcp fault u')).toEqual({ name: 'u', fault: { dropping: [] } });
    expect(cli.management.callsOf('ipcpControl')).toEqual([
      ['u', 'fault', { drop: ['127.0.0.2', '127.0.0.3'] }],
      ['u', 'fault', { clear: true }],
      ['u', 'fault', {}],
    ]);
  });

  it('is status 2 for a type without fault switch', async () => {
    const cli = new CommandLine();
    await cli.given('ipcp create name l0 type local');
    expect(await cli.run('ipcp fault l0')).toMatchObject({ status: 2, stdout: '' });
  });
});
