import type { JsonObject } from '@ouroboros/model';
import type { Completes } from '@ouroboros/manual';
import type { CancelSignal } from '@ouroboros/ports';
import type { Irm, TryFlow } from '@ouroboros/irm';
import type { Joining } from '@ouroboros/joining/node';
import type { Pki } from '@ouroboros/pki';
import type { NodeWords } from './node-words.js';
import type { Words } from './words.js';

/** The command table: nouns and commands as data. Parser and help are generic over it. */
export type Entry = Group | Command;

export interface Group {
  readonly kind: 'group';
  readonly word: string;
  readonly summary: string;
  /** Words of the C command, in its order, which decides what an abbreviation means. */
  readonly entries: readonly Entry[];
  /** Words that only we have: behind `help`, so that no abbreviation that C understands means one of them. */
  readonly ours?: readonly Entry[];
  /** The command that is meant when the next word is none of the group's, which then must be given in full. */
  readonly otherwise?: Command;
}

/** An argument without a word before it. */
export interface OperandSpec {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** What it can be, where `name` does not say it: see `completionOf`. */
  readonly completes?: Completes;
}

/** An option word; with `value` the next argument is its value, without it stands alone. */
export interface OptionSpec {
  readonly word: string;
  /** What the value is, for help: `<name>`. */
  readonly value?: string;
  readonly help: string;
  /** What holds without it, for help. */
  readonly fallback?: string;
  readonly required?: boolean;
  /** How often it may be given; default once. */
  readonly max?: number;
  /** Types of IPCPs that have it, for help; absent = all. */
  readonly types?: readonly string[];
  /** What the value can be, where `value` does not say it: see `completionOf`. */
  readonly completes?: Completes;
}

/** An option of ours that begins with `--`; never abbreviated. */
export type SwitchSpec = Pick<OptionSpec, 'word' | 'value' | 'help' | 'fallback' | 'required' | 'completes'>;

/** What a command has done. */
export interface Outcome {
  /** For stdout, with line ends; may be empty. */
  readonly text: string;
  /** For stdout with --json; the shapes stand in JSON.md. */
  readonly json: JsonObject;
  /** For stderr, a line each. */
  readonly notes?: readonly string[];
  /** Exit status when it is not 0. */
  readonly status?: number;
}

/** What a command may ask for. */
export interface Access {
  /** The daemon of the node that the command line names, or of another one. Asked for once at most. */
  readonly irm: (node?: NodeWords) => Promise<Irm>;
  /** The certificates of this host, for which no daemon is needed. */
  readonly pki: () => Promise<Pki>;
  /** Asks for a flow as programs do. */
  readonly tryFlow: () => Promise<TryFlow>;
  /** Invitations to layers. */
  readonly joining: (confDir?: string) => Promise<Joining>;
  readonly signal: CancelSignal;
  /** A line for stderr at once. */
  readonly note: (text: string) => void;
  /** A line for stderr at once, as it is: a command that is carried out for the user. */
  readonly say: (text: string) => void;
  /** A piece of a result that has no end: a line of text, or of JSON with --json. */
  readonly emit: (text: string, json: JsonObject) => void;
}

/** What a command of the daemon works with. */
export interface Context extends Omit<Access, 'irm' | 'pki' | 'joining'> {
  readonly irm: Irm;
}

export type Action = (access: Access) => Promise<Outcome>;

interface CommandShape {
  readonly word: string;
  readonly summary: string;
  /** Paragraphs below the usage in help. */
  readonly details?: readonly string[];
  readonly operands?: readonly OperandSpec[];
  /** The order decides which option an abbreviation means. */
  readonly options?: readonly OptionSpec[];
  /** Option words must be given in full. */
  readonly exactWords?: boolean;
  /** Words that are no option are kept with their values, for an IPCP type that only its package knows. */
  readonly open?: boolean;
  readonly switches?: readonly SwitchSpec[];
  /** It explains something itself: `help` before its word runs it when operands follow. */
  readonly explains?: boolean;
  /** What follows `--`, for help; absent = nothing may. */
  readonly trailing?: string;
}

export interface Command extends CommandShape {
  readonly kind: 'command';
  /** Checks the words and binds them to what is to be done. @throws OuroborosError for words that cannot be right */
  readonly prepare: (words: Words) => Action;
}

export interface CommandSpec<I, C> extends CommandShape {
  /** Turns words into typed input. @throws OuroborosError (EINVAL, ENOTSUP) with `field` */
  readonly read: (words: Words) => I;
  readonly run: (input: I, context: C) => Promise<Outcome>;
}

/** A command whose input has a type of its own; the table forgets that type. */
export const command = <I>(spec: CommandSpec<I, Context>): Command =>
  bind(spec, async ({ irm, pki: _pki, joining: _joining, ...access }) => ({ ...access, irm: await irm() }));

/** A command that works on the certificates of this host, whether a daemon runs or not. */
export const pkiCommand = <I>(spec: CommandSpec<I, Pki>): Command => bind(spec, ({ pki }) => pki());

/** A command that works without a daemon, or with what there is. */
export const freeCommand = <I>(spec: CommandSpec<I, Access>): Command => bind(spec, async (access) => access);

function bind<I, C>(spec: CommandSpec<I, C>, open: (access: Access) => Promise<C>): Command {
  const { read, run, ...shape } = spec;
  const prepare = (words: Words): Action => {
    const input = read(words);
    return async (access) => run(input, await open(access));
  };
  return { kind: 'command', ...shape, prepare };
}
