import { OuroborosError, checkName, printable, type Component, type JsonObject } from '@ouroboros/model';
import { checkType } from '@ouroboros/irm';
import { command, type Command, type Group } from '../grammar/command.js';
import { readChoice, readList, readQos, readRestart } from '../grammar/values.js';
import type { Words } from '../grammar/words.js';
import { renderType, typeJson } from '../render/ipcp-type.js';
import { addressText, renderIpcpDetails, renderIpcps } from '../render/ipcps.js';
import { ipcpJson } from '../render/json.js';
import { cellText } from '../render/rows.js';
import { NAME_OPTION, RESTART_OPTION, TYPE_OPTION } from './ipcp-options.js';
import { bootstrap, enroll } from './ipcp-start.js';
import { readSecurity, SECURITY_OPTIONS } from './security-options.js';

export function readName(words: Words, word: string): string {
  const name = words.required(word);
  checkName(name, word);
  return name;
}

const create = command({
  word: 'create',
  summary: 'Create an IPCP: start a process ipcpd-<type>.',
  options: [NAME_OPTION, { ...TYPE_OPTION, required: true }, RESTART_OPTION, ...SECURITY_OPTIONS],
  exactWords: true,
  read: (words) => {
    const type = words.required('type');
    checkType(type);
    const restart = readRestart(words.get('restart'));
    return { name: readName(words, 'name'), type, restart, security: readSecurity(words) };
  },
  run: async ({ name, type, restart, security }, { irm }) => {
    const ipcp = await irm.createIpcp(name, type, restart, security);
    return { text: `${printable(name)}: created, pid ${ipcp.pid}\n`, json: { ipcp: ipcpJson(ipcp) } };
  },
});

const destroy = command({
  word: 'destroy',
  summary: 'Destroy an IPCP.',
  details: ['A name that no IPCP has is no error.'],
  options: [{ ...NAME_OPTION, help: 'the exact name of the IPCP' }],
  read: (words) => readName(words, 'name'),
  run: async (name, { irm }) => {
    const destroyed = await irm.destroyIpcp(name);
    const json = { name, destroyed };
    if (destroyed) return { text: `${printable(name)}: destroyed\n`, json };
    return { text: '', json, notes: [`there is no IPCP "${printable(name)}": nothing to destroy`] };
  },
});

const secure = command({
  word: 'secure',
  summary: 'Set what flows over an IPCP must have from now on.',
  details: ['Flows that are up stay as they are. What is not given is left to the node.'],
  options: [{ ...NAME_OPTION, help: 'the exact name of the IPCP' }, ...SECURITY_OPTIONS],
  read: (words) => ({ name: readName(words, 'name'), security: readSecurity(words) }),
  run: async ({ name, security }, { irm }) => {
    await irm.secureIpcp(name, security);
    return { text: '', json: { name, ...security } };
  },
});

const COMPONENTS = { '*': '*', mgmt: 'Management', dt: 'Data Transfer' } as const;

const COMPONENT_WORDS = ['*', 'mgmt', 'dt'] as const;

const readComponent = (words: Words): Component | '*' => {
  return COMPONENTS[readChoice('component', words.get('component') ?? '*', COMPONENT_WORDS)];
};

const DST_OPTION = { word: 'dst', value: '<name>', help: 'name of the other member', required: true } as const;

const connect = command({
  word: 'connect',
  summary: 'Connect an IPCP to another member of its layer.',
  options: [
    NAME_OPTION,
    DST_OPTION,
    {
      word: 'component',
      value: '<c>',
      help: 'mgmt, dt, or * for mgmt and then dt (dt alone for broadcast)',
      fallback: '*',
      completes: COMPONENT_WORDS,
    },
    { word: 'qos', value: '<qos>', help: 'of the dt flow: raw, best, video, voice, data', fallback: 'raw' },
  ],
  read: (words) => {
    const component = readComponent(words);
    const qos = words.get('qos');
    if (qos !== undefined && component === 'Management') {
      throw new OuroborosError('EINVAL', 'qos is for component dt or *: management flows are always raw', {
        field: 'qos',
      });
    }
    return {
      name: readName(words, 'name'),
      dst: readName(words, 'dst'),
      component,
      qos: qos === undefined ? undefined : readQos(qos),
    };
  },
  run: async (input, { irm }) => {
    const components = await irm.connectIpcp(input);
    return connection('connected to', input, components);
  },
});

const disconnect = command({
  word: 'disconnect',
  summary: 'Disconnect an IPCP from another member of its layer.',
  details: ['A destination that is not connected is no error.'],
  options: [
    NAME_OPTION,
    { ...DST_OPTION, help: 'the name that was given to connect' },
    {
      word: 'component',
      value: '<c>',
      help: 'mgmt, dt, or * for dt and then mgmt',
      fallback: '*',
      completes: COMPONENT_WORDS,
    },
  ],
  read: (words) => ({ name: readName(words, 'name'), dst: readName(words, 'dst'), component: readComponent(words) }),
  run: async (input, { irm }) => {
    const components = await irm.disconnectIpcp(input);
    return connection('disconnected from', input, components);
  },
});

function connection(
  done: string,
  { name, dst }: { name: string; dst: string },
  components: readonly Component[],
): { text: string; json: JsonObject } {
  return {
    text: `${printable(name)}: ${done} ${printable(dst)}, ${components.join(' and ')}\n`,
    json: { name, dst, components: [...components] },
  };
}

const list = command({
  word: 'list',
  summary: 'List the IPCPs of this host.',
  options: [
    { word: 'name', value: '<ipcp>', help: 'accepted, but not applied' },
    { word: 'type', value: '<type>', help: 'accepted, but not applied' },
  ],
  read: (words) => ['name', 'type'].filter((word) => words.has(word)),
  run: async (ignored, { irm }) => {
    const ipcps = await irm.listIpcps();
    const notes = ignored.length === 0 ? [] : [`${ignored.join(' and ')} not applied: the list is whole`];
    return { text: renderIpcps(ipcps), json: { ipcps: ipcps.map(ipcpJson) }, notes };
  },
});

const show = command({
  word: 'show',
  summary: 'Show all about one IPCP: its state, address, layer, counters.',
  operands: [{ name: 'ipcp', help: 'the exact name of the IPCP' }],
  read: (words) => words.operand(0),
  run: async (name, { irm }) => {
    const details = await irm.showIpcp(name);
    const json = { ipcp: { ...ipcpJson(details.ipcp), address: addressText(details.status), status: details.status } };
    return { text: renderIpcpDetails(details), json };
  },
});

const type = command({
  word: 'type',
  summary: 'Explain a type of IPCP: its rank, its operations, the options that bootstrap takes.',
  details: ['Its program ipcpd-<type> is asked. The same as irm ipcp help type <type>.'],
  operands: [{ name: 'type', help: 'a type for which a program ipcpd-<type> is installed' }],
  explains: true,
  read: (words) => {
    checkType(words.operand(0));
    return words.operand(0);
  },
  run: async (name, { irm }) => {
    const info = await irm.describeIpcpType(name);
    return { text: renderType(info), json: typeJson(info) };
  },
});

/** `fault`: what is to be dropped; neither = show. */
function readFault(words: Words): { readonly name: string; readonly args: JsonObject } {
  const drop = words.get('drop');
  if (drop !== undefined && words.has('clear')) {
    throw new OuroborosError('EINVAL', 'drop and clear exclude each other', { field: 'drop' });
  }
  const args: JsonObject =
    drop !== undefined ? { drop: readList('drop', drop) } : words.has('clear') ? { clear: true } : {};
  return { name: words.operand(0), args };
}

const fault = command({
  word: 'fault',
  summary: 'Cut links for a test: an IPCP drops all packets to and from some addresses, silently.',
  details: ['Without drop or clear: show what is dropped. Only types that have a fault switch take it (udp4, udp6).'],
  operands: [{ name: 'ipcp', help: 'the exact name of the IPCP' }],
  options: [
    { word: 'drop', value: '<address>[,...]', help: 'drop packets of these addresses too' },
    { word: 'clear', help: 'drop nothing any more' },
  ],
  read: readFault,
  run: async ({ name, args }, { irm }) => {
    const answer = await irm.control(name, 'fault', args);
    return { text: `${printable(name)}: ${printable(cellText(answer))}\n`, json: { name, fault: answer } };
  },
});

const commands: readonly Command[] = [create, destroy, bootstrap, enroll, connect, disconnect, list];

export const ipcp: Group = {
  kind: 'group',
  word: 'ipcp',
  summary: 'IPC processes, the members of layers',
  entries: commands,
  ours: [show, type, secure, fault],
};
