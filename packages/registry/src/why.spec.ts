import type { FlowFailure, NameLocation } from '@ouroboros/ports';
import { FEATURES, World, farRequest, no, ok } from './testing/world.js';

const failures = (world: World, name = ''): FlowFailure[] => world.value('flowFailures', name) as FlowFailure[];

describe('Where a name is', () => {
  it('says every IPCP of this host, in the order of allocations, those that cannot be asked too', () => {
    const world = new World();
    world.layer('far', { rank: 40, answers: { query: () => ok(true) } });
    world.layer('near', { rank: 10, answers: { query: () => ok(false) } });
    world.layer('mute', { rank: 20, answers: { query: () => undefined } });
    world.layer('sick', { rank: 30, answers: { query: () => no('EIPCP', 'no contact') } });
    world.layer('flood', { rank: 5, operations: ['bootstrap', 'flowJoin'] });
    world.ipcp('new', { rank: 50 });
    world.value('ipcpCreate', { name: 'new', type: 'test', restart: 'on-failure' });
    const asked = world.manage('nameLocate', 'hello');
    expect(world.replies.has(asked)).toBe(false);
    world.advance(5000);
    const found = world.valueOf(asked) as NameLocation[];
    expect(found.map(({ ipcp, answer }) => [ipcp, answer])).toEqual([
      ['near', 'has-not'],
      ['mute', 'no-answer'],
      ['sick', 'no-answer'],
      ['far', 'has'],
      ['new', 'not-operational'],
    ]);
    expect(found[1]!.tookMs).toBeGreaterThan(0);
    expect(found[2]!.text).toBe('no contact');
    expect(found[3]).toMatchObject({ layer: 'far-layer', type: 'test', rank: 40 });
    expect(found[3]!.key).toMatch(/^[0-9a-f]+$/);
    expect(found[4]!.key).toBe('');
  });

  it('says that an IPCP is gone', () => {
    const world = new World();
    world.dies(world.layer('udp'));
    expect(world.value('nameLocate', 'hello')).toMatchObject([{ ipcp: 'udp', answer: 'not-operational' }]);
  });

  it('is answered at once on a host without IPCPs', () => {
    expect(new World().value('nameLocate', 'hello')).toEqual([]);
  });
});

describe('Flows that did not come about', () => {
  it('are remembered for both sides, newest first, with the stage', () => {
    const world = new World();
    const udp = world.layer('udp', { answers: { query: () => ok(false) } });
    const client = world.process('/bin/client', { pid: 77 });
    world.errorOf(world.alloc(client, 'nowhere'));
    world.value('nameRegister', 'hello', 'udp');
    world.advance(2000);
    world.answerOf(world.arrives(udp, 'hello', farRequest(new Uint8Array(16), FEATURES).bytes));
    expect(failures(world)).toMatchObject([
      { agoMs: 0, name: 'hello', side: 'remote', code: 'ENOSERVER', stage: 'accept', ipcp: 'udp', layer: 'udp-layer' },
      { agoMs: 2000, name: 'nowhere', side: 'local', code: 'ENAME', stage: 'name', ipcp: '', pid: 77 },
    ]);
    expect(failures(world, 'nowhere')).toHaveLength(1);
    expect(failures(world, 'other')).toEqual([]);
  });

  it('are not those that somebody cancelled', () => {
    const world = new World();
    world.layer('udp', { answers: { query: () => undefined } });
    const request = world.alloc(world.process('/bin/client'), 'hello');
    world.input({ kind: 'cancel', request });
    expect(failures(world)).toEqual([]);
  });

  it('are forgotten, oldest first, when there are many', () => {
    const world = new World();
    const client = world.process('/bin/client');
    for (let i = 0; i < 300; i += 1) world.errorOf(world.alloc(client, `n${i}`));
    const kept = failures(world);
    expect(kept).toHaveLength(256);
    expect([kept[0]!.name, kept.at(-1)!.name]).toEqual(['n299', 'n44']);
  });
});
