/** The way of packets through the layer, member by member. */
export type { TraceStep } from './tracer.js';
export { Traces } from './traces.js';
