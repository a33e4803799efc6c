/** Interfaces only: what protocol code may ask of the outside, and what daemons offer each other. */
export * from './cancel.js';
export * from './chance.js';
export * from './clock.js';
export * from './credentials.js';
export * from './crypto.js';
export * from './datagram.js';
export * from './ethernet.js';
export * from './ip-device.js';
export * from './flow-service.js';
export * from './hash.js';
export * from './ipcp-service.js';
export * from './logger.js';
export * from './management.js';
export * from './packet-channel.js';
export * from './security.js';
export * from './tracer.js';
export * from './vitals.js';
