import { QOS_RAW, type JsonObject } from '@ouroboros/model';
import type { DaemonStatus, FlowInfo, HeldFlow } from '@ouroboros/ports';
import { World, directoryKey } from './testing/world.js';

const held = (flowId: number, layer: string, name = 'far'): HeldFlow => ({
  ...{ flowId, name, layer, correlationId: `c${flowId}`, qos: QOS_RAW, mplMs: 100, features: 0, allocated: true },
});

/** The state that a daemon left which had one IPCP with a registered name. */
const before = (): JsonObject => {
  const world = new World();
  world.layer('udp', {}, 'always');
  world.value('nameRegister', 'hello', 'udp');
  world.value('bindProgram', { program: '/bin/serve', name: 'hello', auto: false, args: [] });
  world.process('/bin/any', { pid: 5 });
  world.process('/bin/any', { pid: 6 });
  world.value('bindProcess', 5, 'hello');
  world.value('bindProcess', 6, 'hello');
  return JSON.parse(JSON.stringify(world.registry.snapshot())) as JsonObject;
};
const restarted = (): World => new World({ state: before() });
const living = { state: 'operational', layer: { name: 'udp-layer', hash: 'SHA3_256', oapRoom: 0 } } as const;
const flows = (world: World): FlowInfo[] => world.value('flowList') as FlowInfo[];
const status = (world: World): DaemonStatus => world.value('status') as DaemonStatus;

describe('A restarted daemon', () => {
  it('waits for the IPCPs that it had, and takes them back as they are', () => {
    const world = restarted();
    expect(status(world)).toMatchObject({ ready: false, waitingFor: ['IPCP udp: come back'] });
    world.registers(world.ipcp('udp', living), [], 40);
    expect(status(world)).toMatchObject({ ready: true });
    expect(world.value('ipcpList')).toMatchObject([{ name: 'udp', pid: 40, state: 'operational', restart: 'always' }]);
    world.advance(10_000);
    expect(world.of('spawnIpcp')).toEqual([]);
    expect(world.of('kill')).toEqual([]);
    expect(world.callsOf('register')).toEqual([]);
  });

  it('restarts those that do not come back, and gives them what they had', () => {
    const world = restarted();
    const ipcp = world.ipcp('udp');
    world.advance(3000);
    world.advance(100);
    expect(world.value('ipcpList')).toMatchObject([{ state: 'operational', layer: 'udp-layer', restarts: 1 }]);
    expect(ipcp.directory).toEqual(new Set([directoryKey('hello')]));
  });

  it('restarts those at once whose process is known to be dead', () => {
    const world = restarted();
    const [pid] = world.registry.expectedPids();
    const ipcp = world.ipcp('udp');
    world.input({ kind: 'exited', pid: pid! + 1, code: null, signal: null });
    expect(world.registry.expectedPids()).toEqual([pid]);
    world.input({ kind: 'exited', pid: pid!, code: null, signal: null });
    expect(world.registry.expectedPids()).toEqual([]);
    world.advance(100);
    expect(world.value('ipcpList')).toMatchObject([{ state: 'operational', layer: 'udp-layer', restarts: 1 }]);
    expect(ipcp.directory).toEqual(new Set([directoryKey('hello')]));
  });

  it('gives processes their names back, and forgets bound processes that are gone', () => {
    const world = restarted();
    world.process('/bin/serve', { pid: 4 });
    world.process('/bin/any', { pid: 5 });
    world.advance(3000);
    world.process('/bin/any', { pid: 6 });
    expect(world.value('nameList')).toMatchObject([{ name: 'hello', pids: [4, 5] }]);
  });

  it.each([['process first'], ['IPCP first']])('shows how an adopted flow is protected: %s', (order) => {
    const world = restarted();
    const protection = { profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519' } as const;
    const crypto = { ...protection, peer: 'far' };
    const tell = [
      () => void world.process('/bin/client', { pid: 9, flows: [{ ...held(7, 'udp-layer'), crypto }] }),
      () => world.registers(world.ipcp('udp', living), [7], 40),
    ];
    for (const step of order === 'process first' ? tell : tell.reverse()) step();
    expect(flows(world)).toMatchObject([{ flowId: 7, crypto: protection, peer: 'far' }]);
  });

  it.each([['process first'], ['IPCP first']])('adopts a flow that both sides tell of: %s', (order) => {
    const world = restarted();
    const ipcp = world.ipcp('udp', living);
    const steps = [
      () => world.process('/bin/x', { pid: 7, flows: [held(3, 'udp-layer')] }),
      () => world.registers(ipcp, [3], 40),
    ];
    for (const step of order === 'IPCP first' ? steps.reverse() : steps) step();
    world.advance(4000);
    const adopted = { flowId: 3, name: 'far', layer: 'udp-layer', ipcp: 'udp', pids: [7], correlationId: 'c3' };
    expect(flows(world)).toMatchObject([{ ...adopted, state: 'allocated' }]);
    expect(world.downs).toEqual([]);
    expect(world.callsOf('flowDealloc')).toEqual([]);
    world.dies(ipcp);
    expect(world.downs).toHaveLength(1);
  });

  it('adopts a direct flow when both processes tell of it', () => {
    const world = restarted();
    const [a, b] = [8, 9].map((pid) => world.process('/bin/x', { pid, flows: [held(4, '', 'hello')] }));
    world.advance(4000);
    expect(flows(world)).toMatchObject([{ flowId: 4, layer: '', pids: [8, 9] }]);
    world.close(a!);
    expect(world.downs).toEqual([`${b} 4`]);
  });

  it('ends after 3 s what only one side holds', () => {
    const world = restarted();
    const process = world.process('/bin/x', { pid: 7, flows: [held(1, 'udp-layer'), held(2, '')] });
    world.registers(world.ipcp('udp', living), [5], 40);
    world.advance(2999);
    expect(flows(world)).toHaveLength(3);
    world.advance(1);
    expect(world.downs).toEqual([`${process} 1`, `${process} 2`]);
    expect(world.callsOf('flowDealloc').map(({ args }) => args)).toEqual([[5, 0]]);
    for (const flowId of [1, 2]) world.valueOf(world.dealloc(process, flowId));
    expect(flows(world)).toEqual([]);
  });

  it('gives new flows numbers that no earlier flow can have', () => {
    const world = restarted();
    const ipcp = world.ipcp('udp', living);
    world.registers(ipcp, [], 40);
    ipcp.directory.add(directoryKey('far'));
    const client = world.process('/bin/x', { pid: 7 });
    expect(world.grantOf(world.alloc(client, 'far')).flowId).toBe(10_239);
    world.process('/bin/y', { pid: 8, flows: [held(1, 'udp-layer')] });
    world.advance(3000);
    expect(world.grantOf(world.alloc(client, 'far')).flowId).toBe(2);
  });

  it('ends flows that are told of too late, that are taken, or that cannot be', () => {
    const world = restarted();
    const a = world.process('/bin/x', { pid: 7, flows: [held(1, '')] });
    const other = { ...held(1, ''), correlationId: 'another' };
    const b = world.process('/bin/x', { pid: 8, flows: [other, held(0, ''), held(99_999, ''), held(-1, '')] });
    expect(world.downs).toEqual([1, 0, 99_999, -1].map((flowId) => `${b} ${flowId}`));
    world.advance(3000);
    world.registers(world.ipcp('late', living), [77], 41);
    expect(world.callsOf('flowDealloc').at(-1)?.args).toEqual([77, 0]);
    const c = world.process('/bin/x', { pid: 9, flows: [held(5, '')] });
    expect(world.downs.slice(4)).toEqual([`${a} 1`, `${c} 5`]);
  });
});

describe('A process that attaches again', () => {
  it('keeps its flows when its earlier session ends later', () => {
    const world = new World();
    const ipcp = world.layer('udp');
    ipcp.directory.add(directoryKey('far'));
    const first = world.process('/bin/x', { pid: 7 });
    const { flowId, correlationId } = world.grantOf(world.alloc(first, 'far'));
    const second = world.process('/bin/x', { pid: 7, flows: [{ ...held(flowId, 'udp-layer'), correlationId }] });
    world.close(first);
    expect(world.callsOf('flowDealloc')).toEqual([]);
    world.valueOf(world.dealloc(second, flowId));
    expect(flows(world)).toEqual([]);
  });
});
