import { flowAlloc, flowDealloc } from '@ouroboros/flow/node';

const flow = await flowAlloc('hello');
await flow.write(Buffer.from('world'));
const answer = await flow.read({ timeoutMs: 2000 });
console.log(Buffer.from(answer).toString());
await flowDealloc(flow);
