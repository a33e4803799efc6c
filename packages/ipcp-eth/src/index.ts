/** The Ethernet shim, IPCP types `eth-dix` and `eth-llc`. */
export * from './eth-config.js';
export * from './eth-type.js';
