import { readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { toOuroborosError } from '@ouroboros/model';
import { OWN_POLICIES, type Policies } from '../config.js';

/** File names: `unicast-routing-<name>` and `unicast-congestion-<name>`, with or without ending. */
const NAME = /^unicast-(routing|congestion)-[a-z0-9-]+(\.[cm]?js)?$/;

interface Found {
  readonly kind: keyof Policies;
  readonly path: string;
}

/**
 * The policies that every program has, and those of other packages: CommonJS modules that export `policy`, in the folders
 * of $OUROBOROS_POLICY_PATH, beside the program, and beside what it links to. What can't be used is named on stderr; a name
 * or number that is taken already is not taken again.
 */
export function foundPolicies(
  ownProgram: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Policies {
  const policies = { routing: [...OWN_POLICIES.routing], congestion: [...OWN_POLICIES.congestion] };
  for (const folder of foldersOf(ownProgram, env)) {
    for (const { kind, path } of orTold(`policies in ${folder}`, [], () => policiesIn(folder))) {
      orTold(`policy ${path}`, undefined, () => addTo(policies[kind], path));
    }
  }
  return policies;
}

/** What the attempt gives; when it fails that is told, and the program goes on without. */
function orTold<T>(what: string, otherwise: T, attempt: () => T): T {
  try {
    return attempt();
  } catch (thrown) {
    process.stderr.write(`${what} not used: ${toOuroborosError(thrown).message}\n`);
    return otherwise;
  }
}

function foldersOf(program: string | undefined, env: Readonly<Record<string, string | undefined>>): string[] {
  const configured = (env['OUROBOROS_POLICY_PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const beside = program === undefined ? [] : [dirname(program), dirname(realpathSync(program))];
  return [...new Set([...configured, ...beside].map((folder) => resolve(folder)))];
}

function policiesIn(folder: string): Found[] {
  const files = readdirSync(folder, { withFileTypes: true }).map(({ name }) => name);
  return files.sort().flatMap((file) => {
    const kind = NAME.exec(file)?.[1] as keyof Policies | undefined;
    return kind === undefined ? [] : [{ kind, path: join(folder, file) }];
  });
}

interface Policy {
  readonly name: string;
  readonly number: number;
}

function addTo(known: Policy[], path: string): void {
  const { policy } = createRequire(path)(path) as { policy?: Policy };
  if (typeof policy?.name !== 'string' || !Number.isInteger(policy.number)) {
    throw new Error('it exports no "policy" with a name and a number');
  }
  const same = known.find(({ name, number }) => name === policy.name || number === policy.number);
  if (same === policy) return;
  if (same) throw new Error(`${same.name} has its name or its number ${same.number}`);
  known.push(policy);
}
