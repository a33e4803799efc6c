import { OPEN_METRICS_TYPE, MetricSet, checkOpenMetrics } from '@ouroboros/metrics';
import { SILENT } from '@ouroboros/ports';
import { MetricsServer } from './metrics-server.js';

describe('the metrics server', () => {
  const servers: MetricsServer[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  async function served(gather: () => Promise<MetricSet>, ready = true): Promise<string> {
    const server = new MetricsServer(gather, async () => ready, SILENT);
    servers.push(server);
    return `http://127.0.0.1:${await server.listen({ host: '127.0.0.1', port: 0 })}`;
  }

  const some = async (): Promise<MetricSet> => {
    const set = new MetricSet();
    set.add('ouroboros_ready', 1);
    return set;
  };

  it('serves OpenMetrics at /metrics, and nothing elsewhere', async () => {
    const url = await served(some);
    const metrics = await fetch(`${url}/metrics`);
    expect([metrics.status, metrics.headers.get('content-type')]).toEqual([200, OPEN_METRICS_TYPE]);
    const { families, faults } = checkOpenMetrics(await metrics.text());
    expect([families.length, faults]).toEqual([1, []]);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics/../etc`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await fetch(`${url}/metrics`, { method: 'HEAD' })).status).toBe(200);
  });

  it('tells readiness at /healthz', async () => {
    expect((await fetch(`${await served(some)}/healthz`)).status).toBe(200);
    expect((await fetch(`${await served(some, false)}/healthz`)).status).toBe(503);
  });

  it('answers 500 when metrics cannot be gathered, and lives on', async () => {
    const url = await served(() => Promise.reject(new Error('no')));
    expect((await fetch(`${url}/metrics`)).status).toBe(500);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('says which address cannot be had', async () => {
    const url = await served(some);
    const second = new MetricsServer(some, async () => true, SILENT);
    const port = Number(new URL(url).port);
    await expect(second.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'EBUSY',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });
});
