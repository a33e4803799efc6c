import {
  DEFAULT_FLAGS,
  FLOWFACCMODE,
  FLOWFDOWN,
  FLOWFRDONLY,
  FLOWFRNOBLOCK,
  FLOWFRNOPART,
  FLOWFWNOBLOCK,
  FLOWFWNOPART,
  FLOWFWRONLY,
  checkFlags,
} from './flow-flags.js';
import type { FlowDownCode } from './packet-flow.js';
import { checkTimeout } from './wait-queue.js';

/** The options of fccntl as typed properties. [spec/architecture.md §8.2, spec/wire-frcp.md §10.3] */
export abstract class FlowOptions {
  private flagBits = DEFAULT_FLAGS;
  private receiveTimeout = Infinity;
  private sendTimeout = Infinity;

  /** Why the flow is down, or null while it is up. */
  abstract get down(): FlowDownCode | null;

  /** Limit for reads that give none, in ms; Infinity (the default) = none. EINVAL. */
  get rcvTimeoutMs(): number {
    return this.receiveTimeout;
  }

  set rcvTimeoutMs(value: number) {
    this.receiveTimeout = checkTimeout(value);
  }

  /** Limit for writes that give none, in ms; Infinity (the default) = none. EINVAL. */
  get sndTimeoutMs(): number {
    return this.sendTimeout;
  }

  set sndTimeoutMs(value: number) {
    this.sendTimeout = checkTimeout(value);
  }

  /** All flags as the number of fccntl; FLOWFDOWN is added while the flow is down. Setting: EINVAL for flags that are none. */
  get flags(): number {
    return this.flagBits | (this.down === null ? 0 : FLOWFDOWN);
  }

  set flags(value: number) {
    this.flagBits = checkFlags(value);
  }

  /** What the flow is used for; the other direction gives EPERM. */
  get access(): 'read' | 'write' | 'both' {
    const mode = this.flagBits & FLOWFACCMODE;
    return mode === FLOWFRDONLY ? 'read' : mode === FLOWFWRONLY ? 'write' : 'both';
  }

  set access(value: 'read' | 'write' | 'both') {
    this.flags = (this.flagBits & ~FLOWFACCMODE) | ['read', 'write', 'both'].indexOf(value);
  }

  /** Reads that find nothing reject with EAGAIN instead of waiting. */
  get readNoBlock(): boolean {
    return this.hasFlag(FLOWFRNOBLOCK);
  }

  set readNoBlock(value: boolean) {
    this.setFlag(FLOWFRNOBLOCK, value);
  }

  /** Writes that find the queue full reject with EAGAIN instead of waiting. */
  get writeNoBlock(): boolean {
    return this.hasFlag(FLOWFWNOBLOCK);
  }

  set writeNoBlock(value: boolean) {
    this.setFlag(FLOWFWNOBLOCK, value);
  }

  /** A packet longer than the target of `readInto` is dropped with EMSGSIZE. */
  get noPartialRead(): boolean {
    return this.hasFlag(FLOWFRNOPART);
  }

  set noPartialRead(value: boolean) {
    this.setFlag(FLOWFRNOPART, value);
  }

  /** Without effect, as in C: there are no partial writes. [spec/wire-frcp.md §10.2] */
  get noPartialWrite(): boolean {
    return this.hasFlag(FLOWFWNOPART);
  }

  set noPartialWrite(value: boolean) {
    this.setFlag(FLOWFWNOPART, value);
  }

  private hasFlag(flag: number): boolean {
    return (this.flagBits & flag) !== 0;
  }

  private setFlag(flag: number, on: boolean): void {
    this.flagBits = on ? this.flagBits | flag : this.flagBits & ~flag;
  }
}
