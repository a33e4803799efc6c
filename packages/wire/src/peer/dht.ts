/**
 * The directory of a unicast layer: payload of DT PDUs with EID 1, cube 0; protobuf (proto/ouroboros/peer/v1/dht.proto),
 * one message per packet. [spec/wire-control.md §6.1, §6.2]
 *
 * Decoding includes the checks of §6.2 that need no state: lengths of ids and keys, addresses, the parts that a code needs.
 */
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { OuroborosError } from '@ouroboros/model';
import { addressTo64, isAddress } from '../address-bytes.js';
import { accepted, refused, type Decoded, type Refused } from '../decoded.js';
import { DhtMessageSchema, type DhtContactSchema } from '../gen/v1/dht_pb.js';
import { optionalBytes, readMessage, writeMessage } from './strict.js';
import type { DhtContact, DhtMessage } from './types.js';

/** Twice what k = 20 contacts with 64-byte ids and 8 values take. */
export const DHT_MAX = 4096;

/** Codes of 5 and more mean nothing to C and may stop it. [spec/wire-control.md Q8] */
export const DHT_CODE = {
  store: 0,
  'find-node-request': 1,
  'find-node-response': 2,
  'find-value-request': 3,
  'find-value-response': 4,
} as const;

type Message = MessageShape<typeof DhtMessageSchema>;
type ContactMessage = MessageShape<typeof DhtContactSchema>;
type Common = Pick<DhtMessage, 'src' | 'ext'>;

const contactOf = (contact: ContactMessage): DhtContact => ({ id: contact.id.slice(), address: Number(contact.addr) });

function contactFault(contact: ContactMessage, hashLength: number, path: string): Refused | undefined {
  if (contact.id.length !== hashLength) return refused('bad-length', `${path}.id`);
  return contact.addr === 0n || !isAddress(contact.addr) ? refused('bad-value', `${path}.addr`) : undefined;
}

function storeOf(message: Message, common: Common, hashLength: number): Decoded<DhtMessage> {
  const { store } = message;
  if (store === undefined) return refused('missing-field', 'store');
  if (store.key.length !== hashLength) return refused('bad-length', 'store.key');
  if (store.val.length === 0) return refused('bad-length', 'store.val');
  const { key, val, exp } = store;
  return accepted({ kind: 'store', ...common, key: key.slice(), value: val.slice(), expiresS: exp });
}

function requestOf(message: Message, common: Common, hashLength: number): Decoded<DhtMessage> {
  const { find } = message;
  if (find === undefined) return refused('missing-field', 'find');
  if (find.key.length !== hashLength) return refused('bad-length', 'find.key');
  const kind = message.code === DHT_CODE['find-node-request'] ? 'find-node-request' : 'find-value-request';
  return accepted({ kind, ...common, cookie: find.cookie, key: find.key.slice() });
}

function responseOf(message: Message, common: Common, hashLength: number): Decoded<DhtMessage> {
  const { node, val } = message;
  if (node === undefined) return refused('missing-field', 'node');
  if (node.key.length !== hashLength) return refused('bad-length', 'node.key');
  for (const contact of node.contacts) {
    const fault = contactFault(contact, hashLength, 'node.contacts');
    if (fault !== undefined) return fault;
  }
  const found = { ...common, cookie: node.cookie, key: node.key.slice(), contacts: node.contacts.map(contactOf) };
  if (message.code === DHT_CODE['find-node-response']) return accepted({ kind: 'find-node-response', ...found });
  if (val === undefined) return refused('missing-field', 'val');
  const values = val.values.map((value) => value.slice());
  return accepted({ kind: 'find-value-response', ...found, values });
}

/** Decodes the payload of a DT PDU for the directory. `hashLength` is that of the layer's directory hash. */
export function decodeDht(bytes: Uint8Array, hashLength: number): Decoded<DhtMessage> {
  const decoded = readMessage(DhtMessageSchema, bytes, DHT_MAX);
  if (!decoded.ok) return decoded;
  const message = decoded.value;
  if (message.src === undefined) return refused('missing-field', 'src');
  const fault = contactFault(message.src, hashLength, 'src');
  if (fault !== undefined) return fault;
  const common: Common = { src: contactOf(message.src), ext: optionalBytes(message, DhtMessageSchema.field.ext) };
  switch (message.code) {
    case DHT_CODE.store:
      return storeOf(message, common, hashLength);
    case DHT_CODE['find-node-request']:
    case DHT_CODE['find-value-request']:
      return requestOf(message, common, hashLength);
    case DHT_CODE['find-node-response']:
    case DHT_CODE['find-value-response']:
      return responseOf(message, common, hashLength);
    default:
      return accepted({ kind: 'other', ...common, code: message.code });
  }
}

const contactInit = (contact: DhtContact): MessageInitShape<typeof DhtContactSchema> => ({
  id: contact.id,
  addr: addressTo64(contact.address),
});

type Init = MessageInitShape<typeof DhtMessageSchema>;

function bodyInit(message: DhtMessage): Pick<Init & object, 'store' | 'find' | 'node' | 'val'> {
  switch (message.kind) {
    case 'store':
      return { store: { key: message.key, val: message.value, exp: message.expiresS } };
    case 'find-node-request':
    case 'find-value-request':
      return { find: { cookie: message.cookie, key: message.key } };
    case 'find-node-response':
    case 'find-value-response': {
      const { cookie, key, contacts } = message;
      const node = { cookie, key, contacts: contacts.map(contactInit) };
      return message.kind === 'find-value-response' ? { node, val: { values: [...message.values] } } : { node };
    }
    case 'other':
      return {};
  }
}

function codeOf(message: DhtMessage): number {
  if (message.kind !== 'other') return DHT_CODE[message.kind];
  if (message.code > DHT_CODE['find-value-response']) return message.code;
  throw new OuroborosError('EINVAL', `code ${message.code} has a kind of its own`, { field: 'code' });
}

/** EMSGSIZE above DHT_MAX bytes, EINVAL for a value that does not fit. */
export const encodeDht = (message: DhtMessage): Uint8Array =>
  writeMessage(
    DhtMessageSchema,
    { code: codeOf(message), src: contactInit(message.src), ...bodyInit(message), ext: message.ext },
    DHT_MAX,
  );
