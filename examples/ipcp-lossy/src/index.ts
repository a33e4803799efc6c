/** An IPCP of one's own: the UDP shim on a network that loses, delays, reorders and duplicates by a seed. */
export { Fate } from './fate.js';
export { LossyNetwork } from './lossy-network.js';
export { lossyType, type LossyConfig } from './lossy-type.js';
export { troublesConfig, type Troubles } from './troubles.js';
