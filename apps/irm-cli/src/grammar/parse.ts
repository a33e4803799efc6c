import { toOuroborosError } from '@ouroboros/model';
import type { Action, Command, Entry, Group } from './command.js';
import { takeNode, type NodeWords } from './node-words.js';
import { scan, unknown } from './scan.js';
import { firstMatch, type Words } from './words.js';

/** What a command line means. */
export type Parsed = Run | Help | Version | Usage;

export interface Run {
  readonly kind: 'run';
  /** Full words of the command: `['ipcp', 'create']`. */
  readonly path: readonly string[];
  readonly words: Words;
  readonly json: boolean;
  readonly node: NodeWords;
  readonly action: Action;
}

export interface Help {
  readonly kind: 'help';
  readonly path: readonly string[];
  readonly entry: Entry;
}

export interface Version {
  readonly kind: 'version';
  readonly json: boolean;
}

/** A line that cannot be carried out. */
export interface Usage {
  readonly kind: 'usage';
  /** Full words up to where it was understood. */
  readonly path: readonly string[];
  readonly message: string;
  /** The word or option that is wrong. */
  readonly field: string | undefined;
  readonly json: boolean;
}

/** Words that every level understands, wherever they stand before `--`. */
interface Common {
  readonly args: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

const HELP = { word: 'help', summary: 'explain what follows' } as const;

/**
 * Reads a command line (without the program's name) against the table. Never throws: whatever stands in `argv`, the
 * answer is a command that can be run, help, the version, or what is wrong.
 */
export function parse(root: Group, argv: readonly string[]): Parsed {
  try {
    const { node, rest } = takeNode(argv);
    return parseCommand(root, rest, node);
  } catch (thrown) {
    const { message, field } = toOuroborosError(thrown);
    return { kind: 'usage', path: [], message, field, json: takeCommon(argv).json };
  }
}

function parseCommand(root: Group, argv: readonly string[], node: NodeWords): Parsed {
  const common = takeCommon(argv);
  const found = descend(root, common.args);
  if (common.version) return { kind: 'version', json: common.json };
  if ('message' in found) return { kind: 'usage', ...found, json: common.json };
  if (common.help || (found.help && !explains(found))) return { kind: 'help', path: found.path, entry: found.entry };
  if (found.entry.kind === 'group') return { kind: 'usage', ...incomplete(found.entry, found.path), json: common.json };
  return prepare(found.entry, found.path, found.rest, common.json, node);
}

/** `irm ipcp help type udp4` is answered by the command. */
const explains = ({ entry, rest }: Found): boolean =>
  entry.kind === 'command' && entry.explains === true && rest.length > 0;

function takeCommon(argv: readonly string[]): Common {
  const end = argv.indexOf('--');
  const before = end < 0 ? argv : argv.slice(0, end);
  const is = (word: string, ...names: readonly string[]): boolean => names.includes(word);
  const rest = before.filter((word) => !is(word, '--json', '--help', '-h', '--version'));
  return {
    args: end < 0 ? rest : [...rest, ...argv.slice(end)],
    json: before.includes('--json'),
    help: before.some((word) => is(word, '--help', '-h')),
    version: before.includes('--version'),
  };
}

export interface Found {
  readonly entry: Entry;
  readonly path: readonly string[];
  readonly rest: readonly string[];
  readonly help: boolean;
}

export type Lost = Pick<Usage, 'path' | 'message' | 'field'>;

/** Follows the words of nouns and commands down the table; `help` on the way asks for help on what follows. */
export function descend(root: Group, args: readonly string[]): Found | Lost {
  let entry: Entry = root;
  let path: readonly string[] = [];
  let help = false;
  let at = 0;
  for (; entry.kind === 'group' && at < args.length; at++) {
    const typed: string = args[at]!;
    const next: Entry | typeof HELP | undefined = nextEntry(typed, entry);
    if (next === undefined && entry.otherwise) return { entry: entry.otherwise, path, rest: args.slice(at), help };
    if (next === undefined) return { path, ...lost(typed, entry) };
    if ('kind' in next) [entry, path] = [next, [...path, next.word]];
    else help = true;
  }
  return { entry, path, rest: args.slice(at), help };
}

function nextEntry(typed: string, group: Group): Entry | typeof HELP | undefined {
  const table = withHelp(group);
  return group.otherwise ? table.find(({ word }) => word === typed) : firstMatch<Entry | typeof HELP>(typed, table);
}

/** `help` stands behind the words of the C command. [spec/architecture.md §7] */
export const withHelp = (group: Group): readonly (Entry | typeof HELP)[] => [
  ...group.entries,
  HELP,
  ...(group.ours ?? []),
];

const wordsOf = (group: Group): readonly string[] => withHelp(group).map(({ word }) => word);

function lost(typed: string, group: Group): Pick<Usage, 'message' | 'field'> {
  const { message, field } = unknown(typed, wordsOf(group));
  return { message, field };
}

function incomplete(group: Group, path: readonly string[]): Lost {
  return { path, message: `a command is required: one of ${wordsOf(group).join(', ')}`, field: undefined };
}

function prepare(
  command: Command,
  path: readonly string[],
  args: readonly string[],
  json: boolean,
  node: NodeWords,
): Parsed {
  try {
    const words = scan(command, args);
    return { kind: 'run', path, words, json, node, action: command.prepare(words) };
  } catch (thrown) {
    const { message, field } = toOuroborosError(thrown);
    return { kind: 'usage', path, message, field, json };
  }
}
