import { toOuroborosError, type OuroborosError, type ErrorCode, type JsonValue } from '@ouroboros/model';
import type { IpcpInfo, Management } from '@ouroboros/ports';
import { compareIpcps } from './ipcp-types.js';
import { ipcpNamed } from './select-ipcps.js';

/** What one IPCP says on a topic. */
export interface IpcpReport {
  readonly ipcp: IpcpInfo;
  /** In the words of the IPCP's package. */
  readonly report: JsonValue;
}

export interface ReportFailure {
  readonly ipcp: IpcpInfo;
  readonly error: OuroborosError;
}

export interface CollectedReports {
  readonly reports: readonly IpcpReport[];
  /** IPCPs that should have answered and did not; the reports of the others stand. */
  readonly failures: readonly ReportFailure[];
}

/** An IPCP that does not know the topic (EINVAL: the topic is the only argument), or that is in no layer yet, has nothing to say. */
const NOT_OFFERED: readonly ErrorCode[] = ['EINVAL', 'ENOTSUP', 'EIPCPSTATE'];

/**
 * A topic over all IPCPs that offer it, in the order of lists; or of one IPCP, which then must offer it.
 * @throws OuroborosError ENAME for an unknown IPCP; for one IPCP whatever it answers with
 */
export async function collectReports(management: Management, topic: string, name?: string): Promise<CollectedReports> {
  const ipcps = [...(await management.ipcpList())].sort(compareIpcps);
  if (name !== undefined) {
    const ipcp = ipcpNamed(name, ipcps);
    return { reports: [{ ipcp, report: await management.ipcpReport(name, topic) }], failures: [] };
  }
  const outcomes = await Promise.all(ipcps.map((ipcp) => reportOf(management, ipcp, topic)));
  return {
    reports: outcomes.filter((outcome) => 'report' in outcome),
    failures: outcomes.filter((outcome) => 'error' in outcome).filter(({ error }) => !NOT_OFFERED.includes(error.code)),
  };
}

async function reportOf(management: Management, ipcp: IpcpInfo, topic: string): Promise<IpcpReport | ReportFailure> {
  try {
    return { ipcp, report: await management.ipcpReport(ipcp.name, topic) };
  } catch (thrown) {
    return { ipcp, error: toOuroborosError(thrown) };
  }
}

export interface IpcpDetails {
  readonly ipcp: IpcpInfo;
  /** The IPCP's own `status` report (its address, among others); null when it has none. */
  readonly status: JsonValue;
}

/** @throws OuroborosError ENAME for an unknown IPCP */
export async function showIpcp(management: Management, name: string): Promise<IpcpDetails> {
  const ipcp = ipcpNamed(name, await management.ipcpList());
  const answer = await reportOf(management, ipcp, 'status');
  if ('report' in answer) return { ipcp, status: answer.report };
  if (NOT_OFFERED.includes(answer.error.code)) return { ipcp, status: null };
  throw answer.error;
}
