/** The directory of a layer: which members serve a name. */
export * from './dht.js';
export type { Contact } from './contact-table.js';
export type { DhtConfig, DhtCounters, DhtInput, DhtOutput, Found } from './contract.js';
export { DHT_WITHDRAWS, DHT_WITHDRAW_CODE } from './peers-of-ours.js';
