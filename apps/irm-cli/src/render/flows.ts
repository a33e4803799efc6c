import { QOS_BY_NAME, QOS_RAW_NO_ERRORS, type QosSpec } from '@ouroboros/model';
import type { FlowInfo } from '@ouroboros/ports';
import { renderTable } from './table.js';
import { formatDuration } from './text.js';

const NAMED: readonly (readonly [string, QosSpec])[] = [
  ...Object.entries(QOS_BY_NAME),
  ['raw-no-errors', QOS_RAW_NO_ERRORS],
];

const sameQos = (a: QosSpec, b: QosSpec): boolean =>
  a.delay === b.delay &&
  a.bandwidth === b.bandwidth &&
  a.availability === b.availability &&
  a.loss === b.loss &&
  a.ber === b.ber &&
  a.inOrder === b.inOrder &&
  a.maxGap === b.maxGap;

/** The word for a QoS; the peer time-out does not count. */
export const qosWord = (qos: QosSpec): string => NAMED.find(([, named]) => sameQos(named, qos))?.[0] ?? 'custom';

export function renderFlows(flows: readonly FlowInfo[]): string {
  if (flows.length === 0) return 'No flows.\n';
  const titles = ['flow', 'name', 'layer', 'ipcp', 'qos', 'protection', 'peer', 'packet', 'rtt', 'pid', 'age', 'state'];
  const rows = flows.map((flow) => [
    String(flow.flowId),
    flow.name,
    flow.layer === '' ? '(local)' : flow.layer,
    flow.ipcp === '' ? '-' : flow.ipcp,
    qosWord(flow.qos),
    flow.crypto === null ? '-' : `${flow.crypto.cipher}, ${flow.crypto.kex}`,
    flow.peer === '' ? '-' : flow.peer,
    flow.pathPacket === 0 ? '-' : String(flow.pathPacket),
    flow.roundTripMs === 0 ? '-' : `${flow.roundTripMs.toPrecision(3)} ms`,
    flow.pids.join(', '),
    formatDuration(flow.sinceMs),
    flow.state,
  ]);
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
  );
}
