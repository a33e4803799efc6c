/**
 * What shims share: the flow handshake and the watch over peers as pure machines, and the layer that joins them to the flows
 * of this host's processes. A shim of its own brings a ShimWire, and finds the hosts of names.
 */
export * from './eid-rotation.js';
export * from './events.js';
export * from './message-codec.js';
export * from './messages.js';
export * from './peer-watch.js';
export * from './shim-allocator.js';
export * from './shim-counters.js';
export * from './shim-handshake.js';
export * from './shim-layer.js';
export * from './shim-path.js';
export * from './shim-user-flow.js';
export * from './shim-wire.js';
export * from './bounded-map.js';
