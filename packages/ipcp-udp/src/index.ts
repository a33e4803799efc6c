/** The UDP shim, IPCP type `udp4`. */
export * from './dynamic-dns.js';
export * from './udp-config.js';
export * from './udp-type.js';
