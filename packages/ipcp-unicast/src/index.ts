/** The unicast IPCP. */
export { unicastType } from './unicast-type.js';
export { Graph, type Routes } from './routing/index.js';
