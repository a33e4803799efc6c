import { QOS_DATA, QOS_RAW } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { joinedFlows } from '../../../packages/flow/spec/joined-flows.spec.js';
import { usageFault } from '../../../packages/tool-kit/spec/usage-fault.spec.js';
import { parseCommand } from './arguments.js';
import { sayBack, sayHello } from './echo.js';

const never = new AbortController().signal;

describe('oecho over one flow', () => {
  const flows: Flow[] = [];
  async function joined(): Promise<[Flow, Flow]> {
    const pair = await joinedFlows();
    flows.push(...pair);
    return pair;
  }
  afterEach(() => Promise.all(flows.splice(0).map((flow) => flow.dealloc())));

  it('says 16 bytes, as C does, and gets them back', async () => {
    const [client, server] = await joined();
    const [result, message] = await Promise.all([sayHello(client, never), sayBack(server, never)]);
    expect(message).toBe('Client says hi!');
    expect(result).toMatchObject({ name: 'oecho', reply: 'Client says hi!', sentBytes: 16, receivedBytes: 16 });
  });

  it('says anything back, byte for byte, and shows nothing that a terminal would obey', async () => {
    const [client, server] = await joined();
    const message = Uint8Array.from([0x1b, 0x5b, 0x41, 0, 0xff]);
    client.tryWrite(message);
    expect(await sayBack(server, never)).toBe('?[A');
    expect(await client.read()).toEqual(message);
  });

  it('does not wait for ever', async () => {
    const [client, server] = await joined();
    await expect(sayHello(client, never, 20)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await server.read();
    await expect(sayBack(server, never, 20)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('refuses what is longer than a message', async () => {
    const [client, server] = await joined();
    server.noPartialRead = true;
    client.tryWrite(new Uint8Array(257));
    await expect(sayBack(server, never)).rejects.toMatchObject({ code: 'EMSGSIZE' });
  });
});

describe('the arguments of oecho', () => {
  it('are few', () => {
    expect(parseCommand([])).toEqual({ kind: 'client', qos: QOS_RAW, json: false });
    expect(parseCommand(['-q', 'data', '--json'])).toEqual({ kind: 'client', qos: QOS_DATA, json: true });
    expect(parseCommand(['-l'])).toEqual({ kind: 'server' });
    expect(parseCommand(['--help'])).toEqual({ kind: 'help' });
  });

  it.each([
    [['-l', '--json'], 'json'],
    [['-l', '-q', 'raw'], '-q is for the client'],
    [['-q', 'gold'], "'gold'"],
    [['-n', 'x'], '-n'],
  ])('refuse %j', (args, words) => expect(usageFault(() => parseCommand(args))).toContain(words));
});
