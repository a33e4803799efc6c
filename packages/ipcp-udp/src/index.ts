/** The UDP shim, IPCP types `udp4` and `udp6`. */
export * from './dynamic-dns.js';
export * from './udp-config.js';
export * from './udp-type.js';
