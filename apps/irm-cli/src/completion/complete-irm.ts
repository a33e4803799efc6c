import type { Candidate } from '@ouroboros/manual';
import type { Command, Group, OptionSpec, SwitchSpec } from '../grammar/command.js';
import { NODE_SWITCHES, takeNode, type NodeWords } from '../grammar/node-words.js';
import { descend, withHelp } from '../grammar/parse.js';
import { beginning, NOTHING, valueOffers, type Completion, type NodeKnowledge } from './node-knowledge.js';
import { placeIn, type AtOptions } from './place.js';

const JSON_SWITCH: Candidate = { word: '--json', help: 'print the result as JSON' };
const HELP_SWITCH: Candidate = { word: '--help', help: 'explain the command' };
const COMMON = [JSON_SWITCH.word, HELP_SWITCH.word, '-h', '--version'];

/**
 * What may stand in place of the last of `words`, which follow the name of the program. `nodeAt` asks the node that the
 * command line names.
 */
export async function completeIrm(
  root: Group,
  words: readonly string[],
  nodeAt: (node: NodeWords) => NodeKnowledge,
): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const { node, rest: before, open } = leadingSwitches(words.slice(0, -1));
  const knowledge = nodeAt(node);
  if (open) return beginning(typed, await valueOffers(open.value ?? '', open.completes, typed, knowledge));
  const found = descend(root, withoutCommon(before));
  if ('message' in found) return NOTHING;
  const { entry, rest, help } = found;
  if (entry.kind === 'group') {
    const { candidates, paths } = await groupOffers(entry, typed, knowledge);
    const switches = before.length === 0 ? NODE_SWITCHES.map(({ word, help: text }) => ({ word, help: text })) : [];
    return beginning(typed, { candidates: [...candidates, ...switches], paths });
  }
  return help && !entry.explains ? NOTHING : beginning(typed, await commandOffers(entry, rest, typed, knowledge));
}

/** Takes off the options that stand before the command; `open`: the one whose value comes next. */
function leadingSwitches(words: readonly string[]): {
  readonly node: NodeWords;
  readonly rest: readonly string[];
  readonly open?: SwitchSpec;
} {
  const last = NODE_SWITCHES.find(({ word }) => word === words.at(-1));
  const complete = last ? words.slice(0, -1) : words;
  const { node, rest } = takeNode(complete);
  return last && rest.length === 0
    ? { node, rest, open: last }
    : { node, rest: words.slice(complete.length - rest.length) };
}

/** Switches that every level understands say nothing about the place. */
function withoutCommon(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return words.filter((word, at) => (end >= 0 && at > end) || !COMMON.includes(word));
}

async function groupOffers(group: Group, typed: string, node: NodeKnowledge): Promise<Completion> {
  const words = withHelp(group).map(({ word, summary }) => ({ word, help: summary }));
  const { candidates, paths } = group.otherwise ? await commandOffers(group.otherwise, [], typed, node) : NOTHING;
  return { candidates: [...words, ...candidates, HELP_SWITCH], paths };
}

async function commandOffers(
  command: Command,
  words: readonly string[],
  typed: string,
  node: NodeKnowledge,
): Promise<Completion> {
  const place = placeIn(command, words);
  switch (place.at) {
    case 'trailing':
      return { candidates: [], paths: 'file' };
    case 'value':
      return valueOffers(place.of.value ?? '', place.of.completes, typed, node);
    case 'options':
      return { candidates: await optionOffers(command, place, node) };
    case 'operand': {
      const { name, completes, optional } = place.operand;
      const offers = await valueOffers(name, completes, typed, node);
      const more =
        optional || typed.startsWith('-') ? await optionOffers(command, { given: [], type: undefined }, node) : [];
      return { ...offers, candidates: [...offers.candidates, ...more] };
    }
  }
}

type Given = Pick<AtOptions, 'given' | 'type'>;

/** Options that may still come, those of the stated type of IPCP, and switches. */
async function optionOffers(command: Command, { given, type }: Given, node: NodeKnowledge): Promise<Candidate[]> {
  const { options = [], switches = [], open = false, trailing } = command;
  const left = ({ word, ...spec }: OptionSpec | SwitchSpec): boolean =>
    given.filter((other) => other === word).length < (('max' in spec ? spec.max : undefined) ?? 1);
  const fits = ({ types }: OptionSpec): boolean => types === undefined || (type !== undefined && types.includes(type));
  const listed = [...options.filter(fits), ...switches].filter(left);
  const asked =
    open && type !== undefined && !options.some(({ types }) => types?.includes(type)) ? await node.options(type) : [];
  return [
    ...listed.map(({ word, help }) => ({ word, help })),
    ...asked.filter(({ word }) => !given.includes(word)),
    ...(trailing === undefined ? [] : [{ word: '--', help: trailing }]),
    JSON_SWITCH,
    HELP_SWITCH,
  ];
}
