/**
 * An example for every call of the API, in an order in which they can all be made on one node. docs/api.md shows the body of
 * `call` and the JSON of `request`; the specs make both.
 */
import { QOS_RAW } from '@ouroboros/model';
import type { Management } from '@ouroboros/ports';

export interface Example {
  /** What must be there before it, and is not shown. */
  readonly given?: (management: Management) => Promise<unknown>;
  readonly call: (management: Management) => Promise<unknown>;
  /** The same as JSON, for tools that know no TypeScript. */
  readonly request: object;
}

/** Stands for the id of a process that is attached, in the JSON of examples. */
export const ATTACHED_PID = 4711;

/** UDP port of the layer that is made here. */
const PORT = 34_719;

async function makeMember(management: Management): Promise<void> {
  await management.ipcpCreate({ name: 'n1', type: 'unicast', restart: 'on-failure' });
  await management.ipcpBootstrap({ name: 'n1', layer: 'net', config: {}, autobind: true });
  await management.nameRegister('n1', 'l0');
  await management.ipcpCreate({ name: 'n2', type: 'unicast', restart: 'on-failure' });
}

async function makeUdp(management: Management): Promise<void> {
  await management.ipcpCreate({ name: 'u0', type: 'udp4', restart: 'never' });
  await management.ipcpBootstrap({
    name: 'u0',
    layer: 'udp',
    config: { ip: '127.0.0.1', port: PORT },
    autobind: false,
  });
}

export const EXAMPLES: Readonly<Record<keyof Management, Example>> = {
  status: {
    call: async (management) => {
      const { version, ready, waitingFor } = await management.status();
      return ready ? `irmd ${version} is ready` : `irmd waits for ${waitingFor.join(', ')}`;
    },
    request: {},
  },
  ipcpDescribe: {
    call: async (management) => {
      const { keys } = await management.ipcpDescribe('unicast');
      return keys.map(({ key, legal }) => `${key}: ${legal}`);
    },
    request: { type: 'unicast' },
  },
  ipcpCreate: {
    call: async (management) => {
      const { pid, state } = await management.ipcpCreate({ name: 'l0', type: 'local', restart: 'on-failure' });
      return `process ${pid} is in state ${state}`;
    },
    request: { name: 'l0', type: 'local', restart: 'on-failure' },
  },
  ipcpBootstrap: {
    call: async (management) => {
      const config = { hash: 'SHA3_256' };
      return management.ipcpBootstrap({ name: 'l0', layer: 'loop', config, autobind: false });
    },
    request: { name: 'l0', layer: 'loop', config: { hash: 'SHA3_256' } },
  },
  ipcpEnroll: {
    given: makeMember,
    call: async (management) => {
      return management.ipcpEnroll({ name: 'n2', dst: 'n1', layer: 'net', config: {}, autobind: true });
    },
    request: { name: 'n2', dst: 'n1', layer: 'net', autobind: true },
  },
  ipcpConnect: {
    call: async (management) => {
      await management.ipcpConnect({ name: 'n2', dst: 'n1', component: 'Management', qos: QOS_RAW });
      await management.ipcpConnect({ name: 'n2', dst: 'n1', component: 'Data Transfer', qos: QOS_RAW });
    },
    request: { name: 'n2', dst: 'n1', component: 'Data Transfer' },
  },
  ipcpList: {
    call: async (management) => {
      const ipcps = await management.ipcpList();
      return ipcps.filter(({ layer }) => layer === 'net').map(({ name, state }) => `${name} is ${state}`);
    },
    request: {},
  },
  ipcpReport: {
    call: async (management) => {
      return management.ipcpReport('n1', 'neighbors');
    },
    request: { name: 'n1', topic: 'neighbors' },
  },
  ipcpControl: {
    given: makeUdp,
    call: async (management) => {
      return management.ipcpControl('u0', 'fault', { drop: '127.0.0.9' });
    },
    request: { name: 'u0', command: 'fault', args: { drop: '127.0.0.9' } },
  },
  ipcpSecure: {
    call: async (management) => {
      await management.ipcpSecure('u0', { encryption: 'require', authentication: 'require' });
    },
    request: { name: 'u0', security: { encryption: 'require', authentication: 'require' } },
  },
  ribList: {
    call: async (management) => {
      return management.ribList('n1', '');
    },
    request: { ipcp: 'n1' },
  },
  ribRead: {
    call: async (management) => {
      return management.ribRead('n1', 'info/_layer');
    },
    request: { ipcp: 'n1', path: 'info/_layer' },
  },
  nameCreate: {
    call: async (management) => {
      const paths = { serverEnc: '', serverCrt: '', serverKey: '', clientEnc: '', clientCrt: '', clientKey: '' };
      await management.nameCreate({ name: 'hello', balancing: 'round-robin', spread: 'nearest', direct: '', paths });
    },
    request: { name: 'hello', balancing: 'round-robin', spread: 'nearest' },
  },
  nameSecure: {
    call: async (management) => {
      await management.nameSecure('hello', { encryption: 'require', authentication: '' });
    },
    request: { name: 'hello', security: { encryption: 'require' } },
  },
  nameRegister: {
    call: async (management) => {
      await management.nameRegister('hello', 'n1');
    },
    request: { name: 'hello', ipcp: 'n1' },
  },
  nameLocate: {
    call: async (management) => {
      const answers = await management.nameLocate('hello');
      return answers.map(({ layer, answer }) => `${layer}: ${answer}`);
    },
    request: { name: 'hello' },
  },
  nameList: {
    call: async (management) => {
      const names = await management.nameList();
      return names.find(({ name }) => name === 'hello')?.registered;
    },
    request: {},
  },
  bindProgram: {
    call: async (management) => {
      await management.bindProgram({ program: '/bin/cat', name: 'hello', auto: true, args: ['-u'] });
    },
    request: { program: '/bin/cat', name: 'hello', auto: true, args: ['-u'] },
  },
  bindProcess: {
    call: async (management) => {
      const ipcps = await management.ipcpList();
      const { pid } = ipcps.find(({ type }) => type === 'unicast')!;
      await management.bindProcess(pid, 'hello');
    },
    request: { pid: ATTACHED_PID, name: 'hello' },
  },
  bindIpcp: {
    call: async (management) => {
      await management.bindIpcp('n2', 'other');
    },
    request: { ipcp: 'n2', name: 'other' },
  },
  flowList: {
    call: async (management) => {
      const flows = await management.flowList();
      return flows.map(({ flowId, name, state }) => `${flowId} to ${name}: ${state}`);
    },
    request: {},
  },
  flowFailures: {
    call: async (management) => {
      const failures = await management.flowFailures('');
      return failures.map(({ name, code, stage }) => `${name}: ${code} at ${stage}`);
    },
    request: { name: '' },
  },
  watch: {
    call: async (management) => {
      const stop = new AbortController();
      const seen: string[] = [];
      for await (const { kind, change, text } of management.watch(stop.signal, ['ipcp', 'link'])) {
        seen.push(`${kind} ${change}: ${text}`);
        if (change === 'complete') stop.abort();
      }
      return seen;
    },
    request: { kinds: ['ipcp', 'link'] },
  },
  unbindProgram: {
    call: async (management) => {
      await management.unbindProgram('cat', 'hello');
    },
    request: { program: 'cat', name: 'hello' },
  },
  unbindProcess: {
    call: async (management) => {
      const ipcps = await management.ipcpList();
      const { pid } = ipcps.find(({ type }) => type === 'unicast')!;
      await management.unbindProcess(pid, 'hello');
    },
    request: { pid: ATTACHED_PID, name: 'hello' },
  },
  unbindIpcp: {
    call: async (management) => {
      await management.unbindIpcp('n2', 'other');
    },
    request: { ipcp: 'n2', name: 'other' },
  },
  nameUnregister: {
    call: async (management) => {
      await management.nameUnregister('hello', 'n1');
    },
    request: { name: 'hello', ipcp: 'n1' },
  },
  nameDestroy: {
    call: async (management) => {
      await management.nameDestroy('hello');
    },
    request: { name: 'hello' },
  },
  ipcpDisconnect: {
    call: async (management) => {
      await management.ipcpDisconnect({ name: 'n2', dst: 'n1', component: 'Data Transfer' });
    },
    request: { name: 'n2', dst: 'n1', component: 'Data Transfer' },
  },
  ipcpDestroy: {
    call: async (management) => {
      await management.ipcpDestroy('n2');
    },
    request: { name: 'n2' },
  },
};
