/** The flow handshake of shims and the watch over their peers: pure machines, and the words they speak. */
export * from './eid-rotation.js';
export * from './events.js';
export * from './messages.js';
export * from './peer-watch.js';
export * from './shim-handshake.js';
export * from './bounded-map.js';
