import { join } from 'node:path';
import { Interrupted, interruption } from '@ouroboros/demo';
import { exitStatus, toOuroborosError } from '@ouroboros/model';
import { guard } from './guard.js';
import { allIds, BadOption, HELP, optionsOf, type Options } from './options.js';
import { writeCharts } from './report/charts.js';
import { writeDocs } from './report/docs.js';
import { conditions, jsonOf, tablesOf } from './report/report.js';
import { isOurs } from './rows/groups.js';
import { run } from './run.js';
import { treeAt } from './tree.js';

const ROOT = join(__dirname, '..', '..', '..');

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function measure({ plan, tree = ROOT, json, svg, docs }: Options, signal: AbortSignal): Promise<number> {
  const [outcome] = await run(plan, [treeAt(tree)], signal, say);
  if (svg !== undefined) writeCharts(svg, outcome!.rows);
  if (docs) writeDocs(ROOT, outcome!, plan);
  print(json ? jsonOf(outcome!, plan) : `${conditions(outcome!, plan)}\n\n${tablesOf(outcome!)}`);
  return outcome!.rows.some(({ id, failures }) => isOurs(id) && failures.length > 0) ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options.action === 'help') print(HELP.trimEnd());
  if (options.action === 'list') print(allIds().join('\n'));
  if (options.action === 'measure') return measure(options, interruption());
  if (options.action === 'guard') return guard(treeAt(options.base!), treeAt(ROOT), interruption(), say);
  return 0;
}

function failed(thrown: unknown): number {
  if (thrown instanceof BadOption) {
    process.stderr.write(`${thrown.message}\nnpm run bench -- --help says what there is.\n`);
    return 2;
  }
  if (thrown instanceof Interrupted) return thrown.exitStatus;
  const { code, message } = toOuroborosError(thrown);
  process.stderr.write(`npm run bench: ${message}\n`);
  return exitStatus(code);
}

void main(process.argv.slice(2))
  .catch(failed)
  .then((status) => process.exit(status));
