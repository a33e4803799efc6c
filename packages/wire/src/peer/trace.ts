/**
 * Questions of members of a unicast layer about the way of packets, and answers: payload of DT packets with EID 2, protobuf
 * (proto/ouroboros/peer/v1/trace.proto). C drops packets for components that it does not have.
 * [docs/wire-extensions.md, Traces; spec/wire-unicast-data.md §3]
 */
import type { QosCube } from '@ouroboros/model';
import { accepted, refused, type Decoded } from '../decoded.js';
import { TraceSchema, type TraceAnswer, type TraceHop as TraceHopMessage } from '../gen/v1/trace_pb.js';
import { readMessage, writeMessage } from './strict.js';

export const TRACE_VERSION = 1;
/** Room for two of the longest names. */
export const TRACE_MAX = 640;

/** How packets leave a member. */
export interface TraceHop {
  readonly next: number;
  readonly lowerLayer: string;
  /** Bytes. */
  readonly longest: number;
  /** Packets. */
  readonly waiting: number;
  readonly linkCube: QosCube;
}

export interface TraceQuestion {
  readonly kind: 'question';
  readonly number: bigint;
  readonly asker: number;
  /** 0: only the name is asked for. */
  readonly target: number;
  readonly cube: QosCube;
}

export interface TraceReply {
  readonly kind: 'answer';
  readonly number: bigint;
  /** Of the IPCP that answers. */
  readonly name: string;
  readonly hop: TraceHop | undefined;
  /** It answers who asks what the hop is made of. */
  readonly tells: boolean;
}

export type Trace = TraceQuestion | TraceReply;

export function decodeTrace(bytes: Uint8Array): Decoded<Trace> {
  const message = readMessage(TraceSchema, bytes, TRACE_MAX);
  if (!message.ok) return message;
  const { version, number, question, answer } = message.value;
  if (version !== TRACE_VERSION) return refused('bad-value', 'version');
  if (question && !answer) {
    const { asker, target, cube } = question;
    return isCube(cube) ? accepted({ kind: 'question', number, asker, target, cube }) : refused('bad-value', 'cube');
  }
  return answer && !question ? decodeAnswer(number, answer) : refused('bad-value', 'question');
}

function decodeAnswer(number: bigint, { name, hop, tells }: TraceAnswer): Decoded<Trace> {
  const read = hop && readHop(hop);
  if (read && !read.ok) return read;
  return accepted({ kind: 'answer', number, name, hop: read?.value, tells });
}

/** A hop as it stands in this answer and in that of a descent. */
export function readHop({ next, lowerLayer, longest, waiting, linkCube }: TraceHopMessage): Decoded<TraceHop> {
  if (!isCube(linkCube)) return refused('bad-value', 'linkCube');
  return accepted({ next, lowerLayer, longest, waiting, linkCube });
}

export const isCube = (value: number): value is QosCube => value === 0 || value === 1 || value === 2;

/** EMSGSIZE above TRACE_MAX bytes, EINVAL for a value that does not fit. */
export function encodeTrace(trace: Trace): Uint8Array {
  const { kind, number, ...body } = trace;
  return writeMessage(TraceSchema, { version: TRACE_VERSION, number, [kind]: body }, TRACE_MAX);
}
