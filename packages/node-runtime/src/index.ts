/** Access to the operating system; the only package that calls it. */
export * from './channel/index.js';
export {
  loadNative,
  loadOpenSsl,
  peerCredentials,
  type OpenSsl,
  type OpenSslCalls,
  type PeerCredentials,
} from './native/index.js';
export * from './clock.js';
export * from './ethernet.js';
export { listenTcp } from './listen-tcp.js';
export * from './logger.js';
export * from './otlp-tracer.js';
export * from './process-info.js';
export * from './random.js';
export * from './resolver.js';
export * from './runtime-dir.js';
export { settleOnceAtRest } from './settle.js';
export * from './socket-answers.js';
export * from './spawn.js';
export * from './tls.js';
export * from './tun/tun-devices.js';
export * from './udp/udp-network.js';
export * from './vitals.js';
