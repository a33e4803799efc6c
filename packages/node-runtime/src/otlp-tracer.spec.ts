import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SILENT, type Logger, type Span } from '@ouroboros/ports';
import { NodeClock } from './clock.js';
import { OtlpTracer } from './otlp-tracer.js';

const ID = '0123456789abcdef';
const clock = new NodeClock();
const span = (more: Partial<Span> = {}): Span => ({
  ...{ id: ID, name: 'step', role: 'step', from: clock.now(), to: clock.now(), attributes: {}, error: '' },
  ...more,
});

describe('the tracer', () => {
  const bodies: string[] = [];
  let status = 200;
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        bodies.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    bodies.length = 0;
    status = 200;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const tracer = (logger: Logger = SILENT, port = (server.address() as AddressInfo).port): OtlpTracer => {
    const endpoint = `http://127.0.0.1:${port}/v1/traces`;
    return new OtlpTracer({ endpoint, service: 'ipcpd-unicast', instance: 'u1', runtimeDir: '/run/o', clock, logger });
  };

  it('sends OTLP in JSON, spans that come together in one request', async () => {
    const sender = tracer();
    const from = clock.now();
    sender.span(
      span({ role: 'root', name: 'all', from, attributes: { 'ouroboros.flow_id': 7, 'ouroboros.name': 'x' } }),
    );
    sender.span(span({ role: 'far', error: 'ENAME: no' }));
    await sender.flush();
    expect(bodies).toHaveLength(1);
    const [, head, body] = /^(.*?json) (.*)$/.exec(bodies[0]!)!;
    expect(head).toBe('POST /v1/traces application/json');
    const [{ resource, scopeSpans }] = JSON.parse(body!).resourceSpans;
    expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'ipcpd-unicast' } });
    expect(resource.attributes).toContainEqual({ key: 'process.pid', value: { intValue: String(process.pid) } });
    const [root, far] = scopeSpans[0].spans;
    expect(root).toEqual({
      ...{ traceId: `0000000000000000${ID}`, spanId: ID, name: 'all', kind: 3 },
      ...{ startTimeUnixNano: expect.stringMatching(/^\d{19}$/), endTimeUnixNano: expect.stringMatching(/^\d{19}$/) },
      attributes: [
        { key: 'ouroboros.flow_id', value: { intValue: '7' } },
        { key: 'ouroboros.name', value: { stringValue: 'x' } },
      ],
    });
    expect(Math.abs(Number(BigInt(root.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(10_000);
    expect(far).toMatchObject({ parentSpanId: ID, kind: 2, status: { code: 2, message: 'ENAME: no' } });
    expect(far.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(far.spanId).not.toBe(ID);
  });

  it('takes no step that is of no trace', async () => {
    const sender = tracer();
    sender.span(span({ id: '' }));
    await sender.flush();
    expect(bodies).toEqual([]);
  });

  it.each([
    ['refuses', 500, undefined],
    ['is away', 200, 1],
  ])(
    'loses what a collector that %s does not take, says so once, and tells how many later',
    async (_, answer, port) => {
      const warnings: string[] = [];
      const logger: Logger = { ...SILENT, log: (_level, message) => void warnings.push(message) };
      const sender = tracer(logger, port);
      status = answer;
      for (let i = 0; i < 3; i += 1) {
        sender.span(span());
        await sender.flush();
      }
      expect(warnings).toEqual(['traces are lost']);
      if (port !== undefined) return;
      status = 200;
      sender.span(span());
      await sender.flush();
      expect(bodies.at(-1)).toContain('{"key":"ouroboros.lost_spans","value":{"intValue":"3"}}');
    },
  );
});
