import { QOS_DATA } from '@ouroboros/model';
import type { Flow, Flows } from '@ouroboros/flow/node';
import type { Pipe } from '../pipe.js';

/** For each message of the other side; signing takes milliseconds. */
const PATIENCE_MS = 10_000;

export const pipeOf = (flow: Flow): Pipe => ({
  send: async (message) => void (await flow.write(message, { timeoutMs: PATIENCE_MS })),
  receive: () => flow.read({ timeoutMs: PATIENCE_MS }),
});

/** Holds a conversation over a new flow. */
export async function callOver<T>(flows: Flows, name: string, conversation: (pipe: Pipe) => Promise<T>): Promise<T> {
  const flow = await flows.alloc(name, { qos: QOS_DATA });
  try {
    return await conversation(pipeOf(flow));
  } finally {
    await flow.dealloc();
  }
}
