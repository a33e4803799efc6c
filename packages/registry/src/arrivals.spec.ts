import { EMPTY_BYTES, QOS_VOICE, errorNumber } from '@ouroboros/model';
import { completeOap, readOapRefusal } from '@ouroboros/oap';
import { OapFeature } from '@ouroboros/wire';
import { FEATURES, WALL, World, directoryKey, farRequest, type TestIpcp } from './testing/world.js';

let lastId = 0;
const request = (features = FEATURES) => {
  lastId += 1;
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, lastId);
  return farRequest(id, features);
};

const served = (name: string): [World, TestIpcp] => {
  const world = new World();
  const ipcp = world.layer('udp');
  world.value('nameRegister', name, 'udp');
  return [world, ipcp];
};

describe('A flow request that arrives from a layer', () => {
  it('is given to a process that accepts, which the IPCP learns first', () => {
    const [world, ipcp] = served('hello');
    const accept = world.accept(world.server('hello', { uid: 9 }));
    const { bytes, exchange } = request();
    const answer = world.answerOf(world.arrives(ipcp, 'hello', bytes));
    const grant = world.grantOf(accept);
    expect(answer).toMatchObject({ response: 0, flowId: grant.flowId, uid: 9, features: FEATURES });
    expect(grant).toMatchObject({
      name: 'hello',
      layer: 'udp-layer',
      mplMs: 100,
      layerPacket: 8976,
      channel: { path: '/ipcp/udp', uid: 1000 },
    });
    expect(answer.ticket).toEqual(grant.channel.ticket);
    expect(answer.correlationId).toBe(grant.correlationId);
    expect(completeOap(exchange, answer.data, WALL, world.tools)).toMatchObject({ ok: true, features: FEATURES });
    const kinds = world.outputs.map(({ kind }) => kind);
    expect(kinds.lastIndexOf('answerArrival')).toBeLessThan(kinds.lastIndexOf('reply'));
  });

  it('is granted no longer packets than leave in one piece where both ends cut their messages', () => {
    const features = FEATURES | OapFeature.FRAMES;
    const world = new World({ features });
    const ipcp = world.layer('udp');
    world.value('nameRegister', 'hello', 'udp');
    const accept = world.accept(world.server('hello'));
    world.answerOf(world.arrives(ipcp, 'hello', request(features).bytes));
    expect(world.grantOf(accept)).toMatchObject({ features, layerPacket: 1468 });
  });

  it('is answered as C answers when the client is C', () => {
    const [world, ipcp] = served('hello');
    const accept = world.accept(world.server('hello'));
    const { bytes, exchange } = request(0);
    const answer = world.answerOf(world.arrives(ipcp, 'hello', bytes));
    expect(answer.data).toHaveLength(84);
    expect(completeOap(exchange, answer.data, WALL, world.tools)).toMatchObject({ ok: true, features: 0 });
    expect(world.grantOf(accept).features).toBe(0);
  });

  it('waits in line: 300 at once are all served by a server that accepts after a second', () => {
    const [world, ipcp] = served('hello');
    const server = world.server('hello');
    const arrivals = Array.from({ length: 300 }, () => world.arrives(ipcp, 'hello', request().bytes));
    world.advance(1000);
    expect(world.answers.size).toBe(0);
    const flows = arrivals.map(() => world.grantOf(world.accept(server)).flowId);
    expect(arrivals.map((arrival) => world.answerOf(arrival).flowId)).toEqual(flows);
    expect(new Set(flows).size).toBe(300);
  });

  it.each([
    ['ENAME', -1007, 'unknown'],
    ['ENOSERVER', -1100, 'hello'],
  ] as const)('is refused at once with %s, in words to a client of ours', (_code, number, name) => {
    const [world, ipcp] = served('hello');
    const { bytes, exchange } = request();
    const answer = world.answerOf(world.arrives(ipcp, name, bytes));
    expect(answer.response).toBe(number);
    expect(readOapRefusal(exchange, answer.data)?.error).toBe(number);
  });

  it('is refused with what the layer lacks for its QoS, however many accept', () => {
    const [world, ipcp] = served('hello');
    world.accept(world.server('hello'));
    const { bytes, exchange } = request();
    const answer = world.answerOf(world.arrives(ipcp, 'hello', bytes, QOS_VOICE, 'all is taken'));
    expect(readOapRefusal(exchange, answer.data)).toMatchObject({ error: -1102, text: 'all is taken' });
    const toC = world.answerOf(world.arrives(ipcp, 'hello', request(0).bytes, QOS_VOICE, 'all is taken'));
    expect([toC.response, toC.data]).toEqual([-errorNumber('ENOTSUP'), EMPTY_BYTES]);
    expect(world.value('flowList')).toEqual([]);
  });

  it('is refused with ENAME when its name is not registered in that layer, whoever serves it', () => {
    const [world, ipcp] = served('hello');
    world.accept(world.server('hello'));
    world.value('nameUnregister', 'hello', 'udp');
    expect(world.answerOf(world.arrives(ipcp, 'hello', request().bytes)).response).toBe(-1007);
    world.value('nameRegister', 'hello', 'udp');
    expect(world.answerOf(world.arrives(ipcp, 'hello', request().bytes)).response).toBe(0);
  });

  it('is refused with a number that C knows and without data when the client is C', () => {
    const [world, ipcp] = served('hello');
    const answer = world.answerOf(world.arrives(ipcp, 'hello', request(0).bytes));
    expect(answer).toMatchObject({ response: -1007, data: EMPTY_BYTES });
  });

  it('is refused when it is no OAP request, or a replay', () => {
    const [world, ipcp] = served('hello');
    const server = world.server('hello');
    world.accept(server);
    const { bytes } = request();
    expect(world.answerOf(world.arrives(ipcp, 'hello', EMPTY_BYTES)).response).toBe(-1009);
    expect(world.answerOf(world.arrives(ipcp, 'hello', bytes)).response).toBe(0);
    world.accept(server);
    expect(world.answerOf(world.arrives(ipcp, 'hello', bytes)).response).toBe(-1009);
  });

  it('is refused when nobody accepts in time, before the other host gives up', () => {
    const [world, ipcp] = served('hello');
    world.server('hello');
    const { bytes, exchange } = request();
    const arrival = world.arrives(ipcp, 'hello', bytes);
    world.advance(4600);
    const reason = readOapRefusal(exchange, world.answerOf(arrival).data);
    expect(reason).toEqual({ error: -1103, text: 'no process that serves hello accepted within 4500 ms' });
  });

  it('is refused at once when the last server dies or is unbound', () => {
    const [world, ipcp] = served('hello');
    const server = world.server('hello', { pid: 77 });
    const first = world.arrives(ipcp, 'hello', request().bytes);
    world.close(server);
    expect(world.answerOf(first).response).toBe(-1100);
    world.server('hello', { pid: 78 });
    const second = world.arrives(ipcp, 'hello', request().bytes);
    world.value('unbindProcess', 78, 'hello');
    expect(world.answerOf(second).response).toBe(-1100);
  });

  it('is refused when its name is destroyed', () => {
    const [world, ipcp] = served('hello');
    world.server('hello');
    const arrival = world.arrives(ipcp, 'hello', request().bytes);
    world.value('nameDestroy', 'hello');
    expect(world.answerOf(arrival).response).toBe(-1007);
  });

  it('is refused when too many wait for the name', () => {
    const world = new World({ limits: { waitingPerName: 3 } });
    const ipcp = world.layer('udp');
    world.value('nameRegister', 'hello', 'udp');
    world.server('hello');
    for (let i = 0; i < 3; i++) world.arrives(ipcp, 'hello', request().bytes);
    expect(world.answers.size).toBe(0);
    expect(world.answerOf(world.arrives(ipcp, 'hello', request().bytes)).response).toBe(-11);
  });

  it('is forgotten when its IPCP dies, and takes no accept with it', () => {
    const [world, ipcp] = served('hello');
    const server = world.server('hello');
    const arrival = world.arrives(ipcp, 'hello', request().bytes);
    const { session } = ipcp;
    world.dies(ipcp);
    expect(world.answerOf(arrival).response).toBe(-1003);
    expect(world.replies.has(world.accept(server))).toBe(false);
    world.arrives({ ...ipcp, session }, 'hello', request().bytes);
    expect([...world.answers.values()].at(-1)?.response).toBe(-1003);
  });
});

describe('Balancing among processes that accept', () => {
  const twoServers = (balancing: 'spill' | 'round-robin'): [World, TestIpcp, number, number] => {
    const world = new World();
    const ipcp = world.layer('udp');
    world.value('nameCreate', { name: 'hello', balancing, spread: '', direct: '', paths: {} as never });
    world.value('nameRegister', 'hello', 'udp');
    return [world, ipcp, world.server('hello', { pid: 1 }), world.server('hello', { pid: 2 })];
  };
  const takenBy = (world: World, ipcp: TestIpcp, accepts: Map<number, number>): number => {
    const { flowId } = world.answerOf(world.arrives(ipcp, 'hello', request().bytes));
    for (const [process, accept] of accepts) {
      if (world.replies.has(accept) && world.grantOf(accept).flowId === flowId) return process;
    }
    throw new Error('nobody took it');
  };

  it('spills to the process that accepts again first', () => {
    const [world, ipcp, a, b] = twoServers('spill');
    const accepts = new Map([a, b].map((process) => [process, world.accept(process)]));
    for (let i = 0; i < 3; i++) {
      expect(takenBy(world, ipcp, accepts)).toBe(b);
      accepts.set(b, world.accept(b));
    }
  });

  it('goes round among all', () => {
    const [world, ipcp, a, b] = twoServers('round-robin');
    const accepts = new Map([a, b].map((process) => [process, world.accept(process)]));
    const taken: number[] = [];
    for (let i = 0; i < 4; i++) {
      const process = takenBy(world, ipcp, accepts);
      taken.push(process);
      accepts.set(process, world.accept(process));
    }
    expect(taken).toEqual([a, b, a, b]);
  });

  it('takes an accept for one of several names only once', () => {
    const [world, ipcp, a] = twoServers('spill');
    world.value('bindProcess', 1, 'other');
    world.value('nameRegister', 'other', 'udp');
    const accept = world.accept(a);
    world.arrives(ipcp, 'other', request().bytes);
    expect(world.grantOf(accept).name).toBe('other');
    const next = world.arrives(ipcp, 'hello', request().bytes);
    expect(world.answers.has(next)).toBe(false);
    expect(world.grantOf(world.accept(a)).name).toBe('hello');
  });

  it('makes a blocked accept active for a name that is bound meanwhile', () => {
    const world = new World();
    const ipcp = world.layer('udp');
    const accept = world.accept(world.process('/bin/any', { pid: 5 }));
    world.value('bindProcess', 5, 'late');
    world.value('nameRegister', 'late', 'udp');
    world.answerOf(world.arrives(ipcp, 'late', request().bytes));
    expect(world.grantOf(accept).name).toBe('late');
  });

  it('ends an accept at its time', () => {
    const world = new World();
    const accept = world.accept(world.server('hello'), 250);
    world.advance(250);
    expect(world.errorOf(accept)).toMatchObject({ code: 'ETIMEDOUT', stage: 'time' });
  });
});

describe('A program that is bound with auto', () => {
  const auto = (): [World, TestIpcp] => {
    const world = new World({ manual: false });
    const ipcp = world.layer('udp');
    world.value('bindProgram', { program: '/bin/old', name: 'hello', auto: true, args: [] });
    world.value('bindProgram', { program: '/bin/new', name: 'hello', auto: true, args: ['-l'] });
    world.value('bindProgram', { program: '/bin/manual', name: 'hello', auto: false, args: [] });
    world.value('nameRegister', 'hello', 'udp');
    // As in a unicast layer, which does not find what only the asking host itself has.
    ipcp.directory.delete(directoryKey('hello'));
    return [world, ipcp];
  };

  it('is started for a request, the last bound one, once for all requests that wait', () => {
    const [world, ipcp] = auto();
    const arrivals = [1, 2, 3].map(() => world.arrives(ipcp, 'hello', request().bytes));
    const spawns = world.of('spawnProgram');
    expect(spawns).toMatchObject([{ path: '/bin/new', args: ['-l'] }]);
    world.input({ kind: 'spawned', spawn: spawns[0]!.spawn, pid: 500 });
    const process = world.process('/wrapped/other', { pid: 500 });
    for (const arrival of arrivals) {
      world.accept(process);
      expect(world.answerOf(arrival).response).toBe(0);
    }
  });

  it('is started for a local client too', () => {
    const [world] = auto();
    const alloc = world.alloc(world.process('/bin/client'), 'hello');
    world.input({ kind: 'spawned', spawn: world.of('spawnProgram')[0]!.spawn, pid: 500 });
    world.accept(world.process('/bin/new', { pid: 500 }));
    expect(world.grantOf(alloc).layer).toBe('');
  });

  it('refuses a local client at once when it turns out to be of another user', () => {
    const [world] = auto();
    const alloc = world.alloc(world.process('/bin/client', { uid: 1 }), 'hello');
    world.input({ kind: 'spawned', spawn: world.of('spawnProgram')[0]!.spawn, pid: 500 });
    world.process('/bin/new', { pid: 500, uid: 2 });
    expect(world.errorOf(alloc).code).toBe('ENOSERVER');
  });

  it('is started although a client that is an instance of the program is bound to the name', () => {
    const [world, ipcp] = auto();
    const client = world.process('/bin/new', { pid: 400 });
    const alloc = world.alloc(client, 'hello');
    const arrival = world.arrives(ipcp, 'hello', request().bytes);
    expect(world.of('spawnProgram')).toHaveLength(1);
    world.input({ kind: 'spawned', spawn: world.of('spawnProgram')[0]!.spawn, pid: 500 });
    const server = world.process('/bin/new', { pid: 500 });
    world.accept(server);
    world.accept(server);
    expect(world.grantOf(alloc).layer).toBe('');
    expect(world.answerOf(arrival).response).toBe(0);
  });

  it('is started when the one process that was waited for turns out to be a client', () => {
    const [world, ipcp] = auto();
    const client = world.process('/bin/manual', { pid: 400 });
    world.arrives(ipcp, 'hello', request().bytes);
    expect(world.of('spawnProgram')).toEqual([]);
    world.alloc(client, 'elsewhere');
    expect(world.of('spawnProgram')).toMatchObject([{ path: '/bin/new' }]);
  });

  it('is started once even when it is a wrapper and clients of the name come meanwhile', () => {
    const [world, ipcp] = auto();
    const arrival = world.arrives(ipcp, 'hello', request().bytes);
    world.input({ kind: 'spawned', spawn: world.of('spawnProgram')[0]!.spawn, pid: 500 });
    world.alloc(world.process('/bin/new', { pid: 400 }), 'hello');
    world.accept(world.process('/bin/new', { pid: 501 }));
    expect(world.answerOf(arrival).response).toBe(0);
    expect(world.of('spawnProgram')).toHaveLength(1);
  });

  it('is not started for a name that another host serves', () => {
    const [world, ipcp] = auto();
    ipcp.directory.add(directoryKey('hello'));
    expect(world.grantOf(world.alloc(world.process('/bin/client'), 'hello')).layer).toBe('udp-layer');
    expect(world.of('spawnProgram')).toEqual([]);
  });

  it('that cannot be started, or ends at once, refuses what waits for it with the reason', () => {
    const [world, ipcp] = auto();
    const first = request();
    const one = world.arrives(ipcp, 'hello', first.bytes);
    const error = { code: 'ENOENT', message: 'no such file' } as const;
    world.input({ kind: 'spawnFailed', spawn: world.of('spawnProgram')[0]!.spawn, error });
    expect(readOapRefusal(first.exchange, world.answerOf(one).data)?.text).toContain('no such file');
    const second = request();
    const two = world.arrives(ipcp, 'hello', second.bytes);
    world.input({ kind: 'spawned', spawn: world.of('spawnProgram')[1]!.spawn, pid: 501 });
    world.input({ kind: 'exited', pid: 501, code: 3, signal: null });
    expect(readOapRefusal(second.exchange, world.answerOf(two).data)?.text).toContain('exited with status 3');
  });

  it('is started again when the last server dies while requests wait', () => {
    const [world, ipcp] = auto();
    const server = world.process('/x/new');
    const arrival = world.arrives(ipcp, 'hello', request().bytes);
    expect(world.of('spawnProgram')).toEqual([]);
    world.close(server);
    expect(world.of('spawnProgram')).toHaveLength(1);
    expect(world.answers.has(arrival)).toBe(false);
  });
});
