/** Life cycle of an IPCP. [spec/architecture.md §2; 3 and 4 are never entered] */
export type IpcpState = 'null' | 'init' | 'boot' | 'operational' | 'shutdown';

/** IPCP type numbers on the wire. [spec/wire-control.md §2.2] */
export const IPCP_TYPE_NUMBER = {
  local: 0,
  unicast: 1,
  broadcast: 2,
  'eth-llc': 3,
  'eth-dix': 4,
  udp4: 5,
  udp6: 6,
} as const;

/** Types of the specification, in the order of lists; any other may exist as an installed program `ipcpd-<type>`. [spec/architecture.md §7] */
export const IPCP_TYPES: readonly string[] = Object.keys(IPCP_TYPE_NUMBER);

const SHIM_TYPES: readonly string[] = ['local', 'eth-llc', 'eth-dix', 'udp4', 'udp6'];

/** A type of the specification without enrollment and connections. [spec/architecture.md §2] */
export const isShimType = (type: string): boolean => SHIM_TYPES.includes(type);

/** Hash algorithms of layers: name, number on the wire, digest length in bytes. [spec/wire-control.md §2.2, §3] */
export type HashAlgorithm = 'SHA3_224' | 'SHA3_256' | 'SHA3_384' | 'SHA3_512' | 'MD5';
export const HASH_NUMBER: Readonly<Record<HashAlgorithm, number>> = {
  SHA3_224: 0,
  SHA3_256: 1,
  SHA3_384: 2,
  SHA3_512: 3,
  MD5: 5,
};
export const HASH_LENGTH: Readonly<Record<HashAlgorithm, number>> = {
  SHA3_224: 28,
  SHA3_256: 32,
  SHA3_384: 48,
  SHA3_512: 64,
  MD5: 16,
};
export const hashAlgorithmOf = (number: number): HashAlgorithm | undefined =>
  (Object.keys(HASH_NUMBER) as HashAlgorithm[]).find((name) => HASH_NUMBER[name] === number);

/** Components of an IPCP that OCEP connects. [spec/wire-control.md §1.2] */
export type Component = 'Management' | 'Data Transfer';

/**
 * Components of an IPCP of this type, in the order in which they are connected: a broadcast IPCP has no Management.
 * [spec/architecture.md §9]
 */
export const componentsOf = (type: string): readonly Component[] =>
  type === 'broadcast' ? ['Data Transfer'] : ['Management', 'Data Transfer'];

export const MAX_NAME_BYTES = 255;
export const MAX_FLOWS = 10_240;
