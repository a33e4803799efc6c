/** The way of packets through the layer, member by member, and through the layers below. */
export { Ways } from './ways.js';
