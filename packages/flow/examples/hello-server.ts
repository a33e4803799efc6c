import { flowAccept, flowDealloc, type Flow } from '@ouroboros/flow/node';

async function greet(flow: Flow): Promise<void> {
  for await (const packet of flow) await flow.write(Buffer.from(`Hello, ${Buffer.from(packet)}!`));
}

for (;;) {
  const flow = await flowAccept();
  void greet(flow)
    .catch(console.error)
    .finally(() => flowDealloc(flow));
}
