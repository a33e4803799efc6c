import type { DaemonStatus } from '@ouroboros/ports';
import { compareIpcps } from '@ouroboros/irm';
import { layerText } from './ipcps.js';
import { renderTable } from './table.js';
import { formatDuration, renderFields } from './text.js';

export const readiness = (status: DaemonStatus): string =>
  status.ready ? 'ready' : `not ready, waiting for: ${status.waitingFor.join(', ') || 'the configuration'}`;

export function renderStatus(status: DaemonStatus): string {
  const facts = renderFields([
    ['irmd', `${status.version}, pid ${status.pid}, up ${formatDuration(status.uptimeMs)}`],
    ['node', status.runtimeDir],
    ['state', readiness(status)],
    [
      'holds',
      `${status.ipcps.length} IPCPs, ${status.names} names, ${status.flows} flows, ${status.processes} processes`,
    ],
    ...certificateLine(status),
    ...status.warnings.map((warning) => ['warning', warning] as const),
  ]);
  return status.ipcps.length === 0 ? facts : `${facts}\n${renderIpcpStates(status)}`;
}

function renderIpcpStates(status: DaemonStatus): string {
  const titles = ['pid', 'name', 'type', 'layer', 'rank', 'flows', 'restarts', 'state'];
  const rows = [...status.ipcps]
    .sort(compareIpcps)
    .map((ipcp) =>
      [ipcp.pid, ipcp.name, ipcp.type, layerText(ipcp), ipcp.rank, ipcp.flows, ipcp.restarts, ipcp.state].map(String),
    );
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
  );
}

function certificateLine({ certificates, certificateDays }: DaemonStatus): (readonly [string, string])[] {
  if (certificates === 0) return [];
  const left = certificateDays < 0 ? 'one has expired' : `the first expires in ${certificateDays} d`;
  return [['certificates', `${certificates}, ${left}`]];
}
