/** What flows may ask of the layer: bandwidth against a capacity, delay against the path. */
export { Admission } from './admission.js';
export { DelayGate } from './delay-gate.js';
