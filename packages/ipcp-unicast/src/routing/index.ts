/** Link-state routing: who is linked with whom, and so where to forward. */
export { Graph, sameRoutes, type Adjacency, type Routes } from './graph.js';
export * from './link-state.js';
