/** Words of the project: identifiers, quality of service, states, errors. Imports nothing. */
export * from './bytes.js';
export { endpointText, parseEndpoint, type Endpoint } from './endpoint.js';
export * from './error.js';
export * from './ids.js';
export * from './ip-address.js';
export * from './ip-prefix.js';
export * from './ipcp.js';
export * from './json.js';
export * from './name.js';
export { nearest } from './nearest.js';
export * from './option-values.js';
export { PacketCopier } from './packet-copier.js';
export * from './qos.js';
export * from './text.js';
export * from './version.js';
