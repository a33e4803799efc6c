/** The broadcast IPCP: layers in which every packet goes to all processes that joined. */
export { broadcastType, broadcastTypeWith, type BroadcastTypeOptions } from './broadcast-type.js';
