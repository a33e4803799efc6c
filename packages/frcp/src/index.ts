export * from './contract.js';
export { Frcp } from './frcp.js';
