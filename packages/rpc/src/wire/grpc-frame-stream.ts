import type { ClientDuplexStream, ServerDuplexStream } from '@grpc/grpc-js';
import type { DescMessage } from '@bufbuild/protobuf';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { Frame, FrameStream } from '../frame.js';
import { decodeFrame, encodeFrame } from './frames.js';

/** What may wait for a side that does not read; then the stream is cut. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** Added to each waiting frame, so that their number is bounded too. */
const FRAME_OVERHEAD_BYTES = 256;

type ByteStream = ClientDuplexStream<Uint8Array, Uint8Array> | ServerDuplexStream<Uint8Array, Uint8Array>;

export interface FrameStreamOptions {
  readonly stream: ByteStream;
  /** Messages to the other side and from it. */
  readonly outgoing: DescMessage;
  readonly incoming: DescMessage;
  /** Ends the stream in the proper way. */
  finish(error?: OuroborosError): void;
  /** Cuts the stream without waiting for what is queued. */
  cut(): void;
}

/** Frames over a bidirectional gRPC stream, of either side. */
export class GrpcFrameStream implements FrameStream {
  onFrame: FrameStream['onFrame'] = null;
  onEnd: FrameStream['onEnd'] = null;
  private queuedBytes = 0;
  private closing = false;
  private ended = false;

  constructor(private readonly options: FrameStreamOptions) {
    options.stream.on('data', (bytes: Uint8Array) => this.take(bytes));
  }

  send(frame: Frame): void {
    if (this.closing || this.ended) return void frame.secret?.fill(0);
    const bytes = encodeFrame(this.options.outgoing, frame);
    const size = bytes.length + FRAME_OVERHEAD_BYTES;
    this.queuedBytes += size;
    this.options.stream.write(bytes, () => {
      this.queuedBytes -= size;
      if (!frame.secret) return;
      frame.secret.fill(0);
      bytes.fill(0);
    });
    if (this.queuedBytes > MAX_QUEUED_BYTES)
      this.cut(new OuroborosError('EPIPE', 'the other side does not read its stream'));
  }

  close(error?: OuroborosError): void {
    if (this.closing || this.ended) return;
    this.closing = true;
    this.options.finish(error);
  }

  cut(error: OuroborosError): void {
    this.closing = true;
    this.options.cut();
    this.end(error);
  }

  /** To be called when gRPC says that the stream is over. */
  end(error: OuroborosError): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd?.(error);
  }

  private take(bytes: Uint8Array): void {
    if (this.closing || this.ended) return;
    const frame = this.decode(bytes);
    if (frame) this.onFrame?.(frame);
  }

  /** Bytes that are no frame end the stream. */
  private decode(bytes: Uint8Array): Frame | undefined {
    try {
      return decodeFrame(this.options.incoming, bytes);
    } catch (thrown) {
      const error = toOuroborosError(thrown);
      this.close(error);
      this.end(error);
      return undefined;
    }
  }
}
