import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../plan.js';
import type { Outcome } from '../run.js';
import { writeCharts } from './charts.js';
import { conditions, tablesOf } from './report.js';

/** The text around the results; each of these comments stands for a part of them. */
const TEMPLATE = join('apps', 'bench', 'performance.template.md');

/** Writes docs/performance.md and the charts beside it. */
export function writeDocs(root: string, outcome: Outcome, plan: Plan): void {
  const charts = writeCharts(join(root, 'docs', 'performance'), outcome.rows);
  const pictures = charts.map((file) => `![${file.replace('.svg', '').replaceAll('-', ' ')}](performance/${file})`);
  const parts: Readonly<Record<string, string>> = {
    conditions: `${new Date().toISOString().slice(0, 10)}. ${conditions(outcome, plan)}`,
    charts: pictures.join('\n\n'),
    tables: tablesOf(outcome),
  };
  const template = readFileSync(join(root, TEMPLATE), 'utf8');
  const text = template.replace(/<!-- (conditions|charts|tables) -->/g, (_, part: string) => parts[part]!);
  writeFileSync(join(root, 'docs', 'performance.md'), text);
}
