/** The TCP shim, IPCP type `tcp`: a layer over TCP or TLS connections, which may be dialed outward. */
export * from './stream-network.js';
export { tcpConfig, type TcpConfig } from './tcp-config.js';
export { tcpType } from './tcp-type.js';
