import { METRICS, MetricSet, checkOpenMetrics, isMetricName, openMetricsText } from '@ouroboros/metrics';
import { QOS_RAW, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { ConformanceCase } from './conformance-case.js';
import { caller, check, failsWithin } from './conformance-steps.js';
import type { World } from './world.js';

async function joinsOnce(world: World): Promise<void> {
  const { irm, member } = caller(world);
  const { name, layer, config } = member;
  const other = { name, layer: `${layer}-2`, config, autobind: false };
  await failsWithin(world, 1_000, ['EIPCPSTATE'], irm.ipcpBootstrap(other));
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

/** What it tells is of the catalogue, with all labels and nothing twice: a node serves it as it is. */
async function tellsMetrics(world: World): Promise<void> {
  for (const { irm, member } of world.hosts) {
    const told = (await irm.ipcpReport(member.name, 'metrics')) as JsonObject;
    const unknown = Object.keys(told).filter((name) => !isMetricName(name));
    check(unknown.length === 0, `it tells of no metric that is not in the catalogue: ${unknown.join(', ')}`);
    const set = new MetricSet();
    set.absorb(told, { ipcp: member.name, layer: member.layer });
    const { faults, families } = checkOpenMetrics(openMetricsText(set));
    check(faults.length === 0, `its metrics are OpenMetrics: ${faults.join('; ')}`);
    const rows = Object.values(told).flatMap((samples) => samples as JsonValue[]).length;
    const taken = set.entries().reduce((sum, [, samples]) => sum + samples.length, 0);
    check(rows === taken, `${rows - taken} of its samples are twice there, or not as the catalogue says`);
    for (const [name, samples] of set.entries()) {
      const labels = samples.map((sample) => Object.keys(sample.labels).sort().join());
      const wrong = labels.filter((one) => one !== [...METRICS[name].labels].sort().join());
      check(wrong.length === 0, `${name} has the labels ${METRICS[name].labels.join()}, not ${wrong[0]}`);
    }
    const traffic = families.some(({ name }) => name === 'ouroboros_layer_packets');
    check(traffic, 'it says which of its counters are traffic');
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
  { name: 'joins one layer: a bootstrap for another is EIPCPSTATE and changes nothing', run: joinsOnce },
  { name: 'refuses a configuration by the name of its bad field, and can be bootstrapped still', run: namesBadFields },
  { name: 'reports its status, and refuses a topic that it does not have', run: reportsItself },
  { name: 'tells metrics as the catalogue has them, its traffic among them', run: tellsMetrics },
  { name: 'has info/_type in its RIB', run: hasARib },
];
