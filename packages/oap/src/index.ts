/** OAP: the handshake of two IRM daemons, with authentication and key exchange. */
export type { OapAgreed } from './agreement.js';
export * from './client.js';
export * from './correlation.js';
export { CONFIGURED_ALGORITHMS, parseEncConf, type EncConf, type OapAlgorithms } from './enc-conf.js';
export type { OapFailure } from './failure.js';
export * from './refusal-notice.js';
export * from './replay.js';
export * from './security.js';
export * from './server.js';
export type { OapCrypto, OapTools } from './tools.js';
