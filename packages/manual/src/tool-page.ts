import type { Row } from './columns.js';
import { optionRows, sentence, verbRows } from './help-text.js';
import { INFORMATION, type Manual } from './manual.js';
import { lines, part, rows, text, type Page, type Part } from './page.js';

/** The page of a program, from the same table as its help. */
export function toolPage(manual: Manual): Page {
  const {
    name,
    aliases,
    section,
    summary,
    synopsis,
    description = [],
    verbs = {},
    options,
    notes = [],
    examples = [],
  } = manual;
  return {
    name,
    aliases,
    section,
    summary,
    parts: [
      ...part('SYNOPSIS', [lines(synopsis.map((rest) => `${name} ${rest}`.trimEnd()))]),
      ...part('DESCRIPTION', [sentence(summary), ...description, ...notes].map(text)),
      ...part('COMMANDS', verbRows(verbs).length === 0 ? [] : [rows(verbRows(verbs))]),
      ...part('OPTIONS', [rows([...options, INFORMATION].flatMap(optionRows).map(withoutIndent))]),
      ...part('EXAMPLES', examples.length === 0 ? [] : [rows(examples)]),
      ...part('EXIT STATUS', [rows(manual.exitStatus)]),
      ...ENVIRONMENT,
      ...part('SEE ALSO', [
        text([...(manual.seeAlso ?? []), 'irm(1)', 'irmd(8)'].filter(unique).filter(otherThan(manual)).join(', ')),
      ]),
    ],
  };
}

const withoutIndent = ([term, meaning]: Row): Row => [term.trimStart(), meaning];

const unique = (word: string, at: number, all: readonly string[]): boolean => all.indexOf(word) === at;

const otherThan =
  ({ name, section }: Manual) =>
  (word: string): boolean =>
    word !== `${name}(${section})`;

/** Of every program that talks to a node. */
export const ENVIRONMENT: readonly Part[] = part('ENVIRONMENT', [
  rows([
    [
      'OUROBOROS_RUNTIME_DIR',
      'the runtime directory of the node to talk to. Default: /run/ouroboros for root, else $XDG_RUNTIME_DIR/ouroboros, else /tmp/ouroboros-<uid>.',
    ],
  ]),
]);
