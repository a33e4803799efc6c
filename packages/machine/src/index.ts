/** The state-machine contract and the few parts that machines are made of. */
export * from './bounded-queue.js';
export * from './driver.js';
export * from './machine.js';
export * from './timer-table.js';
