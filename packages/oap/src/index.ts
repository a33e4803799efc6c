/** OAP: the handshake of two IRM daemons, without authentication and encryption. */
export * from './client.js';
export * from './correlation.js';
export * from './failure.js';
export * from './replay.js';
export * from './server.js';
