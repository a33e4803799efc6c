import { readConfiguration, type ConfigSurroundings, type ReadResult } from './read-configuration.js';
import { DEFAULT_POLICY } from '@ouroboros/registry';
import { formatFault } from './fault.js';
import type { ConfigTable } from './configuration.js';

const around: ConfigSurroundings = {
  env: { NODE: 'n7' },
  folder: '/etc/ouroboros',
  isFile: (path) => path.startsWith('/etc/ouroboros/keys/'),
  findProgram: (program) =>
    program === '/missing' ? undefined : program.startsWith('/') ? program : `/usr/bin/${program}`,
  hasGroup: (group) => group === 'net',
  hasIpcpProgram: (type) => ['local', 'udp4', 'unicast', 'lossy'].includes(type),
};
const read = (text: string): ReadResult => readConfiguration(text, around);
const faults = (text: string): string[] => read(text).faults.map(formatFault);
const only = (text: string): ConfigTable => {
  const { configuration, faults } = read(text);
  expect(faults).toEqual([]);
  expect(configuration.tables).toHaveLength(1);
  return configuration.tables[0]!;
};

describe('tables are processed in the order of the file', () => {
  const order = (text: string): string[] => read(text).configuration.tables.map((table) => table.name);

  it('across types', () => {
    expect(order('[udp4.a]\nip = "127.0.0.1"\n[unicast.b]\n[udp4.c]\n[name.d]\n[unicast.e]\n')).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  it('for names that look like numbers', () => {
    expect(order('[udp4.2]\n[local.1]\n[udp4.1x]\n[unicast.0]')).toEqual(['2', '1', '1x', '0']);
  });

  it('with text that looks like a header inside strings and arrays', () => {
    const text = `[name.a]\nargs = ["""\n[udp4.trap]\n"""]\nprog = [\n"x"\n]\n[unicast.b]\nlist = [\n[1],\n[2]]\n[udp4.c]\n[udp4.c.hosts]\nx = "1"\n[local.d]`;
    expect(faults(text)).toEqual([]);
    expect(order(text)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('with dotted keys, inline tables, quoted names, comments and CRLF', () => {
    const text =
      'udp4.a.ip = "1"\r\nunicast = { b = {}, c = { x = 1 } } # [udp4.no]\r\n[local."d.[e]"] # [local.no]\r\nhash = "MD5"\r\n';
    expect(faults(text)).toEqual([]);
    expect(order(text)).toEqual(['a', 'b', 'c', 'd.[e]']);
  });

  it('when a table is opened again for a table inside it', () => {
    expect(order('[udp4.a]\n[local.b]\n[udp4.a.hosts]\nx = "y"')).toEqual(['a', 'b']);
  });
});

describe('the environment', () => {
  it('stands in names and values', () => {
    const table = only('[udp4."net.${NODE}"]\nip = "${NODE}"\n');
    expect(table).toMatchObject({ name: 'net.n7', config: { ip: 'n7' } });
  });

  it('must have what the file asks for', () => {
    expect(faults('[udp4.a]\nip = "${POD_IP}"\n')).toEqual(['line 2: the variable POD_IP is not in the environment']);
  });
});

describe('[api]', () => {
  const table = (more = ''): string =>
    `[api]\nlisten = "192.0.2.7"\ncertificate = "keys/crt"\nkey = "keys/key"\nauthority = "keys/ca"\n${more}`;

  it('is off where it does not stand', () => {
    expect(read('').configuration.api).toBeNull();
  });

  it('takes each key, the port where none is given, relative files from the folder of the file', () => {
    expect(faults(table('operate = ["alice"]'))).toEqual([]);
    expect(read(table('read = ["bob"]\noperate = ["alice"]\nrevoked = "keys/crl"')).configuration).toMatchObject({
      api: {
        listen: { host: '192.0.2.7', port: 7343 },
        certificate: '/etc/ouroboros/keys/crt',
        key: '/etc/ouroboros/keys/key',
        authority: '/etc/ouroboros/keys/ca',
        revoked: '/etc/ouroboros/keys/crl',
        read: ['bob'],
        operate: ['alice'],
      },
      tables: [],
    });
  });

  it.each([
    [table(), 'api.operate: nobody may use the API: name who may in operate or read'],
    [table('read = ["a"]\nrevoked = "none"'), 'api.revoked: no file /etc/ouroboros/none'],
    [
      '[api]\nread = ["a"]\ncertificate = "keys/c"\nkey = "keys/k"\nauthority = "keys/a"',
      'api.listen: must be a string',
    ],
    [
      table('write = ["a"]'),
      'api.write: unknown key; legal are listen, certificate, key, authority, revoked, read, operate',
    ],
    ['api = 1', 'api: must be a table'],
  ])('refuses %j', (text, fault) => {
    expect(faults(text)).toContain(fault);
  });

  it('refuses a place that is none', () => {
    const [fault] = faults(table('read = ["a"]').replace('192.0.2.7', 'a b'));
    expect(fault).toMatch(/^api.listen: must be HOST:PORT/);
  });
});

describe('[irmd]', () => {
  it('has defaults', () => {
    expect(read('').configuration.irmd).toEqual({
      group: undefined,
      log_level: 'info',
      direct_flows: true,
      allow_other_users: false,
      ipcp_path: [],
      restart: 'on-failure',
      encryption: DEFAULT_POLICY.encryption,
      authentication: 'offer',
    });
  });

  it('takes each key, relative folders from the file', () => {
    const text = `[irmd]\ngroup = "net"\nlog_level = "debug"\ndirect_flows = false\nallow_other_users = true\nipcp_path = ["/opt/x", "more"]\nrestart = "always"\nencryption = "require"\nauthentication = "require"`;
    expect(read(text)).toEqual({
      faults: [],
      configuration: {
        api: null,
        tables: [],
        metrics: { listen: undefined },
        traces: { endpoint: '' },
        irmd: {
          group: 'net',
          log_level: 'debug',
          direct_flows: false,
          allow_other_users: true,
          ipcp_path: ['/opt/x', '/etc/ouroboros/more'],
          restart: 'always',
          encryption: 'require',
          authentication: 'require',
        },
      },
    });
  });

  it.each([
    ['group = ""', 'irmd.group: must not be empty'],
    ['group = "nobodies"', 'irmd.group: this host has no group nobodies'],
    ['group = 7', 'irmd.group: must be a string'],
    ['log_level = "loud"', 'irmd.log_level: must be one of trace, debug, info, warn, error'],
    ['direct_flows = "yes"', 'irmd.direct_flows: must be true or false'],
    ['allow_other_users = 1', 'irmd.allow_other_users: must be true or false'],
    ['ipcp_path = "x"', 'irmd.ipcp_path: must be an array of strings'],
    ['ipcp_path = ["x", 1]', 'irmd.ipcp_path.1: must be a string'],
    ['encryption = "on"', 'irmd.encryption: must be one of require, offer, off'],
    ['authentication = "off"', 'irmd.authentication: must be one of require, offer'],
    ['restart = "maybe"', 'irmd.restart: must be one of never, on-failure, always'],
    ['loglevel = "info"', 'irmd.loglevel: unknown key; did you mean "log_level"?'],
  ])('refuses %s', (line, fault) => {
    expect(faults(`[irmd]\n${line}`)).toEqual([fault]);
  });
});

describe('[metrics] and [traces]', () => {
  it.each([
    ['127.0.0.1:9464', '127.0.0.1', 9464],
    ['[::1]:0', '::1', 0],
    ['localhost:65535', 'localhost', 65_535],
  ])('listen at %s', (text, host, port) => {
    expect(read(`[metrics]\nlisten = "${text}"`)).toMatchObject({
      faults: [],
      configuration: { metrics: { listen: { host, port } } },
    });
  });

  it.each(['', ':1', '127.0.0.1', '127.0.0.1:x', '127.0.0.1:65536', '::1:9464', '[::1]'])('refuse "%s"', (text) => {
    expect(faults(`[metrics]\nlisten = "${text}"`)).toEqual([
      'metrics.listen: must be an address and a port, such as 127.0.0.1:9464 or [::1]:9464',
    ]);
  });

  it('take the URL of a collector, and nothing else', () => {
    const endpoint = 'https://collector.example:4318/v1/traces';
    expect(read(`[traces]\nendpoint = "${endpoint}"`).configuration.traces).toEqual({ endpoint });
    for (const wrong of ['ftp://x/', 'collector', ''])
      expect(faults(`[traces]\nendpoint = "${wrong}"`)).toEqual([
        'traces.endpoint: must be a URL such as http://127.0.0.1:4318/v1/traces',
      ]);
    expect(faults('[traces]\nurl = "x"')).toEqual(['traces.url: unknown key; legal are endpoint']);
  });
});

describe('[name.<n>]', () => {
  it('has spill and nothing bound by default', () => {
    expect(only('[name.hello]')).toMatchObject({ kind: 'name', name: 'hello', balancing: 'spill', programs: [] });
  });

  it('binds programs; those with an entry in args are started automatically with blank-separated words', () => {
    const table = only(
      '[name.hello]\nlb = "round-robin"\nprog = ["oping", "/opt/serve", "/opt/third"]\nargs = [" -l   -Q ", ""]',
    );
    expect(table).toMatchObject({
      balancing: 'round-robin',
      programs: [
        { path: '/usr/bin/oping', args: ['-l', '-Q'], auto: true },
        { path: '/opt/serve', args: [], auto: true },
        { path: '/opt/third', args: [], auto: false },
      ],
    });
  });

  it('takes the six files, relative to the configuration file', () => {
    const keys = [
      'server_enc_file',
      'server_crt_file',
      'server_key_file',
      'client_enc_file',
      'client_crt_file',
      'client_key_file',
    ];
    const table = only(`[name.hello]\n${keys.map((key) => `${key} = "keys/${key}"`).join('\n')}`);
    expect(table).toMatchObject({
      paths: {
        serverEnc: '/etc/ouroboros/keys/server_enc_file',
        serverCrt: '/etc/ouroboros/keys/server_crt_file',
        serverKey: '/etc/ouroboros/keys/server_key_file',
        clientEnc: '/etc/ouroboros/keys/client_enc_file',
        clientCrt: '/etc/ouroboros/keys/client_crt_file',
        clientKey: '/etc/ouroboros/keys/client_key_file',
      },
    });
  });

  it.each([
    ['lb = "random"', 'name.hello.lb: must be one of spill, round-robin'],
    ['spread = "far"', 'name.hello.spread: must be one of nearest, round-robin'],
    ['direct = true', 'name.hello.direct: must be one of allow, deny'],
    ['prog = "oping"', 'name.hello.prog: must be an array of strings'],
    ['prog = ["/missing"]', 'name.hello.prog.0: no executable file /missing'],
    ['prog = ["oping", "/usr/bin/oping"]', 'name.hello.prog.1: /usr/bin/oping is bound to this name twice'],
    ['args = ["-l"]', 'name.hello.args: has 1 entries for 0 programs in prog'],
    ['server_crt_file = "crt.pem"', 'name.hello.server_crt_file: no file /etc/ouroboros/crt.pem'],
    ['client_key_file = ""', 'name.hello.client_key_file: must not be empty'],
    ['progs = []', 'name.hello.progs: unknown key; did you mean "prog"?'],
    [
      'colour = 1',
      'name.hello.colour: unknown key; legal are lb, spread, direct, prog, args, server_enc_file, server_crt_file, server_key_file, client_enc_file, client_crt_file, client_key_file, encryption, authentication',
    ],
  ])('refuses %s', (line, fault) => {
    expect(faults(`[name.hello]\n${line}`)).toEqual([fault]);
  });

  it('refuses a name longer than 255 bytes', () => {
    expect(faults(`[name.${'x'.repeat(256)}]`)).toEqual([
      `name.${'x'.repeat(256)}: the name must have 1 to 255 bytes, not 256`,
    ]);
  });
});

describe('what flows must or may have', () => {
  it('stands in tables of names and IPCPs, and is none of a package’s keys', () => {
    const policy = 'encryption = "require"\nauthentication = "offer"';
    const security = { encryption: 'require', authentication: 'offer' };
    expect(only(`[name.hello]\n${policy}`)).toMatchObject({ security });
    expect(only(`[local.l]\n${policy}`)).toMatchObject({ security, config: {} });
    expect(only('[name.hello]')).toMatchObject({ security: { encryption: '', authentication: '' } });
    expect(faults('[local.l]\nencryption = ""')).toEqual(['local.l.encryption: must be one of require, offer, off']);
  });
});

describe('tables of IPCPs', () => {
  it('without bootstrap and enrol are only created', () => {
    expect(only('[local.x]')).toEqual({
      kind: 'ipcp',
      type: 'local',
      name: 'x',
      restart: 'on-failure',
      security: { encryption: '', authentication: '' },
      join: null,
      autobind: false,
      reg: [],
      conn: [],
      config: {},
    });
  });

  it('pass all keys but the generic ones on, under their names, with nested tables', () => {
    const table = only(
      '[udp4.x]\nbootstrap = "lan"\nautobind = true\nreg = ["a", "b"]\nrestart = "never"\nip = "127.0.0.1"\nport = 3435\n[udp4.x.hosts]\nserver = ["127.0.0.2"]',
    );
    expect(table).toMatchObject({
      join: { how: 'bootstrap', layer: 'lan' },
      autobind: true,
      reg: ['a', 'b'],
      restart: 'never',
      config: { ip: '127.0.0.1', port: 3435, hosts: { server: ['127.0.0.2'] } },
    });
  });

  it('let enrol win over bootstrap', () => {
    const table = only('[unicast.x]\nbootstrap = "net"\nenrol = "m1"\nconn = ["m1", "m2"]\naddr-auth = "flat"');
    expect(table).toMatchObject({
      join: { how: 'enrol', dst: 'm1' },
      conn: ['m1', 'm2'],
      config: { 'addr-auth': 'flat' },
    });
  });

  it('take a type that nobody but its program knows', () => {
    expect(only('[lossy.x]\nbootstrap = "bad"\nloss = 0.2')).toMatchObject({ type: 'lossy', config: { loss: 0.2 } });
  });

  it('pass on every key of the table, whatever JavaScript makes of it', () => {
    const { config } = only('[lossy.x]\n__proto__ = 1\nconstructor = 2') as { config: object };
    expect(Object.entries(config)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  it('take the default restart policy from [irmd], wherever it stands', () => {
    const { tables } = read('[local.x]\n[irmd]\nrestart = "always"\n[local.y]\nrestart = "never"').configuration;
    expect(tables).toMatchObject([{ restart: 'always' }, { restart: 'never' }]);
  });

  it.each([
    ['[unicast.x]\nbootstrap = 1', 'unicast.x.bootstrap: must be a string'],
    ['[unicast.x]\nbootstrap = ""', 'unicast.x.bootstrap: must have 1 to 255 bytes'],
    ['[unicast.x]\nenrol = []', 'unicast.x.enrol: must be a string'],
    ['[udp4.x]\nenrol = "m"', 'udp4.x.enrol: IPCPs of type udp4 cannot enroll, only bootstrap'],
    ['[unicast.x]\nbootstrap = "n"\nconn = ["m"]', 'unicast.x.conn: is legal only with enrol'],
    ['[unicast.x]\nreg = ["m"]', 'unicast.x.reg: needs bootstrap or enrol'],
    ['[unicast.x]\nautobind = true', 'unicast.x.autobind: needs bootstrap or enrol'],
    ['[unicast.x]\nautobind = "no"', 'unicast.x.autobind: must be true or false'],
    ['[unicast.x]\nrestart = "no"', 'unicast.x.restart: must be one of never, on-failure, always'],
    ['[unicast.x]\nsince = 2026-11-22', 'unicast.x.since: dates, inf and nan have no meaning here'],
    ['[unicast.x]\n[unicast.x.y]\nz = [nan]', 'unicast.x.y: dates, inf and nan have no meaning here'],
    ['[unicast]\nip = "x"', 'unicast.ip: must stand in a table [unicast.<name>]'],
    ['[[unicast]]\n', 'unicast: must be written as tables [unicast.<name>]'],
    ['unicast = 1', 'unicast: must be written as tables [unicast.<name>]'],
    ['[unicast.x]\n[local.x]', 'local.x: unicast.x has the same name'],
    ['[broadcast.x]', 'broadcast.x: the program ipcpd-broadcast was not found'],
    ['[udp6."x y"]', 'udp6."x y": the program ipcpd-udp6 was not found'],
    ['[unicats.x]', 'unicats.x: unknown type; did you mean "unicast"? (and no program ipcpd-unicats was found)'],
    [
      'colour = 1',
      'colour: unknown key; legal are irmd, api, metrics, traces, name, local, unicast, broadcast, eth-llc, eth-dix, udp4, udp6',
    ],
  ])('refuse %j', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it('take any type whose program is there', () => {
    const text = '[broadcast.x]\nbootstrap = "b"';
    expect(readConfiguration(text, { ...around, hasIpcpProgram: () => true }).faults).toEqual([]);
  });
});

describe('faults', () => {
  it('are reported all at once, table by table', () => {
    const text = '[irmd]\nrestrat = "x"\n[udp4.a]\nreg = 1\nautobind = 2\n[eth-llc.b]\n[name.c]\nlb = "x"\nprogg = []';
    expect(faults(text).map((fault) => fault.split(':', 1)[0])).toEqual([
      'irmd.restrat',
      'udp4.a.autobind',
      'udp4.a.reg',
      'eth-llc.b',
      'name.c.lb',
      'name.c.progg',
    ]);
  });

  it('of the syntax name the line and the column', () => {
    expect(faults('[udp4.a]\nip = \n')).toEqual([expect.stringMatching(/^line 2, column \d+: /)]);
    expect(faults('[udp4.a]\n[udp4.a]\n')).toEqual([expect.stringMatching(/^line 2, column \d+: /)]);
  });
});
