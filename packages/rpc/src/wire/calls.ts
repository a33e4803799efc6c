/** Handlers of calls as grpc-js wants them, around functions of plain messages. */
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import type { DescMethod } from '@bufbuild/protobuf';
import { OuroborosError } from '@ouroboros/model';
import type { Plain } from '../frame.js';
import { decode, encode } from './codec.js';
import { toStatus } from './status.js';

export type Unary = ServerUnaryCall<Uint8Array, Uint8Array>;
export type Writable = ServerWritableStream<Uint8Array, Uint8Array>;
export type Duplex = ServerDuplexStream<Uint8Array, Uint8Array>;

/** A call with one request and one reply. */
export function unary(
  method: DescMethod,
  serve: (call: Unary, request: Plain) => Promise<Plain>,
): (call: Unary, done: sendUnaryData<Uint8Array>) => void {
  return unaryBytes(async (call) => encode(method.output, await serve(call, decode(method.input, call.request))));
}

/** The same, for messages that are not of our own schemas. */
export function unaryBytes(
  answer: (call: Unary) => Promise<Uint8Array>,
): (call: Unary, done: sendUnaryData<Uint8Array>) => void {
  return (call, done) =>
    void answer(call).then(
      (bytes) => done(null, bytes),
      (thrown) => done(toStatus(thrown)),
    );
}

/** A call with one request and a stream of replies; each waits until the stream has taken the one before. */
export function streaming(
  messages: (call: Writable, signal: AbortSignal) => AsyncIterable<Uint8Array>,
): (call: Writable) => void {
  return (call) => void stream(call, messages);
}

async function stream(
  call: Writable,
  messages: (call: Writable, signal: AbortSignal) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  call.once('cancelled', () => controller.abort(new OuroborosError('ECANCELED', 'the reader went away')));
  try {
    for await (const bytes of messages(call, signal)) {
      if (signal.aborted) return;
      await written(call, bytes, signal);
    }
    call.end();
  } catch (thrown) {
    if (!signal.aborted) call.emit('error', toStatus(thrown));
  }
}

/** Resolves when the stream has taken the bytes, or is over. */
function written(call: Writable, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    call.write(bytes, done);
  });
}
