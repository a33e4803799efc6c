import { DEFAULT_POLICY } from '@ouroboros/registry';
import { EMPTY_CONFIGURATION, type Configuration } from './configuration.js';
import { formatFault } from './fault.js';
import { readConfiguration } from './read-configuration.js';
import { reloadDiff, type Reload } from './reload-diff.js';
import { stepText } from './step.js';

const read = (text: string): Configuration => {
  const { configuration, faults } = readConfiguration(text, {
    env: {},
    folder: '/',
    isFile: () => true,
    findProgram: (program) => `/bin/${program}`,
    hasGroup: () => true,
    hasIpcpProgram: () => true,
  });
  expect(faults).toEqual([]);
  return configuration;
};

const diff = (before: string, after: string, dead: readonly string[] = []): Reload => {
  const running = read(before);
  const alive = (kind: string): Set<string> =>
    new Set(
      running.tables.filter((table) => table.kind === kind && !dead.includes(table.name)).map((table) => table.name),
    );
  return reloadDiff(running, read(after), { ipcps: alive('ipcp'), names: alive('name') });
};
const steps = (reload: Reload): string[] => reload.tasks.flatMap((task) => task.steps.map(stepText));
const refused = (reload: Reload): string[] => reload.refused.map(formatFault);

const BASE = `
[irmd]
log_level = "info"
[udp4.shim]
bootstrap = "udp"
ip = "127.0.0.1"
reg = ["m1"]
[unicast.m1]
enrol = "net"
conn = ["m2"]
[name.hello]
prog = ["oping"]
args = ["-l"]
`;

describe('a configuration that is read again', () => {
  it('changes nothing when it is the same', () => {
    expect(diff(BASE, BASE)).toMatchObject({ tasks: [], settings: [], refused: [], effective: read(BASE) });
  });

  it('moves metrics at once, and leaves traces to the next start', () => {
    const before = '[metrics]\nlisten = "127.0.0.1:1"\n[traces]\nendpoint = "http://a/"';
    const reload = diff(before, '[metrics]\nlisten = "[::1]:2"');
    expect([reload.settings, refused(reload)]).toEqual([
      ['metrics.listen: 127.0.0.1:1 → ::1:2'],
      ['traces.endpoint: daemons keep it until irmd and its IPCPs are started again'],
    ]);
    expect(reload.effective).toMatchObject({ metrics: { listen: { port: 2 } }, traces: { endpoint: 'http://a/' } });
  });

  it('is applied whole to an empty node', () => {
    const reload = reloadDiff(EMPTY_CONFIGURATION, read(BASE), { ipcps: new Set(), names: new Set() });
    expect(steps(reload)).toEqual([
      'ipcp create name shim type udp4',
      'ipcp bootstrap name shim layer udp',
      'name register m1 ipcp shim',
      'ipcp create name m1 type unicast',
      'ipcp enroll name m1 dst net',
      'ipcp connect name m1 dst m2',
      'name create hello lb spill',
      'bind program /bin/oping name hello auto -- -l',
    ]);
  });

  it('makes new IPCPs and names', () => {
    const reload = diff(
      BASE,
      `[local.l]\nbootstrap = "here"\nautobind = true\n${BASE}[name.more]\nlb = "round-robin"\nspread = "nearest"\ndirect = "deny"`,
    );
    expect(steps(reload)).toEqual([
      'ipcp create name l type local',
      'ipcp bootstrap name l layer here autobind',
      'name create more lb round-robin spread nearest direct deny',
    ]);
    expect(refused(reload)).toEqual([]);
  });

  it('changes registrations, connections and bindings of living IPCPs', () => {
    const after = BASE.replace('["m1"]', '["m3"]')
      .replace('["m2"]', '["m4"]\nautobind = true')
      .replace('["-l"]', '["-l -Q"]');
    expect(steps(diff(BASE, after))).toEqual([
      'name unregister m1 ipcp shim',
      'name register m3 ipcp shim',
      'ipcp disconnect name m1 dst m2',
      "bind ipcp m1 to its own name and its layer's",
      'ipcp connect name m1 dst m4',
      'unbind program /bin/oping name hello',
      'bind program /bin/oping name hello auto -- -l -Q',
    ]);
  });

  it('says what flows must have where it makes something', () => {
    const text = '[local.x]\nencryption = "off"\n[name.n]\nencryption = "require"\nauthentication = "require"';
    expect(steps(diff('', text))).toEqual([
      'ipcp create name x type local encryption off',
      'name create n lb spill encryption require authentication require',
    ]);
  });

  it('changes what flows of living IPCPs and names must have, before all else', () => {
    const after = BASE.replace('enrol = "net"', 'enrol = "net"\nencryption = "require"\nauthentication = "require"')
      .replace('["m2"]', '["m4"]')
      .replace('[name.hello]', '[name.hello]\nencryption = "off"');
    const reload = diff(BASE, after);
    expect(steps(reload)).toEqual([
      'ipcp secure name m1 encryption require authentication require',
      'ipcp disconnect name m1 dst m2',
      'ipcp connect name m1 dst m4',
      'name secure hello encryption off',
    ]);
    expect(reload).toMatchObject({ refused: [], effective: read(after) });
    expect(steps(diff(after, BASE))).toEqual(expect.arrayContaining(['ipcp secure name m1', 'name secure hello']));
  });

  it('changes what flows must have though it refuses another layer', () => {
    const reload = diff(BASE, BASE.replace('"udp"', '"other"\nencryption = "off"'));
    expect(steps(reload)).toEqual(['ipcp secure name shim encryption off']);
    expect(reload.effective.tables).toContainEqual(
      expect.objectContaining({ join: { how: 'bootstrap', layer: 'udp' } }),
    );
  });

  it('bootstraps an IPCP that was only created', () => {
    expect(steps(diff('[local.x]', '[local.x]\nbootstrap = "l"\nhash = "SHA3_512"'))).toEqual([
      'ipcp bootstrap name x layer l',
    ]);
  });

  it('removes names', () => {
    expect(steps(diff(BASE, BASE.replace(/\[name[^]*/, '')))).toEqual([
      'unbind program /bin/oping name hello',
      'name destroy hello',
    ]);
  });

  it('applies settings at once', () => {
    const reload = diff(
      BASE,
      BASE.replace('"info"', '"debug"\ndirect_flows = false\nipcp_path = ["/opt"]\nencryption = "require"'),
    );
    expect(reload.settings).toEqual([
      'irmd.log_level: info → debug',
      'irmd.direct_flows: true → false',
      'irmd.ipcp_path:  → /opt',
      `irmd.encryption: ${DEFAULT_POLICY.encryption} → require`,
    ]);
    expect(reload.effective.irmd.log_level).toBe('debug');
  });

  it.each([
    ['a parameter', 'ip = "127.0.0.1"', 'ip = "127.0.0.2"\nport = 1', ['udp4.shim.ip', 'udp4.shim.port']],
    ['the layer', '"udp"', '"other"', ['udp4.shim.bootstrap']],
    ['the member to enroll with', 'enrol = "net"', 'enrol = "m9"', ['unicast.m1.enrol']],
    ['the restart policy', 'enrol = "net"', 'enrol = "net"\nrestart = "never"', ['unicast.m1.restart']],
    ['the type', '[unicast.m1]', '[broadcast.m1]', ['broadcast.m1']],
    ['the group of the socket', 'log_level', 'group = "g"\nlog_level', ['irmd.group']],
    [
      'balancing and files of a living name',
      '[name.hello]',
      '[name.hello]\nlb = "round-robin"\nspread = "nearest"\ndirect = "allow"\nserver_key_file = "k"',
      ['name.hello.lb', 'name.hello.spread', 'name.hello.direct', 'name.hello.server_key_file'],
    ],
  ])('refuses to change %s, key by key, and does so again the next time', (_what, from, to, keys) => {
    const after = BASE.replace(from, to);
    const reload = diff(BASE, after);
    expect(reload.refused.map((fault) => fault.path)).toEqual(keys);
    expect(steps(reload)).toEqual([]);
    const lives = { ipcps: new Set(['shim', 'm1']), names: new Set(['hello']) };
    expect(reloadDiff(reload.effective, read(after), lives).refused).toEqual(reload.refused);
  });

  it('refuses to remove a living IPCP', () => {
    const reload = diff(BASE, BASE.replace(/\[udp4[^[]*\["m1"\]/, ''));
    expect(refused(reload)).toEqual(['udp4.shim: the IPCP lives on: stop it with "irm ipcp destroy name shim"']);
    expect(reload.effective.tables.map((table) => table.name)).toContain('shim');
  });

  it('makes anew what an operator destroyed by hand, with its new parameters', () => {
    const reload = diff(BASE, BASE.replace('"udp"', '"other"'), ['shim', 'hello']);
    expect(refused(reload)).toEqual([]);
    expect(steps(reload)).toEqual([
      'ipcp create name shim type udp4',
      'ipcp bootstrap name shim layer other',
      'name register m1 ipcp shim',
      'name create hello lb spill',
      'bind program /bin/oping name hello auto -- -l',
    ]);
  });
});

describe('the API of a node that runs', () => {
  const api = (listen: string, read: string): string =>
    `[api]\nlisten = "${listen}"\ncertificate = "c"\nkey = "k"\nauthority = "a"\nread = [${read}]\n`;

  it('takes other callers at once, and keeps its place', () => {
    const reload = diff(api('127.0.0.1', '"a"'), api('127.0.0.2', '"a", "b"'));
    expect(reload.settings).toEqual(['api.read: a → a, b']);
    expect(refused(reload)).toEqual(['api: the API stays as it is until irmd is started again']);
    expect(reload.effective.api).toMatchObject({ listen: { host: '127.0.0.1' }, read: ['a', 'b'] });
  });

  it('is neither opened nor closed', () => {
    expect(diff('', api('127.0.0.1', '"a"')).effective.api).toBeNull();
    expect(diff(api('127.0.0.1', '"a"'), '').effective.api).toMatchObject({ read: ['a'] });
  });
});
