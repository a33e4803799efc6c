import type { Balancing, NameInfo } from '@ouroboros/ports';
import { renderTable, type Column } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'name', width: 50 },
  { title: 'load-balance policy', width: 20 },
];

const POLICY: Readonly<Record<Balancing, string>> = { 'round-robin': 'round-robin', spill: 'spillover' };

/** `irm name list`, as C prints it while the names fit. [spec/architecture.md §7] */
export function renderNames(names: readonly NameInfo[], filtered: boolean): string {
  if (names.length === 0 && !filtered) return 'No names in system.\n\n';
  return renderTable(
    COLUMNS,
    names.map(({ name, balancing }) => [name, POLICY[balancing]]),
  );
}
