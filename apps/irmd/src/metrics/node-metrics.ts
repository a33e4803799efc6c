import { MetricSet, addVitals } from '@ouroboros/metrics';
import { fromMs, fromSeconds, toOuroborosError, type JsonValue, type Micros } from '@ouroboros/model';
import type { CertificateStatus } from '@ouroboros/pki';
import { sleep, type Clock, type IpcpInfo, type Logger, type Management, type VitalSigns } from '@ouroboros/ports';
import type { AllocationMetrics } from './allocation-metrics.js';
import { addCertificates } from './certificate-metrics.js';
import { FlowMetrics } from './flow-metrics.js';

/** So many IPCPs are asked, in the order in which they are listed. */
export const IPCPS_SHOWN = 64;
/** An IPCP that has not answered by then costs its own metrics alone. */
export const ANSWER_LIMIT_MS = 1000;
/** Certificates are read from their files not more often. */
const CERTIFICATES_FRESH = fromSeconds(60);

export interface NodeMetricsParts {
  readonly irm: Pick<Management, 'status' | 'flowList' | 'ipcpReport'>;
  readonly allocations: AllocationMetrics;
  readonly vitals: VitalSigns;
  readonly clock: Clock;
  readonly logger: Logger;
  /** All certificates of this host. */
  certificates(): Promise<readonly CertificateStatus[]>;
}

/** Gathers the metrics of a node: those of irmd, and those that each of its IPCPs tells. */
export class NodeMetrics {
  private readonly flows = new FlowMetrics();
  private certificates: { readonly found: readonly CertificateStatus[]; readonly until: Micros } | undefined;
  private underWay: Promise<MetricSet> | undefined;

  constructor(private readonly parts: NodeMetricsParts) {}

  /** Those who ask at the same time get the same answer. */
  gather(): Promise<MetricSet> {
    this.underWay ??= this.gatherNow().finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  private async gatherNow(): Promise<MetricSet> {
    const { irm, allocations, vitals, clock } = this.parts;
    const out = new MetricSet();
    const [status, flows, certificates] = await Promise.all([irm.status(), irm.flowList(), this.freshCertificates()]);
    out.add('ouroboros_build', 1, { version: status.version });
    out.add('ouroboros_ready', status.ready ? 1 : 0);
    out.add('ouroboros_names', status.names);
    out.add('ouroboros_processes', status.processes);
    out.add('ouroboros_uptime_seconds', status.uptimeMs / 1000);
    addVitals(out, 'irmd', vitals);
    allocations.add(out);
    this.flows.add(out, flows);
    addCertificates(out, certificates, Number(clock.wallNanos() / 1_000_000n));
    await this.addIpcps(out, status.ipcps);
    return out;
  }

  private async addIpcps(out: MetricSet, ipcps: readonly IpcpInfo[]): Promise<void> {
    await Promise.all(ipcps.slice(0, IPCPS_SHOWN).map((ipcp) => this.addIpcp(out, ipcp)));
    const left = Math.max(0, ipcps.length - IPCPS_SHOWN);
    out.add('ouroboros_aggregated', left, { ipcp: '', layer: '', what: 'ipcps' });
  }

  private async addIpcp(out: MetricSet, { name: ipcp, layer, type, restarts }: IpcpInfo): Promise<void> {
    const from = this.parts.clock.now();
    const answer = await this.ask(ipcp);
    out.add('ouroboros_ipcp_up', answer === undefined ? 0 : 1, { ipcp, layer, type });
    out.add('ouroboros_ipcp_restarts', restarts, { ipcp, layer });
    if (answer === undefined) return;
    out.add('ouroboros_ipcp_answer_seconds', (this.parts.clock.now() - from) / 1e6, { ipcp, layer });
    out.absorb(answer, { ipcp, layer });
  }

  /** Undefined when there is no answer in time. */
  private async ask(ipcp: string): Promise<JsonValue | undefined> {
    const { irm, clock, logger } = this.parts;
    const answer = irm.ipcpReport(ipcp, 'metrics').catch((thrown: unknown) => {
      logger.log('debug', 'an IPCP told no metrics', { ipcp, error: toOuroborosError(thrown).message });
      return undefined;
    });
    return Promise.race([answer, sleep(clock, fromMs(ANSWER_LIMIT_MS)).then(() => undefined)]);
  }

  private async freshCertificates(): Promise<readonly CertificateStatus[]> {
    const now = this.parts.clock.now();
    if (!this.certificates || now >= this.certificates.until) {
      const until = (now + CERTIFICATES_FRESH) as Micros;
      this.certificates = { found: await this.parts.certificates(), until };
    }
    return this.certificates.found;
  }
}
