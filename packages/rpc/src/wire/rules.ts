import {
  ERROR_CODES,
  HASH_NUMBER,
  QOS_RAW,
  type Component,
  type HashAlgorithm,
  type IpcpState,
} from '@ouroboros/model';
import {
  DEFAULT_PATHS,
  WATCH_KINDS,
  type Balancing,
  type CipherName,
  type Direct,
  type FlowCrypto,
  type FlowFailure,
  type FlowInfo,
  type NameLocation,
  type RestartPolicy,
  type SecurityPolicy,
  type Spread,
  type WatchChange,
} from '@ouroboros/ports';

/** What proto3 cannot say about the messages: the legal words of a string, which messages may be absent, defaults. */

const keys = <Word extends string>(all: Readonly<Record<Word, true>>): readonly string[] => Object.keys(all);

const STATES = keys<IpcpState>({ null: true, init: true, boot: true, operational: true, shutdown: true });
const RESTARTS = keys<RestartPolicy>({ never: true, 'on-failure': true, always: true });
const COMPONENTS = keys<Component>({ Management: true, 'Data Transfer': true });
const BALANCINGS = keys<Balancing>({ spill: true, 'round-robin': true });
const SPREADS = keys<Spread | ''>({ nearest: true, 'round-robin': true, '': true });
const DIRECT = keys<Direct | ''>({ allow: true, deny: true, '': true });
const PROFILES = keys<FlowCrypto['profile']>({ c: true, o7s: true });
const ENCRYPTION = keys<SecurityPolicy['encryption']>({ require: true, offer: true, off: true, '': true });
const AUTHENTICATION = keys<SecurityPolicy['authentication']>({ require: true, offer: true, '': true });
const CIPHERS = keys<CipherName>({
  'aes-128-ctr': true,
  'aes-192-ctr': true,
  'aes-256-ctr': true,
  'aes-128-gcm': true,
  'aes-192-gcm': true,
  'aes-256-gcm': true,
  'chacha20-poly1305': true,
});
const HASHES = Object.keys(HASH_NUMBER satisfies Readonly<Record<HashAlgorithm, number>>);

/** Legal words by `Message.field`. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'ouroboros.flow.v1.FlowCrypto.cipher': CIPHERS,
  'ouroboros.flow.v1.FlowCrypto.profile': PROFILES,
  'ouroboros.flow.v1.HeldProtection.cipher': CIPHERS,
  'ouroboros.flow.v1.HeldProtection.profile': PROFILES,
  'ouroboros.ipcp.v1.ConnectRequest.component': COMPONENTS,
  'ouroboros.ipcp.v1.DisconnectRequest.component': COMPONENTS,
  'ouroboros.ipcp.v1.IpcpAnnouncement.state': STATES,
  'ouroboros.ipcp.v1.IpcpFlowAllocRequest.spread': SPREADS,
  'ouroboros.ipcp.v1.LayerInfo.hash': HASHES,
  'ouroboros.irm.v1.FlowInfo.state': keys<FlowInfo['state']>({
    'alloc-pending': true,
    allocated: true,
    'dealloc-pending': true,
  }),
  'ouroboros.irm.v1.FlowFailure.code': ERROR_CODES,
  'ouroboros.irm.v1.FlowFailure.side': keys<FlowFailure['side']>({ local: true, remote: true }),
  'ouroboros.irm.v1.FlowProtection.cipher': CIPHERS,
  'ouroboros.irm.v1.FlowProtection.profile': PROFILES,
  'ouroboros.irm.v1.IpcpConnectRequest.component': COMPONENTS,
  'ouroboros.irm.v1.IpcpCreateRequest.restart': RESTARTS,
  'ouroboros.irm.v1.IpcpDisconnectRequest.component': COMPONENTS,
  'ouroboros.irm.v1.IpcpInfo.hash': [...HASHES, ''],
  'ouroboros.irm.v1.IpcpInfo.restart': RESTARTS,
  'ouroboros.irm.v1.IpcpInfo.state': STATES,
  'ouroboros.irm.v1.NameCreateRequest.balancing': BALANCINGS,
  'ouroboros.irm.v1.NameCreateRequest.direct': DIRECT,
  'ouroboros.irm.v1.NameCreateRequest.spread': SPREADS,
  'ouroboros.irm.v1.NameInfo.balancing': BALANCINGS,
  'ouroboros.irm.v1.NameInfo.direct': DIRECT,
  'ouroboros.irm.v1.NameInfo.spread': SPREADS,
  'ouroboros.irm.v1.NameLocation.answer': keys<NameLocation['answer']>({
    has: true,
    'has-not': true,
    'no-answer': true,
    'not-operational': true,
  }),
  'ouroboros.irm.v1.SecurityPolicy.authentication': AUTHENTICATION,
  'ouroboros.irm.v1.SecurityPolicy.encryption': ENCRYPTION,
  'ouroboros.irm.v1.WatchEvent.change': keys<WatchChange>({
    present: true,
    complete: true,
    added: true,
    changed: true,
    removed: true,
    note: true,
  }),
  'ouroboros.irm.v1.WatchEvent.kind': [...WATCH_KINDS, ''],
  'ouroboros.irm.v1.WatchRequest.kinds': WATCH_KINDS,
};

/** Messages that may be absent, by `Message.field`; null in the interfaces. All others are required. */
const NULLABLE: ReadonlySet<string> = new Set([
  'ouroboros.flow.v1.FlowFacts.counts',
  'ouroboros.flow.v1.FlowGrant.crypto',
  'ouroboros.flow.v1.HeldFlow.crypto',
  'ouroboros.ipcp.v1.IpcpAnnouncement.layer',
  'ouroboros.irm.v1.FlowInfo.counts',
  'ouroboros.irm.v1.FlowInfo.crypto',
  'ouroboros.ipcp.v1.ReportRequest.args',
  'ouroboros.irm.v1.IpcpCreateRequest.security',
  'ouroboros.irm.v1.IpcpReportRequest.args',
  'ouroboros.irm.v1.NameCreateRequest.security',
  ...['ipcp', 'name', 'flow', 'link', 'route'].map((kind) => `ouroboros.irm.v1.WatchEvent.${kind}`),
]);

/** Undefined = any string. */
export const legalWords = (message: string, field: string): readonly string[] | undefined =>
  WORDS[`${message}.${field}`];
export const isNullable = (message: string, field: string): boolean => NULLABLE.has(`${message}.${field}`);

/** What a request means that leaves a field out, which other clients than ours do. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  'ouroboros.irm.v1.IpcpBootstrapRequest.config': {},
  'ouroboros.irm.v1.IpcpConnectRequest.qos': QOS_RAW,
  'ouroboros.irm.v1.IpcpControlRequest.args': {},
  'ouroboros.irm.v1.IpcpCreateRequest.restart': 'on-failure' satisfies RestartPolicy,
  'ouroboros.irm.v1.IpcpEnrollRequest.config': {},
  'ouroboros.irm.v1.NameCreateRequest.balancing': 'spill' satisfies Balancing,
  'ouroboros.irm.v1.NameCreateRequest.paths': DEFAULT_PATHS,
};

/** Undefined = there is none. */
export const defaultOf = (message: string, field: string): unknown => DEFAULTS[`${message}.${field}`];
