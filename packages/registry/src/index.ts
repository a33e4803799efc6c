/** The IRM registry: IPCPs, names, programs, processes and flows as one machine, and its driver. */
export * from './driver.js';
export * from './host.js';
export * from './messages.js';
export * from './options.js';
export * from './registry.js';
