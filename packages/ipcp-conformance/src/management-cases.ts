import { QOS_RAW, type JsonObject } from '@ouroboros/model';
import type { ConformanceCase } from './conformance-case.js';
import { caller, check, failsWithin } from './conformance-steps.js';
import type { World } from './world.js';

async function joinsOnce(world: World): Promise<void> {
  const { irm, member } = caller(world);
  const { name, layer, config } = member;
  await failsWithin(world, 1_000, ['EIPCPSTATE'], irm.ipcpBootstrap({ name, layer, config, autobind: false }));
  const state = (await irm.ipcpList()).find((ipcp) => ipcp.name === name)?.state;
  check(state === 'operational', `it is still operational, not ${state}`);
}

async function namesBadFields(world: World): Promise<void> {
  const { irm, member } = caller(world);
  const { type, layer } = member;
  const fresh = { name: 'fresh', layer, autobind: false };
  await irm.ipcpCreate({ name: fresh.name, type, restart: 'never' });
  const bad: JsonObject = { ...member.config, nonsense: '1' };
  const unknown = await failsWithin(world, 5_000, ['EINVAL'], irm.ipcpBootstrap({ ...fresh, config: bad }));
  check(unknown.field === 'nonsense', `the field is nonsense, not ${unknown.field}: ${unknown.message}`);
  const state = (await irm.ipcpList()).find(({ name }) => name === fresh.name)?.state;
  check(state === 'boot', `it can still be bootstrapped; its state is ${state}`);
  await irm.ipcpDestroy(fresh.name);
}

async function reportsItself(world: World): Promise<void> {
  for (const { irm, member } of world.hosts) {
    const { name, type, layer } = member;
    const status = (await irm.ipcpReport(name, 'status')) as JsonObject;
    const told = [status['name'], status['type'], status['state'], status['layer']].join(' ');
    check(told === `${name} ${type} operational ${layer}`, `the status report says what it is, not ${told}`);
    await failsWithin(world, 1_000, ['EINVAL', 'ENOENT', 'ENOTSUP', 'ENAME'], irm.ipcpReport(name, 'no-such-topic'));
  }
}

async function hasARib(world: World): Promise<void> {
  const { irm, member } = caller(world);
  check((await irm.ribList(member.name, '')).includes('info'), 'the RIB has a component info');
  const type = await irm.ribRead(member.name, 'info/_type');
  check(type === `${member.type}\n`, `info/_type is ${member.type}, not ${type}`);
  await failsWithin(world, 1_000, ['ENOENT'], irm.ribRead(member.name, 'info/none'));
}

/** For types that join no members. */
export const ALONE_CASE: ConformanceCase = {
  name: 'answers ENOTSUP when it is to enroll, connect or disconnect, and stays as it was',
  run: async (world) => {
    const { irm, member } = caller(world);
    const { name, type, layer } = member;
    const fresh = { name: 'fresh', dst: 'both-ways' };
    await irm.ipcpCreate({ name: fresh.name, type, restart: 'never' });
    const enrollment = irm.ipcpEnroll({ ...fresh, layer, config: {}, autobind: false });
    await failsWithin(world, 5_000, ['ENOTSUP'], enrollment);
    const state = (await irm.ipcpList()).find((ipcp) => ipcp.name === fresh.name)?.state;
    check(state === 'boot', `it can still be bootstrapped; its state is ${state}`);
    await irm.ipcpDestroy(fresh.name);
    const link = { name, dst: 'both-ways', component: 'Data Transfer' } as const;
    await failsWithin(world, 1_000, ['ENOTSUP'], irm.ipcpConnect({ ...link, qos: QOS_RAW }));
    await failsWithin(world, 1_000, ['ENOTSUP'], irm.ipcpDisconnect(link));
  },
};

export const MANAGEMENT_CASES: readonly ConformanceCase[] = [
  { name: 'joins a layer once: a second bootstrap is EIPCPSTATE and changes nothing', run: joinsOnce },
  { name: 'refuses a configuration by the name of its bad field, and can be bootstrapped still', run: namesBadFields },
  { name: 'reports its status, and refuses a topic that it does not have', run: reportsItself },
  { name: 'has info/_type in its RIB', run: hasARib },
];
