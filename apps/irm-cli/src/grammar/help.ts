import { columns, wrap, type Row } from '@ouroboros/manual';
import { NODE_SWITCHES } from './node-words.js';
import type { Command, Entry, Group, OperandSpec, OptionSpec, SwitchSpec } from './command.js';

/** Help texts, made from the command table so that they cannot differ from it. */
export function helpText(path: readonly string[], entry: Entry): string {
  return `${(entry.kind === 'group' ? groupHelp(path, entry) : commandHelp(path, entry)).join('\n')}\n`;
}

/** The one line that says how a command is called. */
export function usageLine(path: readonly string[], command: Command): string {
  const parts = [
    ...(command.operands ?? []).map(({ name, optional }) => (optional ? `[<${name}>]` : `<${name}>`)),
    ...(command.options ?? []).filter(({ types }) => !types).map(inUsage),
    ...(command.open ? ['[<option of the type> <value>]...'] : []),
    ...(command.switches ?? []).map(inUsage),
    '[--json]',
    ...(command.trailing === undefined ? [] : ['[-- <argument>...]']),
  ];
  return ['irm', ...path, ...parts].join(' ');
}

function inUsage(spec: OptionSpec | SwitchSpec): string {
  const pair = spec.value === undefined ? spec.word : `${spec.word} ${spec.value}`;
  const many = 'max' in spec && spec.max !== undefined ? '...' : '';
  return spec.required ? `${pair}${many}` : `[${pair}]${many}`;
}

function groupHelp(path: readonly string[], group: Group): string[] {
  const name = ['irm', ...path].join(' ');
  return [
    `Usage: ${name} <command> [<argument>...] [--json] [--help]`,
    ...(group.otherwise ? [`       ${shortForm(name, group.otherwise)}`] : []),
    '',
    group.summary,
    '',
    'Commands:',
    ...columns([...group.entries, ...(group.ours ?? [])].map((entry) => [entry.word, entry.summary])),
    '',
    ...(path.length === 0 ? ROOT_NOTES() : [`More on a command: ${name} <command> --help`]),
    ...(group.otherwise ? ['These commands are given in full.'] : []),
  ];
}

/** The short form of the command that is meant where no other is named. */
const shortForm = (name: string, { word, operands = [] }: Command): string =>
  `${name} ${operands.map((operand) => `<${operand.name}>`).join(' ')}   for ${name} ${word}`;

/** What the user of every command may know. */
export const ABBREVIATIONS =
  'Commands and option words may be abbreviated to a prefix; the first that fits in the order of these lists is ' +
  'meant. * in names of IPCPs and layers is a wildcard where a command says so.';

export const EVERY_COMMAND: readonly Row[] = [
  ['--json', 'print the result as JSON (errors too, on stderr)'],
  ['--help', 'explain the command'],
  ['--version', 'print the version'],
];

export const EXIT_STATUS: readonly Row[] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'usage'],
  ['3', 'irmd not reachable'],
  ['4', 'name, layer or IPCP unknown'],
  ['5', 'time-out'],
  ['6', 'refused'],
  ['7', 'QoS not available'],
  ['8', 'exists or in conflict'],
];

export const BEFORE_COMMAND = 'Before the command may stand, for a node of another host (docs/api.md)';

const ROOT_NOTES = (): readonly string[] => [
  ...wrap(ABBREVIATIONS),
  '',
  'Every command takes',
  ...columns(EVERY_COMMAND),
  '',
  ...wrap(`OUROBOROS_RUNTIME_DIR chooses the node, when several run on this machine. ${BEFORE_COMMAND}`),
  ...columns(NODE_SWITCHES.map(optionRow)),
  '',
  ...wrap(`Exit status: ${EXIT_STATUS.map(([status, meaning]) => `${status} ${meaning}`).join(', ')}.`),
];

function commandHelp(path: readonly string[], command: Command): string[] {
  const { operands = [], options = [], switches = [], details = [], trailing } = command;
  return [
    `Usage: ${usageLine(path, command)}`,
    '',
    command.summary,
    ...details.flatMap((paragraph) => ['', ...wrap(paragraph)]),
    ...section('Arguments:', operands.map(operandRow)),
    ...section('Options:', [...options.filter(({ types }) => !types), ...switches].map(optionRow)),
    ...typeSections(options),
    ...section('After --:', trailing === undefined ? [] : [['<argument>...', trailing]]),
    ...(command.exactWords ? ['', 'The option words of this command are given in full.'] : []),
  ];
}

export const operandRow = ({ name, help }: OperandSpec): Row => [`<${name}>`, help];

export function optionRow(spec: OptionSpec | SwitchSpec): Row {
  const left = spec.value === undefined ? spec.word : `${spec.word} ${spec.value}`;
  return [left, spec.fallback === undefined ? spec.help : `${spec.help} (default ${spec.fallback})`];
}

/** The types of IPCPs that some of these options are for. */
export const typesOf = (options: readonly OptionSpec[]): readonly string[] => [
  ...new Set(options.flatMap(({ types = [] }) => types)),
];

/** Options by the types that have them. */
function typeSections(options: readonly OptionSpec[]): string[] {
  return typesOf(options).flatMap((type) =>
    section(`Options of type ${type}:`, options.filter((option) => option.types?.includes(type)).map(optionRow)),
  );
}

const section = (title: string, rows: readonly Row[]): string[] =>
  rows.length === 0 ? [] : ['', title, ...columns(rows)];
