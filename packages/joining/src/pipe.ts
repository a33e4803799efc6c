/** A flow as both sides of an invitation need it: whole messages, in order, none lost. */
export interface Pipe {
  send(message: Uint8Array): Promise<void>;
  /** The next message. ETIMEDOUT when none comes in time; what a flow that is down rejects with. */
  receive(): Promise<Uint8Array>;
}
