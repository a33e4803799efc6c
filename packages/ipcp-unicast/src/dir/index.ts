/** The directory of a layer: which members serve a name. */
export * from './dht.js';
export type { Contact } from './contact-table.js';
