import type { IpcpOperations } from '@ouroboros/ports';
import { method, named, NO_RESULT, only, WHOLE_REPLY, WHOLE_REQUEST, type MethodShape } from './method-shape.js';

/** A method that travels as a request and a reply of the IPCP's stream. */
export interface OperationShape extends MethodShape {
  /** Name of the reply in the frame. */
  readonly reply: string;
}

const DONE = { ...NO_RESULT, reply: 'done' };
const LAYER = { ...WHOLE_REPLY, reply: 'layer' };
const JSON_VALUE = { ...only('value'), reply: 'json' };

const operation = (request: Parameters<typeof method>[0], result: typeof DONE): OperationShape => ({
  ...method(request, result),
  reply: result.reply,
});

/** Every operation; names and argument names are those of proto/ouroboros/ipcp/v1. */
export const OPERATION_METHODS: Readonly<Record<keyof IpcpOperations, OperationShape>> = {
  bootstrap: operation(WHOLE_REQUEST, LAYER),
  enroll: operation(WHOLE_REQUEST, LAYER),
  connect: operation(WHOLE_REQUEST, DONE),
  disconnect: operation(WHOLE_REQUEST, DONE),
  register: operation(named('hash'), DONE),
  unregister: operation(named('hash'), DONE),
  query: operation(named('hash', 'correlationId'), { ...only('found'), reply: 'queried' }),
  flowAlloc: operation(WHOLE_REQUEST, { ...WHOLE_REPLY, reply: 'flowAllocResult' }),
  flowJoin: operation(WHOLE_REQUEST, { ...WHOLE_REPLY, reply: 'joined' }),
  flowAgreed: operation(named('flowId', 'features'), DONE),
  flowDealloc: operation(named('flowId', 'lingerMs'), DONE),
  report: operation(named('topic', 'args'), JSON_VALUE),
  control: operation(named('command', 'args'), JSON_VALUE),
  ribList: operation(named('path'), { ...only('items'), reply: 'entries' }),
  ribRead: operation(named('path'), { ...only('value'), reply: 'text' }),
};
