/** Packet protection of encrypted flows: the layout of C and our own, key changes, replay windows. */
export * from './create-protection.js';
export { KEY_LIMITS } from './key-limits.js';
export * from './protection.js';
export { ReplayWindow } from './replay-window.js';
