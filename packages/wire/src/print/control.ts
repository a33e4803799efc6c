/** Printers of the protobuf messages: OCEP, enrollment, DHT. One line each, see line.ts. */
import type { Decoded } from '../decoded.js';
import { decodeCep } from '../peer/cep.js';
import { decodeDht } from '../peer/dht.js';
import { decodeEnrollAck, decodeEnrollRequest, decodeEnrollResponse } from '../peer/enroll.js';
import type { IpcpConfig } from '../peer/types.js';
import { addr, count, decimal, hex64, printLine, printRefused, short, text, type Column } from './line.js';

const CEP: readonly Column[] = [
  ['component', 'comp', text],
  ['protocol', 'protocol', text],
  ['version', 'version', decimal],
  ['syntax', 'syntax', decimal],
  ['address', 'addr', addr],
  ['ext', 'ext', count],
];

const config = (value: unknown): string => {
  const { layer, type, unicast } = value as IpcpConfig;
  const parts = [text(layer.name), `hash ${layer.dirHashAlgo}`, `type ${type}`];
  if (unicast?.dir.dht !== undefined) parts.push(`peer ${addr(unicast.dir.dht.peer)}`);
  return `[${parts.join(', ')}]`;
};

const ENROLL: readonly Column[] = [
  ['id', 'id', short],
  ['timeSeconds', 'sec', decimal],
  ['timeNanos', 'nsec', decimal],
  ['response', 'response', decimal],
  ['result', 'result', decimal],
  ['config', 'conf', config],
  ['ext', 'ext', count],
];

const DHT: readonly Column[] = [
  ['code', 'code', decimal],
  ['srcId', 'src', short],
  ['srcAddress', 'addr', addr],
  ['cookie', 'cookie', hex64],
  ['key', 'key', short],
  ['value', 'value', short],
  ['expiresS', 'exp', decimal],
  ['contacts', 'contacts', count],
  ['values', 'values', count],
  ['ext', 'ext', count],
];

const print = (title: string, decoded: Decoded<object>, columns: readonly Column[], length: number): string =>
  decoded.ok ? printLine(title, decoded.value, columns) : printRefused(title, decoded, length);

export const printCep = (bytes: Uint8Array): string => print('OCEP', decodeCep(bytes), CEP, bytes.length);

export const printEnrollRequest = (bytes: Uint8Array): string =>
  print('OEP request', decodeEnrollRequest(bytes), ENROLL, bytes.length);

export const printEnrollResponse = (bytes: Uint8Array): string =>
  print('OEP response', decodeEnrollResponse(bytes), ENROLL, bytes.length);

export const printEnrollAck = (bytes: Uint8Array): string =>
  print('OEP ack', decodeEnrollAck(bytes), ENROLL, bytes.length);

/** Payload of a DT PDU with EID 1. */
export function printDht(bytes: Uint8Array, hashLength: number): string {
  const message = decodeDht(bytes, hashLength);
  if (!message.ok) return printRefused('DHT', message, bytes.length);
  const { src, kind } = message.value;
  return printLine(`DHT ${kind}`, { ...message.value, srcId: src.id, srcAddress: src.address }, DHT);
}
