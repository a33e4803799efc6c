import type { NameInfo } from '@ouroboros/ports';
import { World, directoryKey, no, ok } from './testing/world.js';

const names = (world: World): NameInfo[] => world.value('nameList') as NameInfo[];
const create = (name: string) =>
  ({ name, balancing: 'round-robin', spread: '', direct: '', paths: {} as never }) as const;

describe('Names', () => {
  it('are created once, listed by name, and destroyed', () => {
    const world = new World();
    for (const name of ['b', 'a', 'b']) world.value('nameCreate', create(name));
    expect(names(world).map(({ name }) => name)).toEqual(['a', 'b']);
    world.value('nameDestroy', 'a');
    expect(world.error('nameDestroy', 'a')).toMatchObject({ code: 'ENAME', field: 'name' });
  });

  it('are refused when they are no names', () => {
    const world = new World();
    for (const name of ['', 'é'.repeat(128), 'a\0b']) {
      expect(world.error('nameCreate', create(name))).toMatchObject({ code: 'EINVAL', field: 'name' });
    }
    world.value('nameCreate', create('é'.repeat(127)));
    const wrong = { ...create('x'), balancing: 'fair' as never };
    expect(world.error('nameCreate', wrong)).toMatchObject({ code: 'EINVAL', field: 'balancing' });
    const far = { ...create('x'), spread: 'far' as never };
    expect(world.error('nameCreate', far)).toMatchObject({ code: 'EINVAL', field: 'spread' });
  });

  it('are registered by hash, and created when they are new', () => {
    const world = new World();
    const ipcp = world.layer('udp');
    world.value('nameRegister', 'hello', 'udp');
    world.value('nameRegister', 'hello', 'udp');
    expect(ipcp.directory).toEqual(new Set([directoryKey('hello')]));
    expect(names(world)).toMatchObject([{ name: 'hello', balancing: 'spill', registered: ['udp'] }]);
    world.value('nameUnregister', 'hello', 'udp');
    expect(ipcp.directory.size).toBe(0);
    expect(world.error('nameUnregister', 'hello', 'udp').code).toBe('ENOENT');
    expect(world.error('nameUnregister', 'other', 'udp').code).toBe('ENAME');
    expect(world.error('nameUnregister', 'hello', 'eth').code).toBe('ENOENT');
    expect(world.error('nameRegister', 'hello', 'eth')).toMatchObject({ code: 'ENOENT', field: 'ipcp' });
  });

  it('are not kept as registered when the layer refuses', () => {
    const world = new World();
    world.layer('udp', { answers: { register: () => no('EIO', 'no DNS') } });
    expect(world.error('nameRegister', 'hello', 'udp')).toMatchObject({ code: 'EIO', stage: 'layer' });
    expect(names(world)).toMatchObject([{ registered: [] }]);
  });

  it('leave their layers when they are destroyed, also while they are being registered', () => {
    const world = new World();
    const ipcp = world.layer('udp');
    world.value('nameRegister', 'one', 'udp');
    world.value('nameDestroy', 'one');
    expect(ipcp.directory.size).toBe(0);
    ipcp.answers.register = () => undefined;
    const register = world.manage('nameRegister', 'two', 'udp');
    world.value('nameDestroy', 'two');
    world.answered(world.callsOf('register')[1]!.call, ok());
    world.valueOf(register);
    expect(world.callsOf('unregister')).toHaveLength(2);
  });
});

describe('A process', () => {
  it('inherits the names of its program by base name, if they were bound before it came', () => {
    const world = new World();
    const early = world.process('/opt/serve', { pid: 1 });
    world.value('bindProgram', { program: '/usr/bin/serve', name: 'hello', auto: false, args: [] });
    world.process('/opt/serve', { pid: 2 });
    world.process('/opt/server', { pid: 3 });
    expect(names(world)).toMatchObject([{ name: 'hello', pids: [2] }]);
    world.value('bindProcess', 1, 'hello');
    expect(names(world)).toMatchObject([{ pids: [1, 2] }]);
    world.close(early);
    expect(names(world)).toMatchObject([{ pids: [2] }]);
  });

  it('can be bound a moment before it attaches, but not later', () => {
    const world = new World();
    const bind = world.manage('bindProcess', 5, 'hello');
    world.advance(500);
    world.process('/bin/x', { pid: 5 });
    world.advance(500);
    world.valueOf(bind);
    const late = world.manage('bindProcess', 6, 'hello');
    world.advance(1000);
    expect(world.errorOf(late)).toMatchObject({ code: 'ENOENT', field: 'pid' });
  });

  it('is unbound from one name or from all', () => {
    const world = new World();
    world.process('/bin/x', { pid: 5 });
    for (const name of ['a', 'b', 'c']) world.value('bindProcess', 5, name);
    world.value('unbindProcess', 5, 'a');
    expect(names(world).map(({ pids }) => pids)).toEqual([[], [5], [5]]);
    world.value('unbindProcess', 5, '');
    expect(names(world).map(({ pids }) => pids)).toEqual([[], [], []]);
    expect(world.error('unbindProcess', 5, 'a').code).toBe('ENOENT');
    expect(world.error('unbindProcess', 5, 'none').code).toBe('ENAME');
  });
});

describe('Programs and IPCPs', () => {
  const bind = (program: string, name: string) => ({ program, name, auto: false, args: [] });

  it('are bound once and unbound by base name', () => {
    const world = new World();
    world.value('bindProgram', bind('/a/x', 'one'));
    world.value('bindProgram', bind('/a/x', 'one'));
    expect(world.error('bindProgram', { ...bind('/a/x', 'one'), auto: true })).toMatchObject({ code: 'EEXIST' });
    expect(world.error('bindProgram', { ...bind('/a/x', 'one'), args: ['-l'] })).toMatchObject({ code: 'EEXIST' });
    expect(world.error('bindProgram', bind('', 'one'))).toMatchObject({ code: 'EINVAL', field: 'program' });
    world.value('bindProgram', bind('/b/x', 'two'));
    world.value('unbindProgram', 'x', 'one');
    expect(names(world).map(({ programs }) => programs.length)).toEqual([0, 1]);
    world.value('unbindProgram', 'x', '');
    expect(names(world).map(({ programs }) => programs.length)).toEqual([0, 0]);
    expect(world.error('unbindProgram', 'x', '').code).toBe('ENOENT');
    expect(world.error('unbindProgram', 'x', 'none').code).toBe('ENAME');
  });

  it('bind the process of an IPCP whichever of both comes first', () => {
    const world = new World({ manual: true });
    world.registers(world.ipcp('uni'), [], 9);
    world.value('bindIpcp', 'uni', 'hello');
    const process = world.process('/bin/ipcpd', { pid: 9 });
    expect(names(world)).toMatchObject([{ pids: [9] }]);
    world.value('unbindIpcp', 'uni', 'hello');
    expect(names(world)).toMatchObject([{ pids: [] }]);
    expect(world.error('unbindIpcp', 'uni', 'hello').code).toBe('ENOENT');
    expect(world.error('bindIpcp', 'none', 'hello').code).toBe('ENOENT');
    world.close(process);
  });
});
