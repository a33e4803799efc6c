/** Whole nodes in one process, in virtual time, on links that can be hurt. */
export * from './bench.js';
export * from './ipcp-bench.js';
export * from './memory-channel.js';
export * from './memory-datagrams.js';
export * from './seeded-random.js';
export * from './virtual-clock.js';
export * from './channel-suite.js';
export * from './memory-channel.js';
