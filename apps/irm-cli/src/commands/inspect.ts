import { exitStatus, printable } from '@ouroboros/model';
import { command, type Command, type Group, type OperandSpec } from '../grammar/command.js';
import { renderFlows } from '../render/flows.js';
import { flowJson, reportsJson } from '../render/json.js';
import { renderReports, rowsOf } from '../render/rows.js';

const flowList = command({
  word: 'list',
  summary: 'List the flows of this host.',
  read: () => null,
  run: async (_, { irm }) => {
    const flows = await irm.listFlows();
    return { text: renderFlows(flows), json: { flows: flows.map(flowJson) } };
  },
});

const ONE_IPCP: OperandSpec = { name: 'ipcp', help: 'one IPCP; without it all that have such a list', optional: true };

/** A command that lists what IPCPs report on a topic. */
function reportList(topic: string, summary: string): Command {
  return command({
    word: 'list',
    summary,
    operands: [ONE_IPCP],
    read: (words) => words.operands[0],
    run: async (name, { irm }) => {
      const { reports, failures } = await irm.report(topic, name);
      return {
        text: renderReports(reports, topic),
        json: {
          ipcps: reportsJson(reports, (report) => rowsOf(report, topic)),
          failures: failures.map(({ ipcp, error }) => ({ ipcp: ipcp.name, code: error.code, message: error.message })),
        },
        notes: failures.map(({ ipcp, error }) => `${printable(ipcp.name)}: ${printable(error.message)}`),
        status: failures[0] && exitStatus(failures[0].error.code),
      };
    },
  });
}

const single = (word: string, summary: string, entry: Command): Group => ({
  kind: 'group',
  word,
  summary,
  entries: [entry],
});

export const flow = single('flow', 'flows', flowList);
export const route = single('route', 'routes of layers', reportList('routes', 'List where IPCPs forward packets to.'));
export const neighbor = single(
  'neighbor',
  'neighbors in layers',
  reportList('neighbors', 'List the members that IPCPs are connected to.'),
);
export const directory = single(
  'directory',
  'directories of layers',
  reportList('directory', 'List what IPCPs hold of the directory of their layer.'),
);

const ls = command({
  word: 'ls',
  summary: 'List entries of the resource information base.',
  operands: [{ name: 'path', help: '<ipcp>[/<component>]; without it the IPCPs', optional: true, completes: 'rib' }],
  read: (words) => words.operands[0] ?? '',
  run: async (path, { irm }) => {
    const entries = await irm.listRib(path);
    return { text: entries.map((entry) => `${printable(entry)}\n`).join(''), json: { path, entries: [...entries] } };
  },
});

const cat = command({
  word: 'cat',
  summary: 'Print an entry of the resource information base.',
  operands: [{ name: 'path', help: '<ipcp>/<component>/<entry>', completes: 'rib' }],
  read: (words) => words.operand(0),
  run: async (path, { irm }) => {
    const content = await irm.readRib(path);
    return { text: content.split('\n').map(printable).join('\n'), json: { path, content } };
  },
});

export const rib: Group = {
  kind: 'group',
  word: 'rib',
  summary: 'resource information base: counters and state of IPCPs',
  entries: [ls, cat],
};
