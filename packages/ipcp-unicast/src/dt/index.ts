/** Data transfer between members. */
export * from './dt.js';
export { Liveness, type LivenessOutput } from './liveness.js';
