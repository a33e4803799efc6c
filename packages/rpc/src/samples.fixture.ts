/** One value of each interface that travels, with every field set to something that is not its default. */
import { QOS_JOINED, QOS_VIDEO, QOS_VOICE, type JsonObject } from '@ouroboros/model';
import type {
  BindProgramRequest,
  DaemonStatus,
  FlowArrival,
  FlowArrivalAnswer,
  FlowCounts,
  FlowGrant,
  FlowInfo,
  IpcpAnnouncement,
  IpcpBootstrapRequest,
  IpcpConnectRequest,
  IpcpCreateRequest,
  IpcpDisconnectRequest,
  IpcpEnrollRequest,
  IpcpFlowAllocRequest,
  IpcpFlowAllocResult,
  IpcpFlowJoinRequest,
  IpcpInfo,
  LinkInfo,
  NameCreateRequest,
  NameInfo,
  ProcessAnnouncement,
  RouteInfo,
  WatchEvent,
} from '@ouroboros/ports';

export const CONFIG: JsonObject = {
  text: 'Grüße 🐍',
  number: -1.5,
  yes: true,
  nothing: null,
  list: [1, 'two', null, [], {}],
  nested: { deep: { deeper: ['end'] } },
};

export const IPCP: IpcpInfo = {
  pid: 4242,
  name: 'uni.1',
  type: 'unicast',
  rank: 10,
  state: 'operational',
  layer: 'net',
  hash: 'SHA3_256',
  restart: 'on-failure',
  restarts: 3,
  flows: 7,
};

export const NEW_IPCP: IpcpInfo = { ...IPCP, state: 'boot', layer: '', hash: '', restarts: 0, flows: 0 };

export const NAME: NameInfo = {
  name: 'hello',
  balancing: 'round-robin',
  programs: [{ path: '/usr/bin/hello', args: ['-x', ''], auto: true }],
  pids: [1, 2, 3],
  registered: ['uni.1', 'udp.1'],
  spread: 'nearest',
  direct: 'deny',
};

export const COUNTS: FlowCounts = {
  ...{ packetsSent: 2 ** 40, bytesSent: 2 ** 50, packetsReceived: 3, bytesReceived: 4 },
  ...{ retransmitted: 5, lost: 6, outstanding: 7, window: 8 },
  drops: {
    ...{ checksum: 1, short: 2, unauthentic: 3, replayed: 4, unknownEpoch: 5 },
    ...{ early: 6, overrun: 7, malformed: 8, duplicate: 9, frcp: 10 },
  },
};

export const FLOW: FlowInfo = {
  flowId: 10_239,
  name: 'hello',
  layer: 'net',
  ipcp: 'uni.1',
  state: 'allocated',
  qos: QOS_VIDEO,
  pids: [77, 78],
  correlationId: '0123456789abcdef',
  sinceMs: 1234.5,
  peer: 'hello',
  crypto: { profile: 'o7s', cipher: 'chacha20-poly1305', kex: 'X25519+ML-KEM-768' },
  pathPacket: 1400,
  roundTripMs: 12.5,
  counts: COUNTS,
};

export const LINK: LinkInfo = {
  ...{ ipcp: 'uni.1', layer: 'net', neighbor: '1.2', component: 'Management', state: 'up' },
  detail: CONFIG,
};

export const ROUTE: RouteInfo = { ipcp: 'uni.1', layer: 'net', destination: '1.2', nextHop: '1.3', detail: CONFIG };

export const NOTE: WatchEvent = {
  ...{ sequence: 7, kind: 'process', change: 'note', text: 'said' },
  ...{ ipcp: null, name: null, flow: null, link: null, route: null },
};

export const STATUS: DaemonStatus = {
  version: '0.1.0',
  pid: 99,
  uptimeMs: 2 ** 40,
  runtimeDir: '/run/ouroboros',
  ready: true,
  waitingFor: ['layer net'],
  warnings: ['server certificate of "hello" expires in 3 days'],
  certificates: 2,
  certificateDays: -1,
  ipcps: [IPCP, NEW_IPCP],
  names: 5,
  flows: 6,
  processes: 7,
};

export const CREATE: IpcpCreateRequest = {
  name: 'uni.1',
  type: 'unicast',
  restart: 'always',
  security: { encryption: 'require', authentication: 'offer' },
};
export const BOOTSTRAP: IpcpBootstrapRequest = { name: 'uni.1', layer: 'net', config: CONFIG, autobind: true };
export const ENROLL: IpcpEnrollRequest = { name: 'u', dst: 'n', layer: 'net', config: CONFIG, autobind: true };
export const CONNECT: IpcpConnectRequest = { name: 'u', dst: 'n', component: 'Data Transfer', qos: QOS_VOICE };
export const DISCONNECT: IpcpDisconnectRequest = { name: 'u', dst: 'n', component: 'Management' };
export const BIND: BindProgramRequest = { program: '/bin/x', name: 'hello', auto: true, args: ['a', 'b'] };
export const CREATE_NAME: NameCreateRequest = {
  name: 'hello',
  balancing: 'spill',
  paths: { serverEnc: 'a', serverCrt: 'b', serverKey: 'c', clientEnc: 'd', clientCrt: 'e', clientKey: 'f' },
  security: { encryption: 'off', authentication: 'require' },
  spread: 'round-robin',
  direct: 'allow',
};

export const GRANT: FlowGrant = {
  flowId: 1,
  qos: QOS_VIDEO,
  mplMs: 5000,
  layerPacket: 8976,
  channel: { path: '/run/ouroboros/ch.12', ticket: Uint8Array.from({ length: 16 }, (_, i) => i), uid: 1000 },
  layer: 'net',
  name: 'hello',
  features: 0x8000_0001,
  correlationId: '0123456789abcdef',
  crypto: {
    profile: 'o7s',
    cipher: 'aes-256-gcm',
    secret: Uint8Array.from({ length: 32 }, (_, i) => i),
    kemInBand: true,
    kex: 'X25519+ML-KEM-768',
    peer: 'hello',
  },
};

export const PROCESS: ProcessAnnouncement = {
  pid: process.pid,
  program: '/usr/bin/hello',
  args: ['--loud', ''],
  channelPath: '/run/ouroboros/ch.12',
  flows: [
    {
      flowId: 5,
      name: 'hello',
      layer: 'net',
      correlationId: '0123456789abcdef',
      qos: QOS_VOICE,
      mplMs: 60_000,
      features: 3,
      allocated: true,
      crypto: { profile: 'c', cipher: 'aes-128-gcm', kex: 'X448', peer: 'hello' },
    },
  ],
};

export const ANNOUNCED_IPCP: IpcpAnnouncement = {
  pid: process.pid,
  name: 'uni.1',
  type: 'unicast',
  rank: 10,
  channelPath: '/run/ouroboros/ch.13',
  operations: ['bootstrap', 'enroll'],
  state: 'operational',
  layer: { name: 'net', hash: 'SHA3_512', oapRoom: 1985 },
  flows: [{ flowId: 64 }, { flowId: 65 }],
  onNetwork: true,
};

export const HASH = Uint8Array.of(0xde, 0xad, 0, 0xff);
export const IPCP_ALLOC: IpcpFlowAllocRequest = {
  flowId: 66,
  hash: HASH,
  qos: QOS_VIDEO,
  spread: 'round-robin',
  data: Uint8Array.of(1, 2, 3),
  ticket: GRANT.channel.ticket,
  uid: 1000,
  correlationId: '0123456789abcdef',
};
export const IPCP_JOIN: IpcpFlowJoinRequest = {
  flowId: 68,
  hash: HASH,
  qos: QOS_JOINED,
  ticket: GRANT.channel.ticket,
  uid: 1002,
  correlationId: '0123456789abcdef',
};
export const IPCP_ALLOC_RESULT: IpcpFlowAllocResult = {
  response: -1007,
  reason: 'no such name',
  mplMs: 250,
  layerPacket: 8976,
  wholePacket: 1468,
  data: Uint8Array.of(9),
};
export const ARRIVAL: FlowArrival = {
  hash: HASH,
  qos: QOS_VOICE,
  mplMs: 100,
  layerPacket: 0,
  wholePacket: 0,
  data: Uint8Array.of(4, 5),
  lacking: 'bandwidth',
};
export const ARRIVAL_ANSWER: FlowArrivalAnswer = {
  response: -111,
  data: Uint8Array.of(6),
  flowId: 67,
  ticket: GRANT.channel.ticket,
  uid: 1001,
  features: 2,
  correlationId: 'fedcba9876543210',
};
