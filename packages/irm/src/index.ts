/**
 * The management library: everything that the command `irm` does, typed.
 *
 *     import { openIrm } from '@ouroboros/irm/node';
 *
 *     const irm = openIrm();
 *     await irm.bootstrapIpcp({ name: 'l0', type: 'local', layer: 'loop' });
 *     await irm.regName('hello', { layers: ['loop'] });
 *     irm.close();
 */
export { Irm, type BindProgramOptions, type CreateNameOptions, type IrmPorts } from './irm.js';
export type { ConnectOptions, DisconnectOptions } from './connect-ipcp.js';
export { checkPid } from './checks.js';
export { checkType, compareIpcps } from './ipcp-types.js';
export { MemoryManagement } from './memory-management.js';
export type { RegistrationResult } from './register-name.js';
export type { CollectedReports, IpcpDetails, IpcpReport, ReportFailure } from './reports.js';
export type { IpcpPatterns } from './select-ipcps.js';
export type { BootstrapOptions, ConfigSource, EnrollOptions, StartedIpcp } from './start-ipcp.js';
export type { GraphMember, LayerGraph } from './layer-graph.js';
export type { LayerOverview, Overview } from './overview.js';
export type { NameTrace, TraceBelow, TraceHop, TraceStep, Way } from './trace.js';
export { explanation, type Explanation } from './why/explain.js';
export type { Evidence, LayerEvidence } from './why/evidence.js';
export type { Finding, Trial, TryFlow, Verdict } from './why/finding.js';
export { DEFAULT_WAIT_MS, type ReadyProgress, type WaitReadyOptions } from './wait-ready.js';
export { hasWildcard, wildcardMatch } from './wildcard.js';
