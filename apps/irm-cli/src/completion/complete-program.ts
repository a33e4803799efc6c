import type { OptionTable, VerbTable } from '@ouroboros/manual';
import { beginning, NOTHING, valueOffers, type Completion, type NodeKnowledge } from './node-knowledge.js';

/** What is known of a program that takes options, and perhaps a verb with words. */
export interface ProgramTable {
  /** Its name, and others that it has. */
  readonly names: readonly string[];
  readonly options: OptionTable;
  readonly verbs?: VerbTable;
}

/** What may stand in place of the last of `words`, which follow the name of the program. */
export async function completeProgram(
  table: ProgramTable,
  words: readonly string[],
  node: NodeKnowledge,
): Promise<Completion> {
  const { options, verbs = {} } = table;
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  if (before.includes('--')) return NOTHING;
  const open = openOption(options, before.at(-1) ?? '');
  if (open !== undefined) return beginning(typed, await offersFor(options, open, typed, node));
  const inline = /^--([^=]+)=(.*)$/.exec(typed);
  if (inline) return prefixed(`--${inline[1]}=`, await offersFor(options, inline[1]!, inline[2]!, node), inline[2]!);
  const spoken = before.filter(
    (word, at) => !word.startsWith('-') && openOption(options, before[at - 1] ?? '') === undefined,
  );
  const next = await wordOffers(verbs, spoken, typed, node);
  return beginning(typed, {
    ...next,
    candidates: [...next.candidates, ...optionOffers(optionsOf(table, spoken[0]), before)],
  });
}

/** The next word that does not belong to an option: a verb, or what follows it. */
async function wordOffers(
  verbs: VerbTable,
  [verb, ...rest]: readonly string[],
  typed: string,
  node: NodeKnowledge,
): Promise<Completion> {
  if (verb === undefined) return { candidates: Object.entries(verbs).map(([word, { help }]) => ({ word, help })) };
  return valueOffers(verbs[verb]?.words[rest.length] ?? '', undefined, typed, node);
}

/** Without those that are for other verbs. */
function optionsOf({ options, verbs = {} }: ProgramTable, verb: string | undefined): OptionTable {
  if (verb === undefined) return options;
  const own = verbs[verb]?.options ?? [];
  const others = Object.values(verbs).flatMap(({ options: list }) => list);
  return Object.fromEntries(Object.entries(options).filter(([long]) => own.includes(long) || !others.includes(long)));
}

/** The option whose value follows this word. */
function openOption(options: OptionTable, word: string): string | undefined {
  if (word.startsWith('--')) return options[word.slice(2)]?.type === 'string' ? word.slice(2) : undefined;
  if (!word.startsWith('-')) return undefined;
  const letter = word.at(-1);
  return Object.entries(options).find(([, { short, type }]) => type === 'string' && short === letter)?.[0];
}

async function offersFor(options: OptionTable, long: string, typed: string, node: NodeKnowledge): Promise<Completion> {
  const option = options[long];
  return option?.type === 'string' ? valueOffers(option.value ?? '', option.completes, typed, node) : NOTHING;
}

function prefixed(prefix: string, offers: Completion, typed: string): Completion {
  const { candidates } = beginning(typed, offers);
  return { candidates: candidates.map(({ word, help }) => ({ word: prefix + word, help })) };
}

/** Options with a text that do not stand there yet, or may stand there again. */
function optionOffers(options: OptionTable, before: readonly string[]): Completion['candidates'] {
  return Object.entries(options).flatMap(([long, { short, help, multiple }]) => {
    const given = before.some((word) => word.split('=', 1)[0] === `--${long}` || word === `-${short}`);
    return help === undefined || (given && !multiple) ? [] : [{ word: `--${long}`, help }];
  });
}
