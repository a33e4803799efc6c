/** The unicast IPCP. */
export { unicastType, unicastTypeWith, type UnicastTypeOptions } from './unicast-type.js';
export { Graph, type Routes } from './routing/index.js';
