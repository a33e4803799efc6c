/** What the protobuf messages of the peer protocols decode to. Byte fields of decoded values are copies. */

/** One side of connection establishment. [spec/wire-control.md §1.1] */
export interface Cep {
  /** Component name; empty only in the answer to an unknown component. */
  readonly component: string;
  readonly protocol: string;
  readonly version: number;
  /** 0 = protobuf, 1 = ASN.1, 2 = fixed. */
  readonly syntax: number;
  /** Address of the sender in the layer, unsigned 32 bit; 0 = none. */
  readonly address: number;
  /** Extension area of ours, field 100 (see PeerExtension). */
  readonly ext?: Uint8Array;
}

export interface EnrollRequest {
  /** 8 random bytes. */
  readonly id: Uint8Array;
  readonly ext?: Uint8Array;
}

export interface EnrollResponse {
  /** The 8 bytes of the request. */
  readonly id: Uint8Array;
  /** Responder's wall clock: seconds since 1970-01-01 UTC, and nanoseconds. */
  readonly timeSeconds: bigint;
  readonly timeNanos: number;
  /** 0 = ok, negative = refused. */
  readonly response: number;
  /** There whenever `response` is 0 or more; the decoder refuses the message otherwise. */
  readonly config?: IpcpConfig;
  readonly ext?: Uint8Array;
}

export interface EnrollAck {
  /** The 8 bytes of the request. */
  readonly id: Uint8Array;
  /** 0 = enrolled. */
  readonly result: number;
  readonly ext?: Uint8Array;
}

/** Configuration that a member hands over; numbers are those of the wire. [spec/wire-control.md §2.2] */
export interface IpcpConfig {
  readonly layer: { readonly name: string; readonly dirHashAlgo: number };
  /** IPCP_TYPE_NUMBER: 1 unicast, 2 broadcast. */
  readonly type: number;
  /** There for type 1; the decoder refuses type 1 without it. */
  readonly unicast?: UnicastConfig;
}

export interface UnicastConfig {
  readonly dt: DtConfig;
  readonly dir: DirConfig;
  /** 0 = flat random. */
  readonly addrAuth: number;
  /** 0 = none, 1 = mb-ecn. */
  readonly congAvoid: number;
}

export interface DtConfig {
  /** Bytes of an address: 4. */
  readonly addrSize: number;
  /** Bytes of an EID: 8. */
  readonly eidSize: number;
  readonly maxTtl: number;
  readonly routing: RoutingConfig;
}

export interface RoutingConfig {
  /** 0 = link state. */
  readonly policy: number;
  /** There for policy 0; the decoder refuses policy 0 without it. */
  readonly linkState?: LinkStateConfig;
}

/** Times in seconds. */
export interface LinkStateConfig {
  /** 0 simple, 1 LFA, 2 ECMP. */
  readonly policy: number;
  readonly recalcS: number;
  readonly updateS: number;
  readonly timeoutS: number;
}

export interface DirConfig {
  /** 0 = DHT. */
  readonly policy: number;
  /** There for policy 0; the decoder refuses policy 0 without it. */
  readonly dht?: DhtConfig;
}

/** Times in seconds. */
export interface DhtConfig {
  readonly alpha: number;
  readonly k: number;
  readonly expireS: number;
  readonly refreshS: number;
  readonly replicateS: number;
  /** Address of the responder, with which the newcomer's DHT joins; 0 = none. */
  readonly peer: number;
}

export interface DhtContact {
  /** Hash length of the layer. */
  readonly id: Uint8Array;
  /** Unsigned 32 bit, not 0. */
  readonly address: number;
}

interface DhtCommon {
  readonly src: DhtContact;
  /** Extension area of ours, field 100. */
  readonly ext?: Uint8Array;
}

/** Code 0: no answer. */
export interface DhtStore extends DhtCommon {
  readonly kind: 'store';
  readonly key: Uint8Array;
  /** At least 1 byte; a directory value is an address, 8 bytes big-endian (`addressToBytes`). */
  readonly value: Uint8Array;
  /** Absolute Unix time in seconds, unsigned 32 bit. */
  readonly expiresS: number;
}

/** Codes 1 and 3. */
export interface DhtFindRequest extends DhtCommon {
  readonly kind: 'find-node-request' | 'find-value-request';
  readonly cookie: bigint;
  readonly key: Uint8Array;
}

/** Code 2. */
export interface DhtFindNodeResponse extends DhtCommon {
  readonly kind: 'find-node-response';
  readonly cookie: bigint;
  readonly key: Uint8Array;
  /** Towards C at least one. [spec/wire-control.md Q7] */
  readonly contacts: readonly DhtContact[];
}

/** Code 4. */
export interface DhtFindValueResponse extends DhtCommon {
  readonly kind: 'find-value-response';
  readonly cookie: bigint;
  readonly key: Uint8Array;
  /** Towards C at least one. [spec/wire-control.md Q7] */
  readonly contacts: readonly DhtContact[];
  readonly values: readonly Uint8Array[];
}

/** Any other code. Send such messages only to neighbours that announced them; what they say stands in `ext`. */
export interface DhtOther extends DhtCommon {
  readonly kind: 'other';
  /** 5 or more. */
  readonly code: number;
}

export type DhtMessage = DhtStore | DhtFindRequest | DhtFindNodeResponse | DhtFindValueResponse | DhtOther;

/** What stands in field 100 of OCEP, enrollment and DHT messages between nodes of ours. */
export interface PeerExtension {
  readonly version?: number;
  /** Bits, unsigned 32 bit. */
  readonly features?: number;
  readonly keepaliveMs?: number;
}
