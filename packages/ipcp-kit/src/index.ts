/** What an IPCP package is built from: one `IpcpType`, and `runIpcp` of `@ouroboros/ipcp-kit/node`. */
export * from './counters.js';
export * from './environment.js';
export * from './ipcp-type.js';
export * from './ipcp.js';
export * from './user-flow.js';
export { Delivery } from './delivery.js';
export { PacketQueue } from './packet-queue.js';
export { WaitingRoom } from './waiting-room.js';
export * from './config-fields.js';
export * from './config-schema.js';
export * from './ipcp-server.js';
export * from './command-line.js';
