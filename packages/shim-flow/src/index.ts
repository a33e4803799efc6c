/** The flow handshake of shims: a pure machine, and the words it speaks. */
export * from './eid-rotation.js';
export * from './events.js';
export * from './messages.js';
export * from './shim-handshake.js';
export * from './bounded-map.js';
