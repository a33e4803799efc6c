/** Printers of fixed layouts: UDP and Ethernet frames, DT PDUs, broadcast PDUs, FA messages, link state, OAP. One line each, see line.ts. */
import type { QosSpec } from '@ouroboros/model';
import {
  BROADCAST_PCI_LENGTH,
  BROADCAST_PCI_TABLE,
  BroadcastType,
  broadcastType,
  decodeBroadcastNeighbors,
} from '../broadcast-pci.js';
import { DT_PCI_LENGTH, DT_PCI_TABLE } from '../dt-pci.js';
import { ETH_DIX_ETHERTYPE, EthVerdict, type EthFraming } from '../ethernet/framing.js';
import { decodeEthMgmt } from '../ethernet/mgmt.js';
import { decodeFa } from '../fa-message.js';
import { readFields } from '../field-table.js';
import { decodeLsa } from '../lsa.js';
import { decodeOap } from '../oap/header.js';
import { decodeUdpMgmt, UDP_DATA_HEADER, udpEid } from '../udp-frame.js';
import {
  addr,
  count,
  decimal,
  demand,
  flag,
  hex64,
  printLine,
  printRefused,
  short,
  text,
  type Column,
} from './line.js';

const QOS: readonly Column[] = [
  ['bandwidth', 'bw', decimal],
  ['delay', 'delay', demand],
  ['loss', 'loss', demand],
  ['ber', 'ber', demand],
  ['maxGap', 'gap', demand],
  ['timeout', 'timeout', decimal],
  ['availability', 'avail', decimal],
  ['inOrder', 'in_order', decimal],
];

const SHIM: readonly Column[] = [
  ['code', 'code', decimal],
  ['sEid', 's_eid', decimal],
  ['dEid', 'd_eid', decimal],
  ['response', 'response', decimal],
  ...QOS,
  ['hash', 'hash', short],
  ['data', 'data', count],
];

const FA: readonly Column[] = [
  ['code', 'code', decimal],
  ['sAddr', 's_addr', addr],
  ['rEid', 'r_eid', hex64],
  ['sEid', 's_eid', hex64],
  ['number', 'number', hex64],
  ['cube', 'qc', decimal],
  ['response', 'response', decimal],
  ['ece', 'ece', decimal],
  ...QOS,
  ['hash', 'hash', short],
  ['data', 'data', count],
];

const DT: readonly Column[] = [
  ['dst', 'dst', addr],
  ['cube', 'qc', decimal],
  ['ttl', 'ttl', decimal],
  ['ecn', 'ecn', decimal],
  ['eid', 'eid', hex64],
  ['payload', 'payload', decimal],
];

const BROADCAST: readonly Column[] = [
  ['hops', 'hops', decimal],
  ['origin', 'origin', hex64],
  ['number', 'number', decimal],
  ['payload', 'payload', decimal],
];

const NEIGHBORS: readonly Column[] = [
  ['self', 'self', text],
  ['neighbors', 'neighbors', count],
];

const LSA: readonly Column[] = [
  ['destination', 'd', addr],
  ['source', 's', addr],
  ['sequence', 'seq', decimal],
];

const OAP: readonly Column[] = [
  ['id', 'id', short],
  ['timestampNs', 'ts', decimal],
  ['cipherNid', 'cipher', decimal],
  ['kdfNid', 'kdf', decimal],
  ['mdNid', 'md', decimal],
  ['certificate', 'crt', count],
  ['kex', 'kex', count],
  ['kexRaw', 'raw', flag],
  ['kexClientEncapsulates', 'client_encap', flag],
  ['data', 'data', count],
  ['requestHash', 'hash', count],
  ['signature', 'sig', count],
];

/** The fields of a QoS beside the others. */
const flat = (message: object | { readonly qos: QosSpec }): object =>
  'qos' in message ? { ...message, ...message.qos } : message;

const tooShort = (title: string, length: number): string =>
  printRefused(title, { ok: false, reason: 'too-short', field: '' }, length);

/** A whole datagram of a UDP shim, data or management. */
export function printUdpFrame(bytes: Uint8Array): string {
  if (bytes.length < UDP_DATA_HEADER) return tooShort('UDP', bytes.length);
  const eid = udpEid(bytes, 0);
  if (eid !== 0) return `UDP data eid=${eid} payload=${bytes.length - UDP_DATA_HEADER}`;
  const message = decodeUdpMgmt(bytes);
  if (!message.ok) return printRefused('UDP mgmt', message, bytes.length);
  return printLine(`UDP ${message.value.kind}`, flat(message.value), SHIM);
}

/** A whole frame of an Ethernet shim, data or management. `hashLength`: of the layer's algorithm. */
export function printEthFrame(framing: EthFraming, bytes: Uint8Array, hashLength: number): string {
  const { name, headerLength } = framing;
  const length = framing.payloadLength(bytes, 0, bytes.length, ETH_DIX_ETHERTYPE);
  if (length === EthVerdict.runt) return tooShort(name, bytes.length);
  if (length < 0) return `${name} ${length === EthVerdict.foreign ? 'of another protocol' : 'malformed'}`;
  const eid = framing.receiver(bytes, 0);
  if (eid !== 0) return `${name} data eid=${eid} payload=${length}`;
  const message = decodeEthMgmt(framing, hashLength, bytes.subarray(headerLength, headerLength + length));
  if (!message.ok) return printRefused(`${name} mgmt`, message, bytes.length);
  return printLine(`${name} ${message.value.kind}`, flat(message.value), SHIM);
}

/** A whole packet of a DT flow. */
export function printDtPdu(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'DT keep-alive';
  if (bytes.length < DT_PCI_LENGTH) return tooShort('DT', bytes.length);
  const payload = bytes.length - DT_PCI_LENGTH;
  return printLine('DT', { ...readFields(DT_PCI_TABLE, bytes), payload }, DT);
}

/** A packet on a link of a broadcast layer between two members of ours. */
export function printBroadcastPdu(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'BC keep-alive';
  if (broadcastType(bytes, 0) === BroadcastType.neighbors) return printNeighbors(bytes);
  if (bytes.length <= BROADCAST_PCI_LENGTH) return tooShort('BC', bytes.length);
  const payload = bytes.length - BROADCAST_PCI_LENGTH;
  return printLine('BC', { ...readFields(BROADCAST_PCI_TABLE, bytes), payload }, BROADCAST);
}

function printNeighbors(bytes: Uint8Array): string {
  const message = decodeBroadcastNeighbors(bytes);
  return message.ok
    ? printLine('BC neighbors', message.value, NEIGHBORS)
    : printRefused('BC neighbors', message, bytes.length);
}

/** Payload of a DT PDU with EID 0. */
export function printFa(bytes: Uint8Array, hashLength: number): string {
  const message = decodeFa(bytes, hashLength);
  return message.ok
    ? printLine(`FA ${message.value.kind}`, flat(message.value), FA)
    : printRefused('FA', message, bytes.length);
}

export function printLsa(bytes: Uint8Array): string {
  const lsa = decodeLsa(bytes);
  return lsa.ok ? printLine('LSA', lsa.value, LSA) : printRefused('LSA', lsa, bytes.length);
}

/** `hashLength` as for `decodeOap`. */
export function printOap(bytes: Uint8Array, hashLength: number): string {
  const message = decodeOap(bytes, hashLength);
  return message.ok ? printLine('OAP', message.value, OAP) : printRefused('OAP', message, bytes.length);
}
