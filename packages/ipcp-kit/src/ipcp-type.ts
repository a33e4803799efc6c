import type { JsonObject } from '@ouroboros/model';
import type { ConfigKey, IpcpTypeInfo } from '@ouroboros/ports';
import type { IpcpEnvironment } from './environment.js';
import type { Ipcp } from './ipcp.js';

/** Operations that a type may lack; `bootstrap`, `report`, `control`, `ribList` and `ribRead` belong to every type. */
export type OptionalOperation =
  | 'enroll'
  | 'connect'
  | 'disconnect'
  | 'register'
  | 'unregister'
  | 'query'
  | 'flowAlloc'
  | 'flowJoin'
  | 'flowAgreed'
  | 'flowDealloc';

/** What a layer needs that offers flows by name. */
export const FLOW_OPERATIONS = ['register', 'unregister', 'query', 'flowAlloc', 'flowAgreed', 'flowDealloc'] as const;
/** What a layer needs that processes join. */
export const JOIN_OPERATIONS = ['flowJoin', 'flowDealloc'] as const;
/** What a layer needs whose members join it over lower flows. */
export const MEMBER_OPERATIONS = ['enroll', 'connect', 'disconnect'] as const;
export const COMMON_OPERATIONS = ['bootstrap', 'report', 'control', 'ribList', 'ribRead'] as const;

/** One fault of a configuration. */
export interface ConfigFault {
  /** Key path, such as `hosts.server` or `port`; empty = the whole. */
  readonly field: string;
  /** What is wrong, and what would be legal. */
  readonly message: string;
}

/** How a type reads its configuration. `configSchema` makes one from a zod schema. */
export interface ConfigParser<C> {
  /** For operators, in the order of importance. */
  readonly keys: readonly ConfigKey[];
  /** All faults at once; empty = legal. */
  check(raw: JsonObject): readonly ConfigFault[];
  /** OuroborosError EINVAL: `field` = key path of the first fault, the message names all. */
  parse(raw: JsonObject): C;
}

/**
 * An IPCP type: everything that makes it differ from the others. With a three-line `main.ts` that calls `runIpcp(type)`
 * it is a daemon, `ipcpd-<name>`, which the IRM daemon can create.
 */
export interface IpcpType<C> {
  /** The word in commands and configuration: `local`, `udp4`, `unicast`. */
  readonly name: string;
  /** Order in which layers are asked for a name, lowest first. [spec/architecture.md §4.1] */
  readonly rank: number;
  /** It stands directly on a network that others can listen to. Default: false. */
  readonly onNetwork?: boolean;
  readonly operations: readonly OptionalOperation[];
  /** Names of its counters, in the order of their indices (see `counterTable`). */
  readonly counters: readonly string[];
  /** Which of the counters are traffic, for metrics; those that begin with `drop` are drops. Default: none. */
  readonly traffic?: TrafficCounters;
  /** True for types that stand on flows of lower layers: only then the environment has `flows`. */
  readonly usesLowerFlows: boolean;
  readonly config: ConfigParser<C>;
  create(environment: IpcpEnvironment): Ipcp<C>;
}

/** Names of the counters of one kind of traffic: one, or one for each QoS cube. */
export interface TrafficNames {
  readonly packets: readonly string[];
  readonly bytes: readonly string[];
}

/** The counters of traffic over the links of the layer. */
export interface TrafficCounters {
  readonly sent: TrafficNames;
  readonly received: TrafficNames;
}

/** What an operator is told about a type. */
export const describeType = <C>(type: IpcpType<C>): IpcpTypeInfo => ({
  type: type.name,
  rank: type.rank,
  operations: [...COMMON_OPERATIONS, ...type.operations],
  keys: type.config.keys,
});
