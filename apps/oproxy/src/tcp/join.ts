import type { Socket } from 'node:net';
import type { FlowStream } from '@ouroboros/flow/node';

/** Of a stream that is joined. It holds several reads of a socket (64 KiB): with less, each side waits for the other at every one. */
export const STREAM_OPTIONS = { allowHalfOpen: true, highWaterMark: 2 ** 18 };

/**
 * Joins a local TCP connection and the stream of a flow, which is there, until both have closed. Resolves with the first
 * failure, or null when both directions ended in order.
 *
 * What ends on one side ends on the other: the end of writing alone (half-close), an error as a reset or as the end of
 * the flow. Each side reads no more than the other takes. Where the flow cannot tell the end of writing (its other end is C's),
 * the first end closes both directions when everything was written.
 */
export function join(socket: Socket, stream: FlowStream): Promise<Error | null> {
  stream.allowHalfOpen = stream.flow!.packets.halfCloses;
  return new Promise((resolve) => {
    let failure: Error | null = null;
    let open = 2;
    const fail = (error: Error): void => {
      if (!hasLeft(stream)) failure ??= error;
      socket.resetAndDestroy();
      stream.destroy();
    };
    const closed = (closeOther: () => void) => () => {
      open -= 1;
      if (open === 0) resolve(failure);
      else closeOther();
    };
    socket.once('error', fail);
    stream.once('error', fail);
    socket.once(
      'close',
      closed(() => streamOutlives(socket, stream)),
    );
    stream.once(
      'close',
      closed(() => socketOutlives(socket, stream)),
    );
    socket.pipe(stream);
    stream.pipe(socket);
  });
}

/** The other side ended its writing, then the flow: it wanted no more. */
const hasLeft = (stream: FlowStream): boolean => stream.readableEnded && stream.flow!.downEvent === 'DEALLOC';

/** A connection that closed in order leaves its stream to wait until everything was taken. */
function streamOutlives(socket: Socket, stream: FlowStream): void {
  if (!socket.readableEnded || !socket.writableFinished) stream.destroy();
}

/** The last bytes of a stream that closed in order are still to be written. */
function socketOutlives(socket: Socket, stream: FlowStream): void {
  if (stream.readableEnded && stream.writableFinished) socket.destroySoon();
  else socket.resetAndDestroy();
}
