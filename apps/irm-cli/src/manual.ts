import { ENVIRONMENT, lines, part, rows, text, type Block, type Page, type Row } from '@ouroboros/manual';
import { ROOT } from './commands/root.js';
import type { Command, Entry, Group, OptionSpec } from './grammar/command.js';
import {
  ABBREVIATIONS,
  BEFORE_COMMAND,
  EVERY_COMMAND,
  EXIT_STATUS,
  operandRow,
  optionRow,
  typesOf,
  usageLine,
} from './grammar/help.js';
import { NODE_SWITCHES } from './grammar/node-words.js';

function commandsOf(entry: Entry, path: readonly string[]): readonly Block[] {
  if (entry.kind === 'command') return commandBlocks(entry, path);
  return entriesOf(entry).flatMap((inner) => commandsOf(inner, [...path, inner.word]));
}

const entriesOf = ({ entries, ours = [] }: Group): readonly Entry[] => [...entries, ...ours];

function commandBlocks(command: Command, path: readonly string[]): readonly Block[] {
  const { summary, details = [], operands = [], options = [], switches = [], trailing } = command;
  const common = options.filter(({ types }) => types === undefined);
  const after: readonly Row[] = trailing === undefined ? [] : [['-- <argument>...', trailing]];
  return [
    { kind: 'heading', text: ['irm', ...path].join(' ') },
    text(usageLine(path, command)),
    text(summary),
    ...details.map(text),
    ...rowsIfAny([...operands.map(operandRow), ...[...common, ...switches].map(optionRow), ...after]),
    ...typesOf(options).flatMap((type) => typeBlocks(type, options)),
  ];
}

const typeBlocks = (type: string, options: readonly OptionSpec[]): readonly Block[] => [
  text(`Options of type ${type}:`),
  rows(options.filter(({ types }) => types?.includes(type)).map(optionRow)),
];

const rowsIfAny = (list: readonly Row[]): readonly Block[] => (list.length === 0 ? [] : [rows(list)]);

/** The manual page of irm, from the command table. */
export const PAGE: Page = {
  name: 'irm',
  section: 1,
  summary: 'manage the Ouroboros node of this host: its IPCPs, names, bindings and flows',
  parts: [
    ...part('SYNOPSIS', [lines(['irm [--node host] command [argument...] [--json] [--help]'])]),
    ...part('DESCRIPTION', [
      text(ABBREVIATIONS),
      text('Every command takes'),
      rows(EVERY_COMMAND),
      text(BEFORE_COMMAND),
      rows(NODE_SWITCHES.map(optionRow)),
    ]),
    ...part('COMMANDS', commandsOf(ROOT, [])),
    ...part('EXIT STATUS', [rows(EXIT_STATUS)]),
    ...ENVIRONMENT,
    ...part('SEE ALSO', [text('irmd(8), irmd.conf(5), oping(1), ocat(1)')]),
  ],
};
