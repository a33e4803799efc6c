/**
 * Enrollment: request, response, ack; protobuf (proto/ouroboros/peer/v1/enroll.proto), each at most 1023 bytes, one per
 * packet of the enrollment flow, after OCEP. Which of them a packet is follows from the sequence, not from its bytes.
 * [spec/wire-control.md §2]
 */
import { OuroborosError } from '@ouroboros/model';
import { accepted, refused, type Decoded, type Refused } from '../decoded.js';
import { EnrollAckSchema, EnrollRequestSchema, EnrollResponseSchema } from '../gen/v1/enroll_pb.js';
import { configFromMessage, configToMessage } from './ipcp-config.js';
import { optionalBytes, readMessage, writeMessage } from './strict.js';
import type { EnrollAck, EnrollRequest, EnrollResponse, IpcpConfig } from './types.js';

/** C has 1024 bytes of room. */
export const ENROLL_MAX = 1023;
/** Bytes of the id. Exactly: C copies 8 whatever came. [spec/wire-control.md Q20] */
export const ENROLL_ID_LENGTH = 8;

const idFault = (id: Uint8Array): Refused | undefined =>
  id.length === ENROLL_ID_LENGTH ? undefined : refused('bad-length', 'id');

function checkId(id: Uint8Array): Uint8Array {
  if (id.length === ENROLL_ID_LENGTH) return id;
  throw new OuroborosError('EINVAL', `id has ${id.length} bytes, not ${ENROLL_ID_LENGTH}`, { field: 'id' });
}

export function decodeEnrollRequest(bytes: Uint8Array): Decoded<EnrollRequest> {
  const message = readMessage(EnrollRequestSchema, bytes, ENROLL_MAX);
  if (!message.ok) return message;
  const { id } = message.value;
  const ext = optionalBytes(message.value, EnrollRequestSchema.field.ext);
  return idFault(id) ?? accepted({ id: id.slice(), ext });
}

export const encodeEnrollRequest = (request: EnrollRequest): Uint8Array =>
  writeMessage(EnrollRequestSchema, { id: checkId(request.id), ext: request.ext }, ENROLL_MAX);

type ConfMessage = Parameters<typeof configFromMessage>[0];

function configOf(response: number, conf: ConfMessage | undefined): Decoded<IpcpConfig | undefined> {
  if (conf === undefined) return response < 0 ? accepted(undefined) : refused('missing-field', 'conf');
  const config = configFromMessage(conf);
  return config.ok ? config : refused(config.reason, `conf.${config.field}`);
}

export function decodeEnrollResponse(bytes: Uint8Array): Decoded<EnrollResponse> {
  const message = readMessage(EnrollResponseSchema, bytes, ENROLL_MAX);
  if (!message.ok) return message;
  const { id, tSec, tNsec, response, conf } = message.value;
  const fault = idFault(id);
  if (fault !== undefined) return fault;
  const config = configOf(response, conf);
  if (!config.ok) return config;
  return accepted({
    id: id.slice(),
    timeSeconds: tSec,
    timeNanos: tNsec,
    response,
    config: config.value,
    ext: optionalBytes(message.value, EnrollResponseSchema.field.ext),
  });
}

/** EINVAL when `response` is 0 or more and the configuration lacks a part: C would crash on it. */
export function encodeEnrollResponse(response: EnrollResponse): Uint8Array {
  const { config } = response;
  if (response.response >= 0 && config === undefined) {
    throw new OuroborosError('EINVAL', 'a positive response needs a configuration', { field: 'conf' });
  }
  const init = {
    id: checkId(response.id),
    tSec: response.timeSeconds,
    tNsec: response.timeNanos,
    response: response.response,
    conf: config && configToMessage(config),
    ext: response.ext,
  };
  return writeMessage(EnrollResponseSchema, init, ENROLL_MAX);
}

export function decodeEnrollAck(bytes: Uint8Array): Decoded<EnrollAck> {
  const message = readMessage(EnrollAckSchema, bytes, ENROLL_MAX);
  if (!message.ok) return message;
  const { id, result } = message.value;
  const ext = optionalBytes(message.value, EnrollAckSchema.field.ext);
  return idFault(id) ?? accepted({ id: id.slice(), result, ext });
}

export const encodeEnrollAck = (ack: EnrollAck): Uint8Array =>
  writeMessage(EnrollAckSchema, { id: checkId(ack.id), result: ack.result, ext: ack.ext }, ENROLL_MAX);
