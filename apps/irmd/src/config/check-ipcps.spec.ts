import { checkIpcps, type CheckOutcome } from './check-ipcps.js';
import { formatFault } from './fault.js';
import { readConfiguration } from './read-configuration.js';

const TEXT = `
[udp4.shim1]
bootstrap = "udp"
port = 70000
[udp4.shim1.hosts]
x = ""
[local.idle]
[unicast."m 1"]
enrol = "net"
[local.tuned]
hash = "MD4"
`;

const { configuration } = readConfiguration(TEXT, {
  env: {},
  folder: '/',
  isFile: () => true,
  findProgram: (program) => program,
  hasGroup: () => true,
  hasIpcpProgram: () => true,
});

const check = async (outcomes: Record<string, Partial<CheckOutcome>>) => {
  const asked: string[] = [];
  const faults = await checkIpcps(configuration, async (type, name, input) => {
    asked.push(`${type} ${name} ${input}`);
    await Promise.resolve();
    return { status: 0, stdout: '', stderr: '', ...outcomes[name] };
  });
  return { asked, faults: faults.map(formatFault) };
};

describe('the configurations of IPCPs', () => {
  it('are given to their own programs, but not those of IPCPs that are only created', async () => {
    const { asked, faults } = await check({});
    expect(faults).toEqual([]);
    expect(asked.sort()).toEqual([
      'local tuned {"hash":"MD4"}',
      'udp4 shim1 {"port":70000,"hosts":{"x":""}}',
      'unicast m 1 {}',
    ]);
  });

  it('have their faults reported with whole key paths, in the order of the file', async () => {
    const { faults } = await check({
      tuned: { status: 1, stdout: '{"field":"hash","message":"bad hash"}\n' },
      shim1: {
        status: 1,
        stdout: '{"field":"port","message":"must be 1 to 65535"}\n{"field":"hosts.x","message":"empty"}\n',
      },
      'm 1': { status: 1, stdout: '{"field":"","message":"too much"}' },
    });
    expect(faults).toEqual([
      'udp4.shim1.port: must be 1 to 65535',
      'udp4.shim1.hosts.x: empty',
      'unicast."m 1": too much',
      'local.tuned.hash: bad hash',
    ]);
  });

  it('are faulty when the program fails without saying why', async () => {
    const { faults } = await check({
      tuned: { status: null, stderr: 'killed\nmore' },
      shim1: { status: 1, stdout: 'not JSON\n[1]\n{"field":1}\n' },
    });
    expect(faults).toEqual([
      'udp4.shim1: ipcpd-udp4 could not check it (exit status 1): it said nothing',
      'local.tuned: ipcpd-local could not check it (exit status none): killed',
    ]);
  });
});
