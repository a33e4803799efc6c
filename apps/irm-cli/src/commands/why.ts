import { checkName, exitStatus } from '@ouroboros/model';
import { command } from '../grammar/command.js';
import { renderExplanation } from '../render/why.js';
import { explanationJson } from '../render/why-json.js';

const FAILED = 1;

export const why = command({
  word: 'why',
  summary: 'why a name can be reached from here, or why not',
  details: [
    'Goes through the stages of reaching a name: this host as its server, layers, directory, routes, links. Then it asks for',
    'a flow, which the server sees, and ends it at once. Also tells what other hosts asked for here lately and did not get.',
  ],
  operands: [{ name: 'name', help: 'the name' }],
  switches: [{ word: '--no-flow', help: 'ask for no flow' }],
  read: (words) => {
    const name = words.operand(0);
    checkName(name, 'name');
    return { name, dry: words.has('--no-flow') };
  },
  run: async ({ name, dry }, { irm, tryFlow }) => {
    const found = await irm.explain(name, dry ? null : await tryFlow());
    const { trial, reached } = found;
    const status = trial && !trial.ok ? exitStatus(trial.code) : FAILED;
    return { text: renderExplanation(found), json: explanationJson(found), status: reached ? undefined : status };
  },
});
