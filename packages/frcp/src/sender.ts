import type { Micros } from '@ouroboros/model';
import type { FrcpWrite } from './contract.js';

/** The sending side of a flow: one class for reliable flows, one for the others. */
export interface Sender {
  readonly maxPayload: number;
  readonly deadline: Micros;
  readonly delivered: boolean;
  readonly taken: boolean;
  readonly outstanding: number;
  readonly window: number;
  readonly roundTrip: Micros;
  /** A write was answered 'full' and may succeed now. */
  readonly hasRoomAgain: boolean;
  /** A packet was not acknowledged in time; nothing more is sent. */
  readonly failed: boolean;
  /** False: the peer's window is ignored. */
  obeysWindow: boolean;

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number, now: Micros): FrcpWrite;
  /** As in FrcpFlow. */
  takesAll(bytes: number, payloads: number): boolean;
  /** The peer's ackno; `ranges` of them stand in `packet` at `offset`. False when it cannot be true. */
  acknowledged(ackno: number, packet: Uint8Array, offset: number, ranges: number, now: Micros): boolean;
  /** The low 24 bits of the peer's window edge. */
  credited(window: number, now: Micros): void;
  /** The peer lives. */
  heard(now: Micros): void;
  /** Acts on timers that are due. */
  wake(now: Micros): void;
  /** Sends what may be sent. */
  push(now: Micros): void;
}
