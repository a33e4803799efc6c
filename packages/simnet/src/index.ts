/** Whole nodes in one process, in virtual time, on links that can be hurt. */
export * from './bench.js';
export * from './channel-suite.js';
export * from './event-log.js';
export * from './ipcp-bench.js';
export * from './links.js';
export * from './memory-channel.js';
export * from './memory-datagrams.js';
export * from './memory-ethernet.js';
export * from './memory-store.js';
export * from './seeded-random.js';
export * from './sim-app.js';
export * from './sim-node.js';
export * from './sim-type.js';
export * from './simulation.js';
export * from './virtual-clock.js';
