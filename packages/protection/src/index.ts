/** Packet protection of encrypted flows: the layout of C and our own, key changes, replay windows. */
export * from './protection.js';
