/** Data transfer between members. */
export * from './dt.js';
