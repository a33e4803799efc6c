import { parseArgs } from 'node:util';
import { planOf, type Plan } from './plan.js';
import { createGroups } from './rows/groups.js';
import { matches } from './rows/row.js';

export const HELP = `npm run bench                     measure everything, five rounds (most of an hour)
npm run bench -- --quick          a selection, two rounds, in less than two minutes
npm run bench -- --only ROW       only rows whose names begin with ROW, word by word, * for any word:
                                  unicast/encrypted/1400/one-way, unicast/*/64, iperf3; may be repeated
npm run bench -- --rounds N       how often each row is measured, 1 to 100
npm run bench -- --json           one JSON object instead of the tables
npm run bench -- --svg FOLDER     charts as well
npm run bench -- --docs           write docs/performance.md and docs/performance/*.svg
npm run bench -- --tree FOLDER    the daemons and the library of another checkout, whose programs are bundled
npm run bench -- --list           names of all rows
npm run bench -- --guard REF      compare with a revision; exit status 1 when a row is clearly slower
`;

/** The caller's mistake; the text says what is wrong. */
export class BadOption extends Error {}

export interface Options {
  readonly action: 'measure' | 'help' | 'list' | 'guard';
  readonly plan: Plan;
  readonly json: boolean;
  readonly docs: boolean;
  readonly svg: string | undefined;
  /** Folder of the checkout that is measured; undefined: this one. */
  readonly tree: string | undefined;
  /** Folder of the checkout that is compared with. */
  readonly base: string | undefined;
}

const OPTIONS = {
  quick: { type: 'boolean' },
  only: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  json: { type: 'boolean' },
  svg: { type: 'string' },
  docs: { type: 'boolean' },
  tree: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean' },
  /** Here the folder of the base's checkout; tools/guard.mjs makes it of a revision. */
  guard: { type: 'string' },
} as const;

/** Throws BadOption. */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parsed(args);
  for (const pattern of values.only ?? []) checkPattern(pattern);
  const plan = planOf(
    values.quick ?? false,
    values.only,
    values.rounds === undefined ? undefined : count(values.rounds),
  );
  return {
    action: values.help ? 'help' : values.list ? 'list' : values.guard === undefined ? 'measure' : 'guard',
    plan,
    json: values.json ?? false,
    docs: values.docs ?? false,
    svg: values.svg,
    tree: values.tree,
    base: values.guard,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (thrown) {
    throw new BadOption((thrown as Error).message);
  }
}

export const allIds = (): string[] => createGroups().flatMap(({ rows }) => rows.map(({ id }) => id));

function checkPattern(pattern: string): void {
  const ids = allIds();
  if (ids.some((id) => matches(id, pattern))) return;
  const beginnings = [...new Set(ids.map((id) => id.split('/')[0]))].join(', ');
  throw new BadOption(`--only ${pattern}: no such row; they begin with ${beginnings} (--list names all)`);
}

function count(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds;
  throw new BadOption(`--rounds ${text}: must be a whole number from 1 to 100`);
}
