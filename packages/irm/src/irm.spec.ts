import { OuroborosError, QOS_BEST_EFFORT, QOS_RAW, type ErrorCode } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { Irm, MemoryManagement } from './index.js';

const NO_CLOCK: Clock = {
  now: () => {
    throw new Error('no time here');
  },
  wallNanos: () => 0n,
  at: () => () => undefined,
};

function setUp(): { management: MemoryManagement; irm: Irm } {
  const management = new MemoryManagement();
  const irm = new Irm({
    management,
    clock: NO_CLOCK,
    findProgram: (program) => Promise.resolve(`/bin/${program}`),
    close: () => undefined,
  });
  return { management, irm };
}

const failure = (code: ErrorCode, field?: string): object =>
  expect.objectContaining(field === undefined ? { code } : { code, field }) as object;

describe('bootstrapping', () => {
  it('creates an absent IPCP when the type is given, restarted on failure', async () => {
    const { management, irm } = setUp();
    const started = await irm.bootstrapIpcp({ name: 'l0', type: 'local', layer: 'loop', config: { hash: 'SHA3_256' } });
    expect(started).toMatchObject([{ created: true, autobindIgnored: false, ipcp: { name: 'l0', layer: 'loop' } }]);
    expect(management.callsOf('ipcpCreate')).toEqual([[{ name: 'l0', type: 'local', restart: 'on-failure' }]]);
    expect(management.callsOf('ipcpBootstrap')).toEqual([
      [{ name: 'l0', layer: 'loop', config: { hash: 'SHA3_256' }, autobind: false }],
    ]);
  });

  it('uses an IPCP that exists, and asks for its configuration by its type', async () => {
    const { management, irm } = setUp();
    await irm.createIpcp('u', 'udp4', 'never');
    const [started] = await irm.bootstrapIpcp({ name: 'u', layer: 'udp', config: (type) => ({ for: type }) });
    expect(started).toMatchObject({ created: false });
    expect(management.callsOf('ipcpBootstrap')).toMatchObject([[{ config: { for: 'udp4' } }]]);
  });

  it('takes all existing IPCPs that a wildcard and a type fit', async () => {
    const { irm } = setUp();
    await irm.createIpcp('a-1', 'local');
    await irm.createIpcp('a-2', 'udp4');
    await irm.createIpcp('a-3', 'local');
    const started = await irm.bootstrapIpcp({ name: 'a*', type: 'local', layer: 'loop' });
    expect(started.map(({ ipcp }) => ipcp.name)).toEqual(['a-1', 'a-3']);
  });

  it('says what flows over an IPCP must have, whether it existed or not, and nothing where nothing is said', async () => {
    const { management, irm } = setUp();
    const security = { encryption: 'require' } as const;
    await irm.bootstrapIpcp({ name: 'a', type: 'local', layer: 'x', security });
    await irm.createIpcp('b', 'local');
    await irm.bootstrapIpcp({ name: 'b', layer: 'x' });
    expect(management.callsOf('ipcpSecure')).toEqual([]);
    await irm.createIpcp('c', 'local');
    await irm.bootstrapIpcp({ name: 'c', layer: 'x', security });
    const whole = { encryption: 'require', authentication: '' };
    expect(management.callsOf('ipcpCreate')[0]).toMatchObject([{ name: 'a', security: whole }]);
    expect(management.callsOf('ipcpSecure')).toEqual([['c', whole]]);
  });

  it('leaves nothing behind of an IPCP made for it when it fails', async () => {
    const { management, irm } = setUp();
    management.failNext('ipcpBootstrap', new OuroborosError('EINVAL', 'ip: required', { field: 'ip' }));
    await expect(irm.bootstrapIpcp({ name: 'u', type: 'udp4', layer: 'udp' })).rejects.toEqual(failure('EINVAL', 'ip'));
    expect(await irm.listIpcps()).toEqual([]);
  });

  it('keeps an IPCP that existed when it fails', async () => {
    const { management, irm } = setUp();
    await irm.createIpcp('u', 'udp4');
    management.failNext('ipcpBootstrap', new OuroborosError('EINVAL', 'ip: required'));
    await expect(irm.bootstrapIpcp({ name: 'u', layer: 'udp' })).rejects.toEqual(failure('EINVAL'));
    expect(await irm.listIpcps()).toHaveLength(1);
  });

  it('makes the configuration before it creates a process', async () => {
    const { management, irm } = setUp();
    const config = (): never => {
      throw new OuroborosError('EINVAL', 'no', { field: 'port' });
    };
    await expect(irm.bootstrapIpcp({ name: 'u', type: 'udp4', layer: 'udp', config })).rejects.toEqual(
      failure('EINVAL', 'port'),
    );
    expect(management.callsOf('ipcpCreate')).toEqual([]);
  });

  it('refuses a type or restart policy that an existing IPCP does not have', async () => {
    const { irm } = setUp();
    await irm.createIpcp('l0', 'local', 'always');
    await expect(irm.bootstrapIpcp({ name: 'l0', type: 'udp4', layer: 'x' })).rejects.toEqual(
      failure('EEXIST', 'type'),
    );
    await expect(irm.bootstrapIpcp({ name: 'l0', restart: 'never', layer: 'x' })).rejects.toEqual(
      failure('EEXIST', 'restart'),
    );
  });

  it('fails for an absent IPCP without type, for a wildcard that nothing fits, and for a second layer', async () => {
    const { irm } = setUp();
    await expect(irm.bootstrapIpcp({ name: 'l0', layer: 'x' })).rejects.toEqual(failure('ENAME', 'name'));
    await expect(irm.bootstrapIpcp({ name: 'l*', type: 'local', layer: 'x' })).rejects.toEqual(
      failure('ENAME', 'name'),
    );
    await irm.bootstrapIpcp({ name: 'l0', type: 'local', layer: 'x' });
    await expect(irm.bootstrapIpcp({ name: 'l0', layer: 'y' })).rejects.toEqual(failure('EIPCPSTATE'));
  });

  it('ignores autobind for shims and says so', async () => {
    const { management, irm } = setUp();
    const started = await irm.bootstrapIpcp({ name: 'l0', type: 'local', layer: 'x', autobind: true });
    expect(started).toMatchObject([{ autobindIgnored: true }]);
    expect(management.callsOf('ipcpBootstrap')).toMatchObject([[{ autobind: false }]]);
  });

  it('checks names, layers and types before it asks anybody', async () => {
    const { management, irm } = setUp();
    await expect(irm.bootstrapIpcp({ name: '', layer: 'x' })).rejects.toEqual(failure('EINVAL', 'name'));
    await expect(irm.bootstrapIpcp({ name: 'a', layer: 'é'.repeat(128) })).rejects.toEqual(failure('EINVAL', 'layer'));
    await expect(irm.bootstrapIpcp({ name: 'a', layer: 'x', type: 'a b' })).rejects.toEqual(failure('EINVAL', 'type'));
    await expect(irm.createIpcp('a*', 'local')).rejects.toEqual(failure('EINVAL', 'name'));
    expect(management.calls).toEqual([]);
  });
});

describe('enrolling', () => {
  it('creates a unicast IPCP when it is absent and takes the layer as destination', async () => {
    const { management, irm } = setUp();
    management.reachable.set('net', 'net');
    const started = await irm.enrollIpcp({ name: 'n2', layer: 'net', autobind: true });
    expect(started).toMatchObject([{ created: true, ipcp: { type: 'unicast', layer: 'net' } }]);
    expect(management.callsOf('ipcpEnroll')).toEqual([
      [{ name: 'n2', dst: 'net', layer: 'net', config: {}, autobind: true }],
    ]);
  });

  it('takes any layer when only a destination is given, and one of the two is required', async () => {
    const { management, irm } = setUp();
    management.reachable.set('n1', 'net');
    await irm.enrollIpcp({ name: 'n2', dst: 'n1' });
    expect(management.callsOf('ipcpEnroll')).toMatchObject([[{ dst: 'n1', layer: '' }]]);
    await expect(irm.enrollIpcp({ name: 'n3' })).rejects.toEqual(failure('EINVAL', 'layer'));
  });

  it('fails, and destroys what it made, when the destination is in another layer', async () => {
    const { management, irm } = setUp();
    management.reachable.set('n1', 'other');
    await expect(irm.enrollIpcp({ name: 'n2', dst: 'n1', layer: 'net' })).rejects.toEqual(failure('EREFUSED', 'layer'));
    expect(await irm.listIpcps()).toEqual([]);
  });

  it('narrows a wildcard to unicast IPCPs', async () => {
    const { management, irm } = setUp();
    management.reachable.set('net', 'net');
    await irm.createIpcp('x-l', 'local');
    await irm.createIpcp('x-u', 'unicast');
    const started = await irm.enrollIpcp({ name: 'x*', layer: 'net' });
    expect(started.map(({ ipcp }) => ipcp.name)).toEqual(['x-u']);
  });

  it('uses an existing IPCP of whatever type when no type is given', async () => {
    const { irm } = setUp();
    await irm.createIpcp('l0', 'local');
    await expect(irm.enrollIpcp({ name: 'l0', layer: 'net' })).rejects.toEqual(failure('ENOTSUP'));
  });
});

describe('connecting', () => {
  it('connects management raw, then data transfer with the QoS, and disconnects in the reverse order', async () => {
    const { management, irm } = setUp();
    await irm.createIpcp('n1', 'unicast');
    await expect(irm.connectIpcp({ name: 'n1', dst: 'n2', qos: QOS_BEST_EFFORT })).resolves.toEqual([
      'Management',
      'Data Transfer',
    ]);
    expect(management.callsOf('ipcpConnect')).toEqual([
      [{ name: 'n1', dst: 'n2', component: 'Management', qos: QOS_RAW }],
      [{ name: 'n1', dst: 'n2', component: 'Data Transfer', qos: QOS_BEST_EFFORT }],
    ]);
    await expect(irm.disconnectIpcp({ name: 'n1', dst: 'n2' })).resolves.toEqual(['Data Transfer', 'Management']);
    await expect(irm.disconnectIpcp({ name: 'n1', dst: 'n9' })).resolves.toHaveLength(2);
  });

  it('connects data transfer alone for a broadcast IPCP, or the one component that is asked for', async () => {
    const { management, irm } = setUp();
    await management.ipcpCreate({ name: 'b', type: 'broadcast', restart: 'never' });
    await expect(irm.connectIpcp({ name: 'b', dst: 'c' })).resolves.toEqual(['Data Transfer']);
    await expect(irm.connectIpcp({ name: 'b', dst: 'd', component: 'Management' })).resolves.toEqual(['Management']);
  });

  it('undoes management when data transfer fails, and keeps the first error', async () => {
    const { management, irm } = setUp();
    await irm.createIpcp('n1', 'unicast');
    const connect = management.ipcpConnect.bind(management);
    management.ipcpConnect = (request) =>
      request.component === 'Management' ? connect(request) : Promise.reject(new OuroborosError('EFLOWPEER', 'no'));
    await expect(irm.connectIpcp({ name: 'n1', dst: 'n2' })).rejects.toEqual(failure('EFLOWPEER'));
    expect(management.callsOf('ipcpDisconnect')).toEqual([[{ name: 'n1', dst: 'n2', component: 'Management' }]]);
  });

  it('names a near miss for an unknown IPCP', async () => {
    const { irm } = setUp();
    await irm.createIpcp('uni-1', 'unicast');
    await expect(irm.connectIpcp({ name: 'uni-2', dst: 'x' })).rejects.toThrow(
      'IPCP "uni-2" is unknown: did you mean "uni-1"?',
    );
  });
});

describe('destroying', () => {
  it('an unknown IPCP is no error', async () => {
    const { irm } = setUp();
    await irm.createIpcp('l0', 'local');
    await expect(irm.destroyIpcp('l0')).resolves.toBe(true);
    await expect(irm.destroyIpcp('l0')).resolves.toBe(false);
  });

  it('passes other errors on', async () => {
    const { management, irm } = setUp();
    management.failNext('ipcpDestroy', new OuroborosError('EIRMD', 'gone'));
    await expect(irm.destroyIpcp('l0')).rejects.toEqual(failure('EIRMD'));
  });
});

describe('names', () => {
  async function threeLayers(): Promise<ReturnType<typeof setUp>> {
    const parts = setUp();
    await parts.irm.bootstrapIpcp({ name: 'l0', type: 'local', layer: 'loop' });
    await parts.irm.bootstrapIpcp({ name: 'n1', type: 'unicast', layer: 'net' });
    await parts.irm.bootstrapIpcp({ name: 'n2', type: 'unicast', layer: 'net' });
    await parts.irm.createIpcp('n3', 'unicast');
    return parts;
  }

  it('are registered by layer, by IPCP and by wildcards, at each IPCP once', async () => {
    const { irm } = await threeLayers();
    const result = await irm.regName('hello', { ipcps: ['n1', 'l*'], layers: ['n*'] });
    expect(result.ipcps.map(({ name }) => name)).toEqual(['l0', 'n1', 'n2']);
    expect(await irm.listNames()).toMatchObject([
      { name: 'hello', balancing: 'spill', registered: ['l0', 'n1', 'n2'] },
    ]);
  });

  it('are not registered anywhere when one pattern fits nothing', async () => {
    const { management, irm } = await threeLayers();
    await expect(irm.regName('hello', { ipcps: ['n1'], layers: ['nets'] })).rejects.toThrow(
      'layer "nets" is unknown at this host: did you mean "net"?',
    );
    await expect(irm.regName('hello', { ipcps: ['z*'] })).rejects.toEqual(failure('ENAME', 'ipcp'));
    await expect(irm.regName('hello', {})).rejects.toEqual(failure('EINVAL', 'ipcp'));
    expect(management.callsOf('nameRegister')).toEqual([]);
  });

  it('are refused by an IPCP without layer that is named, and pass over it for a wildcard', async () => {
    const { irm } = await threeLayers();
    await expect(irm.regName('hello', { ipcps: ['n3'] })).rejects.toEqual(failure('EIPCPSTATE'));
    expect((await irm.regName('hello', { ipcps: ['n*'] })).ipcps).toHaveLength(2);
    await irm.destroyIpcp('n1');
    await irm.destroyIpcp('n2');
    await expect(irm.regName('hello', { ipcps: ['n*'] })).rejects.toEqual(failure('EIPCPSTATE', 'ipcp'));
  });

  it('pass over IPCPs without directory that only a wildcard meant', async () => {
    const { management, irm } = await threeLayers();
    await management.ipcpCreate({ name: 'nb', type: 'broadcast', restart: 'never' });
    await management.ipcpBootstrap({ name: 'nb', layer: 'net', config: {}, autobind: false });
    const result = await irm.regName('hello', { layers: ['net'] });
    expect(result.ipcps.map(({ name }) => name)).toEqual(['n1', 'n2']);
    expect(result.skipped.map(({ name }) => name)).toEqual(['nb']);
    await expect(irm.regName('hello', { ipcps: ['nb'] })).rejects.toEqual(failure('ENOTSUP'));
    await expect(irm.regName('hello', { ipcps: ['nb*'] })).rejects.toEqual(failure('ENOTSUP'));
  });

  it('are withdrawn by wildcard only where they are registered', async () => {
    const { irm } = await threeLayers();
    await irm.regName('hello', { ipcps: ['n1', 'l0'] });
    expect((await irm.unregName('hello', { layers: ['*'] })).ipcps.map(({ name }) => name)).toEqual(['l0', 'n1']);
    await expect(irm.unregName('hello', { layers: ['net'] })).rejects.toEqual(failure('ENAME', 'name'));
    await expect(irm.unregName('nobody', { layers: ['net'] })).rejects.toEqual(failure('ENAME'));
  });

  it('are listed sorted, filtered by prefix', async () => {
    const { irm } = setUp();
    for (const name of ['b', 'ab', 'a']) await irm.createName(name);
    expect((await irm.listNames()).map(({ name }) => name)).toEqual(['a', 'ab', 'b']);
    expect((await irm.listNames('a')).map(({ name }) => name)).toEqual(['a', 'ab']);
  });

  it('are created with spill and default paths, and twice without change', async () => {
    const { management, irm } = setUp();
    await irm.createName('a', { balancing: 'round-robin', paths: { serverKey: '/k' } });
    await irm.createName('a', { security: { encryption: 'require' } });
    expect(management.callsOf('nameCreate')).toMatchObject([
      [{ balancing: 'round-robin', paths: { serverKey: '/k', serverCrt: '' } }],
      [{ balancing: 'spill', security: { encryption: 'require', authentication: '' } }],
    ]);
    expect(await irm.listNames()).toMatchObject([{ balancing: 'round-robin' }]);
    await irm.destroyName('a');
    expect(await irm.listNames()).toEqual([]);
  });
});

describe('binding', () => {
  it('binds the program that the search finds, and unbinds by base name', async () => {
    const { irm } = setUp();
    await expect(irm.bindProgram('oping', 'hello', { auto: true, args: ['-l'] })).resolves.toBe('/bin/oping');
    expect(await irm.listNames()).toMatchObject([{ programs: [{ path: '/bin/oping', args: ['-l'], auto: true }] }]);
    await irm.bindProgram('oping', 'hello', { auto: true, args: ['-l'] });
    await expect(irm.bindProgram('oping', 'hello')).rejects.toEqual(failure('EEXIST'));
    await irm.unbindProgram('oping');
    expect(await irm.listNames()).toMatchObject([{ programs: [] }]);
  });

  it('binds processes and IPCPs', async () => {
    const { irm } = setUp();
    const { pid } = await irm.createIpcp('n1', 'unicast');
    await irm.bindProcess(77, 'hello');
    await irm.bindIpcp('n1', 'hello');
    expect(await irm.listNames()).toMatchObject([{ pids: [77, pid] }]);
    await irm.unbindIpcp('n1', 'hello');
    await irm.unbindProcess(77);
    expect(await irm.listNames()).toMatchObject([{ pids: [] }]);
    await expect(irm.bindProcess(0, 'hello')).rejects.toEqual(failure('EINVAL', 'pid'));
    await expect(irm.unbindProcess(1.5)).rejects.toEqual(failure('EINVAL', 'pid'));
  });
});

describe('reports', () => {
  it('come from all IPCPs that offer the topic; failures do not hide the others', async () => {
    const { management, irm } = setUp();
    for (const name of ['n1', 'n2', 'n3', 'n4']) await irm.createIpcp(name, 'unicast');
    const errors: Record<string, ErrorCode> = { n2: 'ENOTSUP', n3: 'EIPCP', n4: 'EIPCPSTATE' };
    management.reports.set('routes', ({ name }) => {
      const code = errors[name];
      if (code !== undefined) throw new OuroborosError(code, 'no');
      return [{ dst: name }];
    });
    const { reports, failures } = await irm.report('routes');
    expect(reports).toMatchObject([{ ipcp: { name: 'n1' }, report: [{ dst: 'n1' }] }]);
    expect(failures).toMatchObject([{ ipcp: { name: 'n3' }, error: { code: 'EIPCP' } }]);
    await expect(irm.report('routes', 'n2')).rejects.toEqual(failure('ENOTSUP'));
    await expect(irm.report('routes', 'n9')).rejects.toEqual(failure('ENAME'));
    await expect(irm.report('weather')).resolves.toEqual({ reports: [], failures: [] });
  });

  it('show an IPCP with its status, or without where there is none', async () => {
    const { management, irm } = setUp();
    await irm.createIpcp('n1', 'unicast');
    await expect(irm.showIpcp('n1')).resolves.toMatchObject({ ipcp: { name: 'n1' }, status: null });
    management.reports.set('status', () => ({ address: '0d.0c.0b.0a' }));
    await expect(irm.showIpcp('n1')).resolves.toMatchObject({ status: { address: '0d.0c.0b.0a' } });
    management.failNext('ipcpReport', new OuroborosError('EIPCP', 'hangs'));
    await expect(irm.showIpcp('n1')).rejects.toEqual(failure('EIPCP'));
  });

  it('pass commands on to an IPCP', async () => {
    const { management, irm } = setUp();
    await irm.createIpcp('u', 'udp4');
    management.controls.set('fault', (_, args) => args);
    await expect(irm.control('u', 'fault', { drop: ['127.0.0.2'] })).resolves.toEqual({ drop: ['127.0.0.2'] });
  });
});

describe('the resource information base', () => {
  it('is one tree over all IPCPs; the longest IPCP name wins', async () => {
    const { management, irm } = setUp();
    await irm.createIpcp('n', 'unicast');
    await irm.createIpcp('n/x', 'unicast');
    management.rib.set('info/_state', 'operational\n');
    expect(await irm.listRib()).toEqual(['n', 'n/x']);
    expect(await irm.listRib('/n/')).toEqual(['info']);
    expect(await irm.listRib('n/x/info')).toEqual(['_state']);
    expect(await irm.readRib('n/x/info/_state')).toBe('operational\n');
    expect(management.callsOf('ribRead')).toEqual([['n/x', 'info/_state']]);
    await expect(irm.readRib('n')).rejects.toEqual(failure('EINVAL', 'path'));
    await expect(irm.readRib('m/info')).rejects.toEqual(failure('ENAME', 'path'));
    await expect(irm.listRib('n/none')).rejects.toEqual(failure('ENOENT', 'path'));
  });
});

describe('watching', () => {
  it('hands on the events', async () => {
    const { management, irm } = setUp();
    management.events.push({ kind: 'ipcp', text: 'l0 created' }, { kind: 'flow', text: '1 allocated' });
    const seen: string[] = [];
    for await (const event of irm.watch()) seen.push(event.text);
    expect(seen).toEqual(['l0 created', '1 allocated']);
  });
});
