import { printable } from '@ouroboros/model';
import { command, type Group, type OptionSpec } from '../grammar/command.js';
import { readPid } from '../grammar/values.js';
import type { Words } from '../grammar/words.js';
import { readName } from './ipcp.js';

const NAME: OptionSpec = { word: 'name', value: '<name>', help: 'the name, created when it is new', required: true };
const ANY_NAME: OptionSpec = { word: 'name', value: '<name>', help: 'the name', fallback: 'all names' };

const done = (what: string, verb: string, name: string | null): string =>
  `${printable(what)}: ${verb} ${name === null ? 'all names' : printable(name)}\n`;

const optionalName = (words: Words): string | null => (words.has('name') ? readName(words, 'name') : null);

const bindProgram = command({
  word: 'program',
  summary: 'Let all instances of a program accept flows for a name.',
  details: ['Instances that run already are not bound: only those that start from now on.'],
  operands: [{ name: 'program', help: 'its path, or a name that is looked up in PATH' }],
  options: [NAME, { word: 'auto', help: 'start the program when a flow is asked for and no process accepts' }],
  trailing: 'arguments for the program when it is started',
  read: (words) => ({
    program: words.operand(0),
    name: readName(words, 'name'),
    auto: words.has('auto'),
    args: words.trailing,
  }),
  run: async ({ program, name, auto, args }, { irm }) => {
    const path = await irm.bindProgram(program, name, { auto, args });
    return { text: done(path, 'bound to', name), json: { program: path, name, auto, args: [...args] } };
  },
});

const bindProcess = command({
  word: 'process',
  summary: 'Let a running process accept flows for a name.',
  operands: [{ name: 'pid', help: 'the process id' }],
  options: [NAME],
  read: (words) => ({ pid: readPid(words.operand(0)), name: readName(words, 'name') }),
  run: async ({ pid, name }, { irm }) => {
    await irm.bindProcess(pid, name);
    return { text: done(`process ${pid}`, 'bound to', name), json: { pid, name } };
  },
});

const bindIpcp = command({
  word: 'ipcp',
  summary: 'Let an IPCP accept flows for a name.',
  operands: [{ name: 'ipcp', help: 'the exact name of the IPCP' }],
  options: [NAME],
  read: (words) => ({ ipcp: words.operand(0), name: readName(words, 'name') }),
  run: async ({ ipcp, name }, { irm }) => {
    await irm.bindIpcp(ipcp, name);
    return { text: done(ipcp, 'bound to', name), json: { ipcp, name } };
  },
});

const unbindProgram = command({
  word: 'program',
  summary: 'Undo bind program.',
  operands: [{ name: 'program', help: 'base name of the program' }],
  options: [ANY_NAME],
  read: (words) => ({ program: words.operand(0), name: optionalName(words) }),
  run: async ({ program, name }, { irm }) => {
    await irm.unbindProgram(program, name ?? '');
    return { text: done(program, 'unbound from', name), json: { program, name } };
  },
});

const unbindProcess = command({
  word: 'process',
  summary: 'Undo bind process.',
  operands: [{ name: 'pid', help: 'the process id' }],
  options: [ANY_NAME],
  read: (words) => ({ pid: readPid(words.operand(0)), name: optionalName(words) }),
  run: async ({ pid, name }, { irm }) => {
    await irm.unbindProcess(pid, name ?? '');
    return { text: done(`process ${pid}`, 'unbound from', name), json: { pid, name } };
  },
});

const unbindIpcp = command({
  word: 'ipcp',
  summary: 'Undo bind ipcp.',
  operands: [{ name: 'ipcp', help: 'the exact name of the IPCP' }],
  options: [{ ...ANY_NAME, fallback: undefined, required: true }],
  read: (words) => ({ ipcp: words.operand(0), name: readName(words, 'name') }),
  run: async ({ ipcp, name }, { irm }) => {
    await irm.unbindIpcp(ipcp, name);
    return { text: done(ipcp, 'unbound from', name), json: { ipcp, name } };
  },
});

export const bind: Group = {
  kind: 'group',
  word: 'bind',
  summary: 'bind programs, processes and IPCPs to names',
  entries: [bindProgram, bindProcess, bindIpcp],
};

export const unbind: Group = {
  kind: 'group',
  word: 'unbind',
  summary: 'undo bind',
  entries: [unbindProgram, unbindProcess, unbindIpcp],
};
