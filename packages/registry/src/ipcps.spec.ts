import { QOS_RAW, type JsonObject } from '@ouroboros/model';
import type { DaemonStatus, IpcpConnectRequest, IpcpInfo } from '@ouroboros/ports';
import type { Outcome } from './messages.js';
import { World, directoryKey, no, ok } from './testing/world.js';

const connection: IpcpConnectRequest = { name: 'uni', dst: 'peer', component: 'Data Transfer', qos: QOS_RAW };
const only = (world: World): IpcpInfo => (world.value('ipcpList') as IpcpInfo[])[0]!;
const status = (world: World): DaemonStatus => world.value('status') as DaemonStatus;

describe('Creating an IPCP', () => {
  it('spawns it and answers when it has registered', () => {
    const world = new World({ manual: true });
    const ipcp = world.ipcp('udp', { rank: 40, type: 'udp4' });
    const create = world.manage('ipcpCreate', { name: 'udp', type: 'udp4', restart: 'always' });
    expect(world.of('spawnIpcp')).toMatchObject([{ name: 'udp', type: 'udp4' }]);
    world.input({ kind: 'spawned', spawn: world.of('spawnIpcp')[0]!.spawn, pid: 50 });
    expect(world.replies.has(create)).toBe(false);
    world.registers(ipcp, [], 50);
    expect(world.valueOf(create)).toEqual({
      ...{ pid: 50, name: 'udp', type: 'udp4', rank: 40, state: 'boot', layer: '', hash: '' },
      ...{ restart: 'always', restarts: 0, flows: 0 },
    });
  });

  it('takes a registration that overtakes the answer of the spawn', () => {
    const world = new World({ manual: true });
    const create = world.manage('ipcpCreate', { name: 'udp', type: 'udp4', restart: 'never' });
    world.registers(world.ipcp('udp'), [], 50);
    world.input({ kind: 'spawned', spawn: world.of('spawnIpcp')[0]!.spawn, pid: 50 });
    expect(world.valueOf(create)).toMatchObject({ pid: 50, state: 'boot' });
    expect(world.of('kill')).toEqual([]);
  });

  it('fails for an unknown type, a name in use, and bad input', () => {
    const world = new World();
    expect(world.error('ipcpCreate', { name: 'x', type: 'none', restart: 'never' }).code).toBe('EIPCPTYPE');
    expect(world.value('ipcpList')).toEqual([]);
    world.layer('udp');
    const other = { name: 'udp', type: 'other', restart: 'never' } as const;
    expect(world.error('ipcpCreate', other)).toMatchObject({ code: 'EEXIST', field: 'type' });
    expect(world.error('ipcpCreate', { name: '', type: 'test', restart: 'never' })).toMatchObject({ field: 'name' });
    expect(world.error('ipcpCreate', { name: 'x', type: '', restart: 'never' })).toMatchObject({ field: 'type' });
    expect(world.error('ipcpCreate', { name: 'x', type: 'test', restart: 'no' as never })).toMatchObject({
      field: 'restart',
    });
  });

  it('fails and kills when it does not register in time, or ends before', () => {
    const world = new World({ manual: true });
    const [slow, dead] = ['slow', 'dead'].map((name) =>
      world.manage('ipcpCreate', { name, type: 't', restart: 'always' }),
    );
    world.of('spawnIpcp').forEach(({ spawn }, i) => world.input({ kind: 'spawned', spawn, pid: 60 + i }));
    world.input({ kind: 'exited', pid: 61, code: 2, signal: null });
    expect(world.errorOf(dead!)).toMatchObject({ code: 'EIPCP' });
    world.advance(5000);
    expect(world.errorOf(slow!)).toMatchObject({ code: 'ETIMEDOUT', stage: 'time' });
    expect(world.of('kill')).toMatchObject([{ pid: 60, signal: 'SIGKILL' }]);
    expect(world.value('ipcpList')).toEqual([]);
  });

  it('takes in an IPCP that somebody started by hand, but not a second one of a name', () => {
    const world = new World();
    world.registers(
      world.ipcp('hand', { state: 'operational', layer: { name: 'l', hash: 'MD5', oapRoom: 0 } }),
      [],
      70,
    );
    expect(only(world)).toMatchObject({ name: 'hand', pid: 70, state: 'operational', layer: 'l', restart: 'never' });
    world.registers(world.ipcp('hand'), [], 71);
    expect(only(world).pid).toBe(70);
    expect(world.of('kill')).toMatchObject([{ pid: 71, signal: 'SIGTERM' }]);
  });
});

describe('Destroying an IPCP', () => {
  it('ends it by SIGTERM and answers when it is gone', () => {
    const world = new World();
    world.layer('udp', {}, 'always');
    expect(world.value('ipcpDestroy', 'udp')).toBeUndefined();
    expect(world.of('kill')).toMatchObject([{ signal: 'SIGTERM' }]);
    expect(world.value('ipcpList')).toEqual([]);
    world.advance(60_000);
    expect(world.of('spawnIpcp')).toHaveLength(1);
  });

  it('uses SIGKILL when SIGTERM does not help', () => {
    const world = new World({ manual: true });
    const ipcp = world.ipcp('udp');
    world.manage('ipcpCreate', { name: 'udp', type: 't', restart: 'always' });
    world.input({ kind: 'spawned', spawn: world.of('spawnIpcp')[0]!.spawn, pid: 50 });
    world.registers(ipcp, [], 50);
    const destroys = [world.manage('ipcpDestroy', 'udp'), world.manage('ipcpDestroy', 'udp')];
    expect(only(world).state).toBe('shutdown');
    world.advance(5000);
    expect(world.of('kill').map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGKILL']);
    world.dies(ipcp);
    for (const destroy of destroys) world.valueOf(destroy);
  });

  it('answers for a creation that is under way', () => {
    const world = new World({ manual: true });
    const create = world.manage('ipcpCreate', { name: 'udp', type: 't', restart: 'always' });
    const destroy = world.manage('ipcpDestroy', 'udp');
    expect(world.errorOf(create).code).toBe('ECANCELED');
    world.input({ kind: 'spawned', spawn: world.of('spawnIpcp')[0]!.spawn, pid: 50 });
    expect(world.of('kill')).toMatchObject([{ pid: 50 }]);
    world.input({ kind: 'exited', pid: 50, code: null, signal: 'SIGTERM' });
    world.valueOf(destroy);
  });

  it('says ENOENT for a name that is none', () => {
    expect(new World().error('ipcpDestroy', 'x')).toMatchObject({ code: 'ENOENT', field: 'name' });
  });
});

describe('Operations on an IPCP', () => {
  it('are answered with ENOTSUP where the type has them not', () => {
    const world = new World();
    world.layer('local', { operations: ['bootstrap', 'report'] });
    expect(world.error('ipcpConnect', { ...connection, name: 'local' }).code).toBe('ENOTSUP');
    expect(world.error('ipcpDisconnect', { ...connection, name: 'local' }).code).toBe('ENOTSUP');
    expect(world.error('nameRegister', 'hello', 'local').code).toBe('ENOTSUP');
    expect(world.error('ribRead', 'local', '/').code).toBe('ENOTSUP');
    const enroll = { name: 'local', dst: 'd', layer: '', config: {}, autobind: false };
    expect(world.error('ipcpEnroll', enroll).code).toBe('ENOTSUP');
  });

  it('that are done already, or under way, in the same way are success', () => {
    const world = new World();
    const ipcp = world.ipcp('uni', { answers: { bootstrap: () => undefined } });
    const create = { name: 'uni', type: 'test', restart: 'never' } as const;
    world.value('ipcpCreate', create);
    expect(world.value('ipcpCreate', create)).toMatchObject({ pid: ipcp.pid });
    const bootstrap = { name: 'uni', layer: 'net', config: { a: 1, b: [2] }, autobind: false };
    const requests = [1, 2].map(() => world.manage('ipcpBootstrap', bootstrap));
    expect(world.error('ipcpBootstrap', { ...bootstrap, config: { a: 2, b: [2] } }).code).toBe('EBUSY');
    world.answered(world.callsOf('bootstrap')[0]!.call, ok({ name: 'net', hash: 'MD5' }));
    for (const request of requests) expect(world.valueOf(request)).toMatchObject({ state: 'operational' });
    const again = { ...bootstrap, config: { b: [2], a: 1 }, autobind: true };
    expect(world.value('ipcpBootstrap', again)).toMatchObject({ state: 'operational', layer: 'net' });
    expect(world.value('nameList')).toMatchObject([{ name: 'net' }, { name: 'uni' }]);
    expect(world.callsOf('bootstrap')).toHaveLength(1);
    expect(world.error('ipcpBootstrap', { ...bootstrap, config: { a: 2, b: [2] } }).code).toBe('EIPCPSTATE');
    expect(world.error('ipcpEnroll', { ...bootstrap, dst: 'net', layer: '' }).code).toBe('EIPCPSTATE');
    for (const [field, value] of [
      ['restart', 'always'],
      ['security', { encryption: 'require', authentication: '' }],
    ] as const)
      expect(world.error('ipcpCreate', { ...create, [field]: value })).toMatchObject({ code: 'EEXIST', field });
  });

  it('of which the second comes while the first starts the process have one process and one answer', () => {
    const world = new World({ manual: true });
    const create = { name: 'uni', type: 'test', restart: 'never' } as const;
    const requests = [1, 2, 3].map(() => world.manage('ipcpCreate', create));
    world.registers(world.ipcp('uni'), [], 50);
    for (const request of requests) expect(world.valueOf(request)).toMatchObject({ pid: 50, state: 'boot' });
    expect(world.of('spawnIpcp')).toHaveLength(1);
  });

  it('keep to the states', () => {
    const world = new World();
    world.layer('udp');
    const bootstrap = { name: 'udp', layer: 'another', config: {}, autobind: false };
    expect(world.error('ipcpBootstrap', bootstrap).code).toBe('EIPCPSTATE');
    world.ipcp('new');
    world.value('ipcpCreate', { name: 'new', type: 'test', restart: 'never' });
    expect(world.error('ipcpConnect', { ...connection, name: 'new' }).code).toBe('EIPCPSTATE');
    expect(world.error('nameRegister', 'hello', 'new').code).toBe('EIPCPSTATE');
    expect(world.error('ipcpBootstrap', { ...bootstrap, name: 'none' }).code).toBe('ENOENT');
    expect(world.error('ipcpBootstrap', { ...bootstrap, layer: '' })).toMatchObject({ code: 'EINVAL', field: 'layer' });
  });

  it('bind the IPCP to its name and its layer when asked to', () => {
    const world = new World();
    const ipcp = world.ipcp('uni');
    world.value('ipcpCreate', { name: 'uni', type: 'test', restart: 'never' });
    const process = world.process('/bin/ipcpd-test', { pid: ipcp.pid });
    world.value('ipcpBootstrap', { name: 'uni', layer: 'net', config: {}, autobind: true });
    expect(world.value('nameList')).toMatchObject([
      { name: 'net', pids: [ipcp.pid] },
      { name: 'uni', pids: [ipcp.pid] },
    ]);
    const alloc = world.alloc(world.process('/bin/other'), 'uni');
    world.accept(process);
    expect(world.grantOf(alloc).name).toBe('uni');
  });

  it('refuse an enrollment into another layer than the wanted one', () => {
    const world = new World();
    world.ipcp('uni');
    world.value('ipcpCreate', { name: 'uni', type: 'test', restart: 'never' });
    const error = world.error('ipcpEnroll', { name: 'uni', dst: 'd', layer: 'net', config: {}, autobind: true });
    expect(error).toMatchObject({ code: 'ENAME', field: 'layer' });
    expect(only(world).layer).toBe('enrolled-layer');
  });

  it('end at their limits, and what comes later still counts', () => {
    const world = new World();
    world.ipcp('uni', { answers: { enroll: () => undefined } });
    world.value('ipcpCreate', { name: 'uni', type: 'test', restart: 'never' });
    const enroll = { name: 'uni', dst: 'd', layer: '', config: {}, autobind: false };
    const request = world.manage('ipcpEnroll', enroll);
    expect(world.error('ipcpEnroll', { ...enroll, dst: 'other' }).code).toBe('EBUSY');
    world.advance(20_000);
    expect(world.errorOf(request)).toMatchObject({ code: 'ETIMEDOUT', stage: 'time' });
    world.answered(world.callsOf('enroll')[0]!.call, ok({ name: 'net', hash: 'MD5', oapRoom: 0 }));
    expect(only(world)).toMatchObject({ state: 'operational', layer: 'net', hash: 'MD5' });
  });

  it('that the IPCP says itself took too long can be tried again', () => {
    const world = new World();
    const silent = { code: 'ETIMEDOUT', message: 'no flow to d', stage: 'time' } as const;
    const outcomes: Outcome[] = [{ ok: false, error: silent }, ok({ name: 'net', hash: 'MD5', oapRoom: 0 })];
    world.ipcp('uni', { answers: { enroll: () => outcomes.shift() } });
    world.value('ipcpCreate', { name: 'uni', type: 'test', restart: 'never' });
    const enroll = { name: 'uni', dst: 'd', layer: '', config: {}, autobind: false };
    expect(world.error('ipcpEnroll', enroll)).toMatchObject(silent);
    expect(world.value('ipcpEnroll', enroll)).toMatchObject({ state: 'operational', layer: 'net' });
  });

  it('pass reports, controls and the RIB through', () => {
    const world = new World();
    world.layer('udp', { answers: { control: () => no('EINVAL', 'no such command') } });
    expect(world.value('ipcpReport', 'udp', 'routes')).toEqual({ topic: 'routes' });
    expect(world.error('ipcpControl', 'udp', 'cut', {}).message).toBe('no such command');
    expect(world.value('ribList', 'udp', '')).toEqual(['a']);
    expect(world.value('ribRead', 'udp', 'a')).toBe('text');
    expect(world.error('ipcpReport', 'none', 'x').code).toBe('ENOENT');
  });

  it('fail when the IPCP dies under them', () => {
    const world = new World();
    const ipcp = world.layer('udp', { answers: { connect: () => undefined } });
    const connect = world.manage('ipcpConnect', { ...connection, name: 'udp' });
    world.dies(ipcp);
    expect(world.errorOf(connect).code).toBe('EIPCP');
  });
});

describe('An IPCP that dies', () => {
  const full = (restart: 'on-failure' | 'always' | 'never'): World => {
    const world = new World();
    world.layer('uni', {}, restart);
    world.value('bindIpcp', 'uni', 'bound');
    world.value('nameRegister', 'hello', 'uni');
    world.value('ipcpConnect', connection);
    return world;
  };

  it('is started again and gets all it had', () => {
    const world = full('on-failure');
    const ipcp = world.ipcps.get('uni')!;
    ipcp.directory.clear();
    world.dies(ipcp);
    expect(status(world)).toMatchObject({ ready: false, waitingFor: ['IPCP uni: restart'] });
    world.advance(99);
    expect(world.of('spawnIpcp')).toHaveLength(1);
    world.advance(1);
    expect(only(world)).toMatchObject({ state: 'operational', layer: 'uni-layer', restarts: 1 });
    expect(world.callsOf('bootstrap').map(({ args }) => args)).toEqual([
      [{ layer: 'uni-layer', config: { key: 1 } }],
      [{ layer: 'uni-layer', config: { key: 1 } }],
    ]);
    expect(ipcp.directory).toEqual(new Set([directoryKey('hello')]));
    expect(world.callsOf('connect')).toHaveLength(2);
    expect(status(world)).toMatchObject({ ready: true, waitingFor: [] });
    world.process('/bin/x', { pid: ipcp.pid });
    expect(world.value('nameList')).toMatchObject([{ name: 'bound', pids: [ipcp.pid] }, { registered: ['uni'] }]);
  });

  it('tries again what it cannot reach, with growing pauses, and says so', () => {
    const world = full('always');
    const ipcp = world.ipcps.get('uni')!;
    let answer = no('ENOANSWER', 'peer is away');
    ipcp.answers.connect = () => answer;
    world.dies(ipcp, 0);
    world.advance(100);
    expect(status(world).waitingFor).toEqual(['IPCP uni: connect Data Transfer to peer (peer is away)']);
    world.advance(100 + 200 + 400);
    expect(world.callsOf('connect')).toHaveLength(1 + 4);
    answer = ok();
    world.advance(800);
    expect(status(world)).toMatchObject({ ready: true });
  });

  it('does not connect again what was disconnected, nor register what was unregistered', () => {
    const world = full('always');
    world.value('ipcpDisconnect', connection);
    world.value('nameUnregister', 'hello', 'uni');
    world.dies(world.ipcps.get('uni')!);
    world.advance(100);
    expect(world.callsOf('connect')).toHaveLength(1);
    expect(world.callsOf('register')).toHaveLength(1);
    expect(only(world).state).toBe('operational');
  });

  it.each([
    ['never', null, false],
    ['never', 0, false],
    ['on-failure', 0, false],
    ['on-failure', 1, true],
    ['on-failure', null, true],
    ['always', 0, true],
    ['always', null, true],
  ] as const)('with the policy %s and exit status %s is restarted: %s', (restart, code, again) => {
    const world = full(restart);
    world.dies(world.ipcps.get('uni')!, code);
    world.advance(100);
    expect((world.value('ipcpList') as IpcpInfo[]).length).toBe(again ? 1 : 0);
    expect(world.of('spawnIpcp')).toHaveLength(again ? 2 : 1);
  });

  it('is restarted with pauses that grow to 30 s and shrink again after a minute of life', () => {
    const world = full('always');
    const ipcp = world.ipcps.get('uni')!;
    const pauses: number[] = [];
    const die = (): void => {
      const spawns = world.of('spawnIpcp').length;
      const from = world.now;
      world.dies(ipcp);
      while (world.of('spawnIpcp').length === spawns) world.advance(50);
      pauses.push((world.now - from) / 1000);
    };
    for (let i = 0; i < 11; i++) die();
    world.advance(60_000);
    die();
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 100]);
    expect(only(world).restarts).toBe(12);
  });

  it('is killed when its session ends but its process does not', () => {
    const world = new World({ manual: true });
    const ipcp = world.ipcp('udp');
    world.manage('ipcpCreate', { name: 'udp', type: 't', restart: 'always' });
    world.input({ kind: 'spawned', spawn: world.of('spawnIpcp')[0]!.spawn, pid: 50 });
    world.registers(ipcp, [], 50);
    world.input({ kind: 'ipcpClosed', ipcp: ipcp.session });
    expect(world.of('kill')).toEqual([]);
    world.advance(1000);
    expect(world.of('kill')).toMatchObject([{ pid: 50, signal: 'SIGKILL' }]);
    world.input({ kind: 'exited', pid: 50, code: null, signal: 'SIGKILL' });
    world.advance(100);
    expect(world.of('spawnIpcp')).toHaveLength(2);
  });

  it('is tried again when it does not come up', () => {
    const world = full('always');
    const ipcp = world.ipcps.get('uni')!;
    world.ipcps.delete('uni');
    world.dies(ipcp);
    world.advance(100 + 200 + 400);
    expect(world.of('spawnIpcp')).toHaveLength(4);
    world.ipcps.set('uni', ipcp);
    world.advance(800);
    expect(only(world).state).toBe('operational');
  });
});

describe('The orderly end', () => {
  it('ends IPCPs that use others before those that are used, and answers when all is over', () => {
    const world = new World({ manual: true });
    const pids = ['low', 'high'].map((name, i) => {
      const ipcp = world.ipcp(name);
      world.manage('ipcpCreate', { name, type: 't', restart: 'always' });
      world.input({ kind: 'spawned', spawn: world.of('spawnIpcp')[i]!.spawn, pid: 50 + i });
      world.registers(ipcp, [], 50 + i);
      world.value('ipcpBootstrap', { name, layer: name, config: {}, autobind: false });
      return ipcp.pid;
    });
    const low = world.ipcps.get('low')!;
    low.directory.add(directoryKey('far'));
    const client = world.process('/bin/ipcpd', { pid: pids[1]! });
    world.grantOf(world.alloc(client, 'far'));
    const pending = world.accept(client);
    const shutdown = world.id();
    world.input({ kind: 'shutdown', request: shutdown });
    expect(world.errorOf(pending).code).toBe('EIRMD');
    expect(world.of('kill')).toMatchObject([{ pid: 51, signal: 'SIGTERM' }]);
    world.close(client);
    world.dies(world.ipcps.get('high')!, 0);
    expect(world.of('kill')).toMatchObject([{ pid: 51 }, { pid: 50, signal: 'SIGTERM' }]);
    expect(world.replies.has(shutdown)).toBe(false);
    world.dies(low, 0);
    world.valueOf(shutdown);
    expect(world.errorOf(world.accept(world.process('/bin/late'))).code).toBe('EIRMD');
    expect(world.error('ipcpCreate', { name: 'x', type: 't', restart: 'never' }).code).toBe('EIRMD');
  });

  it('answers at once when there is nothing', () => {
    const world = new World();
    const shutdown = world.id();
    world.input({ kind: 'shutdown', request: shutdown });
    world.valueOf(shutdown);
  });
});

describe('What is kept', () => {
  it('can be JSON and restored, quality of service included', () => {
    const world = new World();
    world.layer('uni', {}, 'always');
    world.value('nameRegister', 'hello', 'uni');
    world.value('ipcpConnect', { ...connection, qos: { ...QOS_RAW, bandwidth: 2n ** 64n - 1n } });
    world.value('bindProgram', { program: '/bin/a', name: 'hello', auto: true, args: ['x'] });
    world.value('bindIpcp', 'uni', 'hello');
    expect(world.of('persist').length).toBeGreaterThan(3);
    const state = JSON.parse(JSON.stringify(world.registry.snapshot())) as JsonObject;
    expect(new World({ state }).registry.snapshot()).toEqual(world.registry.snapshot());
  });

  it('is read as far as it can be read', () => {
    const state: JsonObject = {
      version: 1,
      names: [7, { name: 'good', balancing: 'spill', paths: {}, programs: [], pids: [], ipcps: [] }],
      ipcps: [{ name: 'bad' }],
    };
    const world = new World({ state });
    expect(world.value('nameList')).toMatchObject([{ name: 'good' }]);
    expect(world.value('ipcpList')).toEqual([]);
    expect(world.of('log').filter(({ level }) => level === 'warn')).toHaveLength(2);
  });
});
