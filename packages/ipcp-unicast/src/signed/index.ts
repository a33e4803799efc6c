/** What members say under their signatures, whatever they say. */
export { Seal, type Signed, type StatementSigner } from './seal.js';
export type { Witness, Witnesses } from './witness.js';
