/** The flow allocator, and the path of users' packets. */
export * from './flow-allocator.js';
export { MPL_MS, FlowTable, type FaFlow } from './flow-table.js';
export { UserPath } from './user-path.js';
