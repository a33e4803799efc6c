/**
 * Every byte that IPCPs exchange: headers as in-place views for the packet path, messages as values for the control path,
 * and a printer for both. Decoders answer `Decoded` and never throw; encoders throw OuroborosError for values that do not
 * fit (decoded.ts).
 */
export { addressFromBytes, addressToBytes, MAX_ADDRESS } from './address-bytes.js';
export * from './broadcast-pci.js';
export * from './crc32.js';
export * from './decoded.js';
export * from './dt-pci.js';
export * from './ethernet/framing.js';
export * from './ethernet/mac.js';
export * from './ethernet/mgmt.js';
export * from './fa-message.js';
export { fieldTable, readFields, writeFields } from './field-table.js';
export * from './flow-frame.js';
export * from './frcp-pci.js';
export * from './lsa.js';
export * from './oap/algorithms.js';
export * from './oap/extension.js';
export * from './oap/header.js';
export * from './peer/cep.js';
export * from './peer/descent.js';
export * from './peer/dht.js';
export * from './peer/enroll.js';
export * from './peer/extension.js';
export * from './peer/join.js';
export {
  TRACE_MAX,
  TRACE_VERSION,
  decodeTrace,
  encodeTrace,
  type Trace,
  type TraceHop,
  type TraceQuestion,
  type TraceReply,
} from './peer/trace.js';
export * from './peer/types.js';
export * from './print/control.js';
export * from './print/frames.js';
export * from './print/frcp.js';
export { qosOf } from './qos-fields.js';
export { decodeText } from './text.js';
export * from './udp-frame.js';
