/**
 * Questions of members of a unicast layer about the layers below a link, and answers: payload of DT packets with EID 3,
 * protobuf (proto/ouroboros/peer/v1/descent.proto). C drops packets for components that it does not have.
 * [docs/wire-extensions.md, Traces]
 */
import { isFieldSet } from '@bufbuild/protobuf';
import type { QosCube } from '@ouroboros/model';
import { accepted, refused, type Decoded } from '../decoded.js';
import {
  DescentAnswerSchema,
  DescentLayerSchema,
  DescentSchema,
  DescentStepSchema,
  type DescentQuestion as DescentQuestionMessage,
  type DescentStep as DescentStepMessage,
} from '../gen/v1/descent_pb.js';
import { readMessage, writeMessage } from './strict.js';
import { isCube, readHop, type TraceHop } from './trace.js';

export const DESCENT_VERSION = 1;
/** Passes in one piece wherever IP does. */
export const DESCENT_MAX = 1200;
/** Of these, what a LayerBelow may take. */
export const DESCENT_ROOM = DESCENT_MAX - 32;
/** Deeper stacks are not followed. */
export const DESCENT_RANKS = 8;
/** Nobody is kept busy for longer. */
export const DESCENT_PATIENCE_MS = 10_000;

/** The way of a link through the layer below. */
export interface LayerBelow {
  readonly layer: string;
  /** Of its IPCPs. */
  readonly type: string;
  /** Its members are authenticated. */
  readonly authenticated: boolean;
  /** There is more than was told. */
  readonly cut: boolean;
  /** None where all members are neighbours. */
  readonly steps: readonly StepBelow[];
}

export interface StepBelow {
  readonly address: number;
  /** Empty: it did not answer. */
  readonly name: string;
  readonly roundTripMs: number;
  /** Null at the end of the way. */
  readonly hop: TraceHop | null;
  /** Null: not told. */
  readonly below: LayerBelow | null;
}

export interface DescentQuestion {
  readonly kind: 'question';
  readonly number: bigint;
  readonly asker: number;
  readonly neighbor: number;
  readonly cube: QosCube;
  readonly ranks: number;
  readonly patienceMs: number;
}

export interface DescentReply {
  readonly kind: 'answer';
  readonly number: bigint;
  /** Null: not told. */
  readonly below: LayerBelow | null;
}

export type Descent = DescentQuestion | DescentReply;

export function decodeDescent(bytes: Uint8Array): Decoded<Descent> {
  const message = readMessage(DescentSchema, bytes, DESCENT_MAX);
  if (!message.ok) return message;
  const { version, number, question, answer } = message.value;
  if (version !== DESCENT_VERSION) return refused('bad-value', 'version');
  if (question && !answer) return decodeQuestion(number, question);
  if (!answer || question) return refused('bad-value', 'question');
  if (!isFieldSet(answer, DescentAnswerSchema.field.below)) return accepted({ kind: 'answer', number, below: null });
  const below = decodeLayer(answer.below, DESCENT_RANKS);
  return below.ok ? accepted({ kind: 'answer', number, below: below.value }) : below;
}

function decodeQuestion(number: bigint, question: DescentQuestionMessage): Decoded<Descent> {
  const { asker, neighbor, cube, ranks, patienceMs } = question;
  if (!isCube(cube)) return refused('bad-value', 'cube');
  if (ranks < 1 || ranks > DESCENT_RANKS) return refused('bad-value', 'ranks');
  if (patienceMs > DESCENT_PATIENCE_MS) return refused('bad-value', 'patienceMs');
  return accepted({ kind: 'question', number, asker, neighbor, cube, ranks, patienceMs });
}

/** `ranks`: of layers that may be nested, this one included. */
function decodeLayer(bytes: Uint8Array, ranks: number): Decoded<LayerBelow> {
  if (ranks === 0) return refused('bad-value', 'below');
  const message = readMessage(DescentLayerSchema, bytes, DESCENT_MAX);
  if (!message.ok) return message;
  const { layer, type, authenticated, cut } = message.value;
  const steps: StepBelow[] = [];
  for (const one of message.value.steps) {
    const step = decodeStep(one, ranks - 1);
    if (!step.ok) return step;
    steps.push(step.value);
  }
  return accepted({ layer, type, authenticated, cut, steps });
}

function decodeStep(step: DescentStepMessage, ranks: number): Decoded<StepBelow> {
  const hop = step.hop && readHop(step.hop);
  if (hop && !hop.ok) return hop;
  const below = isFieldSet(step, DescentStepSchema.field.below) ? decodeLayer(step.below, ranks) : undefined;
  if (below && !below.ok) return below;
  const { address, name, roundTrip } = step;
  return accepted({
    ...{ address, name, roundTripMs: roundTrip / 1000 },
    ...{ hop: hop?.value ?? null, below: below?.value ?? null },
  });
}

/** EMSGSIZE above DESCENT_MAX bytes, EINVAL for a value that does not fit. */
export function encodeDescent(descent: Descent): Uint8Array {
  const { kind, number } = descent;
  const body = kind === 'question' ? descent : { below: descent.below ? encodeLayer(descent.below) : undefined };
  return writeMessage(DescentSchema, { version: DESCENT_VERSION, number, [kind]: body }, DESCENT_MAX);
}

/** Bytes that it takes in an answer. */
export const layerBelowLength = (below: LayerBelow): number => encodeLayer(below).length;

function encodeLayer({ steps, ...about }: LayerBelow): Uint8Array {
  const told = steps.map(({ roundTripMs, hop, below, ...step }) => ({
    ...step,
    roundTrip: Math.round(roundTripMs * 1000),
    hop: hop ?? undefined,
    below: below ? encodeLayer(below) : undefined,
  }));
  return writeMessage(DescentLayerSchema, { ...about, steps: told }, Infinity);
}
