/** The local shim, IPCP type `local`: flows between processes of one host. */
export * from './local-type.js';
