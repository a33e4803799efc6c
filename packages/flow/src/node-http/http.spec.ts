import { once } from 'node:events';
import type { Agent } from 'node:http';
import { createServer, get, request, type IncomingMessage, type RequestListener } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError, QOS_DATA } from '@ouroboros/model';
import { OURS, joinedFlows } from '../../spec/joined-flows.spec.js';
import type { Flow } from '../flow.js';
import type { Flows } from '../node.js';
import { createFlowFetch, flowAgent, serveHttp, type FlowFetch, type HttpService } from './index.js';

/** A node on which processes serve names; all in memory. */
class Node {
  readonly asked: string[] = [];
  private readonly bound = new Set<string>();
  private readonly arrived: Flow[] = [];
  private readonly waiting: ((flow: Flow) => void)[] = [];
  readonly flows = {
    ready: () => Promise.resolve(),
    bind: async (name: string) => {
      this.bound.add(name);
      return async () => void this.bound.delete(name);
    },
    accept: ({ signal }: { signal: AbortSignal }) =>
      new Promise<Flow>((resolve, reject) => {
        const flow = this.arrived.shift();
        if (flow) return resolve(flow);
        this.waiting.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
    alloc: async (name: string) => {
      this.asked.push(name);
      if (!this.bound.has(name)) throw new OuroborosError('ENAME', `name ${name} is unknown`);
      const [near, far] = await joinedFlows(this.asked.length, { qos: QOS_DATA, features: OURS });
      const waiter = this.waiting.shift();
      if (waiter) waiter(far);
      else this.arrived.push(far);
      return near;
    },
  } as unknown as Flows;
}

let node: Node;
let service: HttpService | undefined;
let agent: Agent;
let fetch: FlowFetch;
beforeEach(() => {
  node = new Node();
  agent = flowAgent({ flows: node.flows });
  fetch = createFlowFetch({ flows: node.flows });
});
afterEach(async () => {
  agent.destroy();
  await service?.close();
  service = undefined;
});

const serve = async (handler: RequestListener): Promise<void> => {
  service = await serveHttp('web', handler, { flows: node.flows });
};

const echo: RequestListener = (asked, answer) => {
  answer.setHeader('x-url', asked.url!);
  asked.pipe(answer);
};

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

describe('HTTP over flows', () => {
  it('is asked by http.get, by name or URL', async () => {
    await serve((asked, answer) => answer.end(`${asked.method} ${asked.url} ${asked.headers.host}`));
    const [byName] = (await once(get({ agent, host: 'web', path: '/a' }), 'response')) as [IncomingMessage];
    expect(await textOf(byName)).toBe('GET /a web');
    const [byUrl] = (await once(get('http://web:8080/b', { agent }), 'response')) as [IncomingMessage];
    expect(await textOf(byUrl)).toBe('GET /b web:8080');
    expect(node.asked).toEqual(['web', 'web']);
  });

  it('carries bodies both ways, larger than any buffer', async () => {
    await serve(echo);
    const body = 'x'.repeat(3_000_000);
    const asking = request({ agent, host: 'web', method: 'POST', path: '/echo' });
    asking.end(body);
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect([answer.headers['x-url'], (await textOf(answer)) === body]).toEqual(['/echo', true]);
  });

  it('keeps a flow for the next request where the agent is to', async () => {
    await serve((_asked, answer) => answer.end('yes'));
    const keeping = flowAgent({ flows: node.flows, keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i += 1) {
      const [answer] = (await once(get({ agent: keeping, host: 'web' }), 'response')) as [IncomingMessage];
      expect(await textOf(answer)).toBe('yes');
    }
    expect(node.asked).toEqual(['web']);
    keeping.destroy();
  });

  it('fails with the reason why there is no flow', async () => {
    const [error] = (await once(get({ agent, host: 'nobody' }), 'error')) as [OuroborosError];
    expect(error.code).toBe('ENAME');
    await expect(fetch('http://nobody/')).rejects.toMatchObject({ message: 'fetch failed', cause: { code: 'ENAME' } });
    await expect(fetch('https://web/')).rejects.toMatchObject({ cause: { code: 'ENOTSUP' } });
  });

  it('is fetched: JSON, streams and redirects to other names', async () => {
    await serve((asked, answer) => {
      if (asked.url === '/old') return void answer.writeHead(302, { location: 'http://web/new' }).end();
      if (asked.url === '/new') return void answer.end('{"moved":true}');
      echo(asked, answer);
    });
    const moved = await fetch('http://web/old');
    expect([moved.url, moved.redirected, await moved.json()]).toEqual(['http://web/new', true, { moved: true }]);
    const posted = await fetch('http://web/x', { method: 'POST', body: 'y'.repeat(200_000) });
    expect([posted.status, (await posted.text()).length]).toEqual([200, 200_000]);
  });

  it('can be given up', async () => {
    await serve(() => undefined);
    const abort = new AbortController();
    const fetching = fetch('http://web/', { signal: abort.signal });
    setTimeout(() => abort.abort(), 30);
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is answered by a server that listens elsewhere, too; it closes when all is answered', async () => {
    const server = createServer((_asked, answer) => void pause(50).then(() => answer.end('slow')));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    service = await serveHttp('web', server, { flows: node.flows });
    const answers = [fetch('http://web/'), fetch('http://web/')];
    while (node.asked.length < 2) await pause(1);
    await pause(20);
    await service.close();
    service = undefined;
    expect(await Promise.all(answers.map(async (answer) => (await answer).text()))).toEqual(['slow', 'slow']);
    await expect(fetch('http://web/')).rejects.toThrow('fetch failed');
    expect(server.listening).toBe(true);
    server.close();
  });
});
