import { printable } from '@ouroboros/model';
import type { Explanation, Finding, Verdict } from '@ouroboros/irm';

const MARKS: Readonly<Record<Verdict, string>> = { ok: 'ok', note: '-', warn: 'warn', fail: 'FAIL' };
const MARK_WIDTH = 4;

/** A line for each stage; below it what to do about it. */
export function renderExplanation({ name, reached, failedStage, findings }: Explanation): string {
  const width = Math.max(...findings.map(({ stage }) => stage.length));
  const verdict = reached ? `${name} can be reached` : `${name} cannot be reached: ${failedStage}`;
  return `${findings.map((one) => line(one, width)).join('')}${printable(verdict)}\n`;
}

function line({ stage, verdict, text, remedy }: Finding, width: number): string {
  const begin = `${MARKS[verdict].padEnd(MARK_WIDTH)}  ${stage.padEnd(width)}  `;
  const todo = remedy === '' ? '' : `${' '.repeat(begin.length)}→ ${printable(remedy)}\n`;
  return `${begin}${printable(text)}\n${todo}`;
}
