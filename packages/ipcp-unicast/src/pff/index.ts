/** Packet forwarding functions, found by name. */
export type { Pff, PffPolicy } from './pff.js';
export { simplePff } from './simple.js';
