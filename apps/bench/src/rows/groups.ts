import { CONTENDERS } from '../contenders/index.js';
import { Line } from '../networks/line.js';
import { OneNode } from '../networks/one-node.js';
import { ALLOCATION_ROWS } from './allocation-rows.js';
import { ContenderGroup, wordOf } from './contender-group.js';
import { IDLE_ROWS, LOADED_ROW } from './daemon-rows.js';
import { flowRows, type HasPaths, type Protection } from './flow-rows.js';
import { group, type Group } from './group.js';
import { OVERLOAD_ROW } from './overload-row.js';
import type { Row } from './row.js';
import { EmptyHost, STARTUP_ROWS } from './startup-rows.js';
import { TRANSFER_ROWS } from './transfer-rows.js';

const SIZES = [64, 512, 1400];
const PROTECTIONS: readonly Protection[] = ['plain', 'encrypted', 'reliable'];

/** Rows of a path; `prefix`.plain and `prefix`.encrypted are the names that are served. */
function rowsOf(title: string, prefix: string, links = ''): Row<HasPaths>[] {
  return PROTECTIONS.flatMap((protection) => {
    const name = `${prefix}.${protection === 'plain' ? 'plain' : 'encrypted'}`;
    return SIZES.flatMap((size) => flowRows({ title, protection, name, links }, size));
  });
}

const direct = SIZES.flatMap((size) =>
  flowRows({ title: 'direct', protection: 'plain', name: 'direct', links: '' }, size),
);

const THEIRS = new Set(CONTENDERS.map(({ title }) => wordOf(title)));

/** Whether a row measures us, not a contender. */
export const isOurs = (id: string): boolean => !THEIRS.has(id.split('/')[0]!);

/** Everything that is measured, in the order of a round; contenders keep what they found out from one round to the next. */
export const createGroups = (): Group[] => [
  ...CONTENDERS.map((contender) => new ContenderGroup(contender, SIZES)),
  group('startup', async (place) => new EmptyHost(place), STARTUP_ROWS),
  group<OneNode>('one node', (place) => OneNode.start(place), [...direct, ...rowsOf('local', 'local')]),
  group<Line>('two nodes', (place) => Line.start({ length: 2, ranks: 1, encryptedLinks: false }, place), [
    ...IDLE_ROWS,
    ...rowsOf('udp', 'udp'),
    ...rowsOf('unicast', 'top'),
    ...ALLOCATION_ROWS,
    ...TRANSFER_ROWS,
    LOADED_ROW,
  ]),
  group<Line>(
    'two nodes, encrypted links',
    (place) => Line.start({ length: 2, ranks: 1, encryptedLinks: true }, place),
    rowsOf('unicast-links', 'top', ', and what the unicast IPCPs send each other'),
  ),
  group<Line>(
    'three nodes in line',
    (place) => Line.start({ length: 3, ranks: 1, encryptedLinks: false }, place),
    rowsOf('line', 'top'),
  ),
  group<Line>(
    'five ranks',
    (place) => Line.start({ length: 2, ranks: 4, encryptedLinks: false }, place),
    rowsOf('deep', 'top'),
  ),
  group('overload', (place) => Line.start({ length: 3, ranks: 1, encryptedLinks: false }, place), [OVERLOAD_ROW]),
];
