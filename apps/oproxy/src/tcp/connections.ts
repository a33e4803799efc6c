import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { FlowStream } from '@ouroboros/flow/node';
import type { Journal, Party } from '../journal.js';
import { join } from './join.js';
import { Slots } from './slots.js';

/** Flows to one name that are asked for at a time: a server has a few seconds for each, and takes one after the other. */
const MAX_OPENING = 16;

/**
 * Local connections, and what became of them. Each is admitted, gets a flow, and is carried until both have ended;
 *
 *   admitted → carried → ended      (`carry`)
 *   admitted → failed               (no flow was to be had, or the connection ended before)
 */
export class Connections {
  /** Those without a flow. */
  private readonly admitted = new Set<Socket>();
  private readonly carried = new Map<Socket, Promise<void>>();
  private readonly streams = new Set<FlowStream>();
  private readonly opening = new Slots(MAX_OPENING);
  private opened = 0;
  private failed = 0;
  private sentBytes = 0;
  private receivedBytes = 0;

  constructor(private readonly journal: Journal) {}

  admit(socket: Socket): void {
    this.admitted.add(socket);
    socket.once('close', () => this.admitted.delete(socket));
    // Those that count are told by what reads or writes.
    socket.on('error', () => undefined);
  }

  /** Opens a stream to a name, and waits for its flow; the end of the connection gives it up. Errors of the allocation; ECANCELED. */
  flowOf(socket: Socket, name: string, open: () => FlowStream): Promise<FlowStream> {
    return this.opening.run(name, async () => {
      if (socket.destroyed) throw goneBefore();
      const stream = open();
      const giveUp = (): void => void stream.destroy(goneBefore());
      stream.on('error', () => undefined);
      socket.once('close', giveUp);
      await once(stream, 'connect').finally(() => socket.off('close', giveUp));
      if (!socket.destroyed) return stream;
      stream.destroy();
      throw goneBefore();
    });
  }

  /** Joins both until they end; the stream's flow is there. */
  carry(socket: Socket, stream: FlowStream, party: Party): void {
    this.watch(stream, party);
    const joined = join(socket, stream).then((failure) => {
      if (failure) this.fail(party, failure);
    });
    this.keep(socket, joined);
  }

  /** Counts a stream, whose flow is there, and tells of it. */
  watch(stream: FlowStream, party: Party): void {
    const flow = stream.flow!.id;
    this.opened += 1;
    this.streams.add(stream);
    this.journal.tell({ event: 'opened', flow, ...party });
    stream.once('close', () => {
      const { bytesWritten: sentBytes, bytesRead: receivedBytes } = stream;
      this.sentBytes += sentBytes;
      this.receivedBytes += receivedBytes;
      this.streams.delete(stream);
      this.journal.tell({ event: 'closed', flow, sentBytes, receivedBytes, ...party });
    });
  }

  /** Lets a connection end by itself when these are drained: something goes on there until `ended`. */
  keep(socket: Socket, ended: Promise<void>): void {
    this.admitted.delete(socket);
    this.carried.set(socket, ended);
    void ended.then(() => {
      this.carried.delete(socket);
      if (!socket.destroyed) this.admitted.add(socket);
    });
  }

  /** Counts and tells a connection that was refused, or has failed. */
  fail(party: Party, error: NodeJS.ErrnoException): void {
    this.failed += 1;
    const code = error.code ?? toOuroborosError(error).code;
    this.journal.tell({ event: 'failed', ...party, code, message: error.message });
  }

  statistics(): Readonly<Record<string, number>> {
    let { sentBytes, receivedBytes } = this;
    for (const { bytesWritten, bytesRead } of this.streams) {
      sentBytes += bytesWritten;
      receivedBytes += bytesRead;
    }
    const { opened, failed } = this;
    return { opened, open: this.streams.size, failed, sentBytes, receivedBytes };
  }

  /** Resolves when all have ended; those without a flow are reset now, the others after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    for (const socket of this.admitted) socket.resetAndDestroy();
    const ended = Promise.all(this.carried.values());
    const over = new AbortController();
    void ended.then(() => over.abort());
    await pause(graceMs, undefined, { signal: over.signal }).catch(() => undefined);
    for (const socket of this.carried.keys()) socket.resetAndDestroy();
    await ended;
  }
}

const goneBefore = (): OuroborosError =>
  new OuroborosError('ECANCELED', 'the connection was closed before there was a flow');
