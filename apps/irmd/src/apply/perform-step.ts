import { componentsOf, OuroborosError, QOS_RAW, type Component, type ErrorCode } from '@ouroboros/model';
import type { IpcpInfo, Management } from '@ouroboros/ports';
import type { Step } from '../config/step.js';

/** What steps need of the management service. */
export type StepTarget = Pick<
  Management,
  | 'nameCreate'
  | 'nameDestroy'
  | 'nameSecure'
  | 'nameList'
  | 'nameRegister'
  | 'nameUnregister'
  | 'bindProgram'
  | 'unbindProgram'
  | 'bindIpcp'
  | 'unbindIpcp'
  | 'ipcpCreate'
  | 'ipcpSecure'
  | 'ipcpList'
  | 'ipcpBootstrap'
  | 'ipcpEnroll'
  | 'ipcpConnect'
  | 'ipcpDisconnect'
>;

/**
 * Makes one step true. What is true already is left alone, so a file can be applied to a node that a restarted daemon
 * adopted, and a step can be tried again.
 */
export async function performStep(step: Step, irm: StepTarget): Promise<void> {
  switch (step.do) {
    case 'name-create':
      return createName(step, irm);
    case 'name-destroy':
      return unless(['ENAME', 'ENOENT'], irm.nameDestroy(step.name));
    case 'name-secure':
      return irm.nameSecure(step.name, step.security);
    case 'bind-program':
      return bindProgram(step, irm);
    case 'unbind-program':
      return unless(['ENAME', 'ENOENT'], irm.unbindProgram(step.program, step.name));
    case 'ipcp-create':
      return createIpcp(step, irm);
    case 'ipcp-secure':
      return irm.ipcpSecure(step.ipcp, step.security);
    case 'ipcp-bootstrap':
      return bootstrap(step, irm);
    case 'ipcp-enroll':
      return enroll(step, irm);
    case 'ipcp-autobind':
      return autobind(step.ipcp, step.on, irm);
    case 'ipcp-connect':
      return connect(step, irm);
    case 'ipcp-disconnect':
      return disconnect(step, irm);
    case 'name-register':
      return unless(['EEXIST'], irm.nameRegister(step.name, step.ipcp));
    case 'name-unregister':
      return unless(['ENAME', 'ENOENT'], irm.nameUnregister(step.name, step.ipcp));
  }
}

type StepOf<K extends Step['do']> = Extract<Step, { do: K }>;

function createName(
  { name, balancing, spread, direct, paths, security }: StepOf<'name-create'>,
  irm: StepTarget,
): Promise<void> {
  return irm.nameCreate({ name, balancing, spread, direct, paths, security });
}

async function bindProgram(step: StepOf<'bind-program'>, irm: StepTarget): Promise<void> {
  const info = (await irm.nameList()).find((name) => name.name === step.name);
  const bound = info?.programs.find((program) => program.path === step.program);
  if (bound && bound.auto === step.auto && bound.args.join('\0') === step.args.join('\0')) return;
  if (bound) await irm.unbindProgram(step.program, step.name);
  await irm.bindProgram({ program: step.program, name: step.name, auto: step.auto, args: step.args });
}

async function createIpcp(step: StepOf<'ipcp-create'>, irm: StepTarget): Promise<void> {
  const existing = await find(step.ipcp, irm);
  const { ipcp: name, type, restart, security } = step;
  if (!existing) await irm.ipcpCreate({ name, type, restart, security });
  else if (existing.type !== step.type) {
    throw new OuroborosError('EEXIST', `an IPCP ${step.ipcp} of type ${existing.type} exists`, { field: 'name' });
  }
}

async function bootstrap(step: StepOf<'ipcp-bootstrap'>, irm: StepTarget): Promise<void> {
  const existing = await findLiving(step.ipcp, irm);
  const { ipcp: name, layer, config } = step;
  if (!existing?.layer) await irm.ipcpBootstrap({ name, layer, config, autobind: step.autobind });
  else if (existing.layer !== layer) {
    throw new OuroborosError('EIPCPSTATE', `${name} is a member of layer ${existing.layer}, not ${layer}`, {
      field: 'bootstrap',
    });
  } else if (step.autobind) await autobind(name, true, irm);
}

async function enroll(step: StepOf<'ipcp-enroll'>, irm: StepTarget): Promise<void> {
  const existing = await findLiving(step.ipcp, irm);
  const { ipcp: name, dst, config } = step;
  if (!existing?.layer) await irm.ipcpEnroll({ name, dst, layer: '', config, autobind: step.autobind });
  else if (step.autobind) await autobind(name, true, irm);
}

async function autobind(ipcp: string, on: boolean, irm: StepTarget): Promise<void> {
  const layer = (await find(ipcp, irm))?.layer;
  const names = layer ? [ipcp, layer] : [ipcp];
  await inTurn(names, (name) =>
    on ? unless(['EEXIST'], irm.bindIpcp(ipcp, name)) : unless(['ENAME', 'ENOENT'], irm.unbindIpcp(ipcp, name)),
  );
}

/** All components, raw. [spec/architecture.md §6 `conn`] */
async function connect({ ipcp: name, dst }: StepOf<'ipcp-connect'>, irm: StepTarget): Promise<void> {
  await inTurn(await componentsIn(name, irm), (component) =>
    unless(['EEXIST'], irm.ipcpConnect({ name, dst, component, qos: QOS_RAW })),
  );
}

async function disconnect({ ipcp: name, dst }: StepOf<'ipcp-disconnect'>, irm: StepTarget): Promise<void> {
  await inTurn([...(await componentsIn(name, irm))].reverse(), (component) =>
    unless(['ENAME', 'ENOENT'], irm.ipcpDisconnect({ name, dst, component })),
  );
}

const componentsIn = async (name: string, irm: StepTarget): Promise<readonly Component[]> =>
  componentsOf((await find(name, irm))?.type ?? '');

const find = async (name: string, irm: StepTarget): Promise<IpcpInfo | undefined> =>
  (await irm.ipcpList()).find((ipcp) => ipcp.name === name);

/** An IPCP that comes back after a restart, its own or the daemon's, joins its layer again by itself: that is waited for. */
async function findLiving(name: string, irm: StepTarget): Promise<IpcpInfo | undefined> {
  const info = await find(name, irm);
  if (info?.state === 'null') throw new OuroborosError('EAGAIN', `IPCP ${name} is not back yet`);
  return info;
}

async function inTurn<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await act(item);
}

/** These codes say that the step is true already. */
async function unless(codes: readonly ErrorCode[], attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (thrown) {
    if (!(thrown instanceof OuroborosError) || !codes.includes(thrown.code)) throw thrown;
  }
}
