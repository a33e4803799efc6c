/** Packet forwarding functions; the routing policy brings its own. */
export { alternatePff } from './alternate.js';
export { multipathPff } from './multipath.js';
export type { Pff, PffPolicy } from './pff.js';
export { simplePff } from './simple.js';
