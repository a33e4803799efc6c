import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { OPEN_METRICS_TYPE, openMetricsText, type MetricSet } from '@ouroboros/metrics';
import { OuroborosError, endpointText, type Endpoint } from '@ouroboros/model';
import type { Logger } from '@ouroboros/ports';

/** Requests have no body and few headers; who is slower, or one of more callers, is cut off. */
const REQUEST_TIMEOUT_MS = 5000;
const MOST_HEADER_BYTES = 8 * 1024;
const MOST_CALLERS = 64;

/** `GET /metrics` in OpenMetrics, and `GET /healthz`: 200 when the node is ready, else 503. Nothing else. */
export class MetricsServer {
  private readonly server: Server;

  constructor(
    private readonly gather: () => Promise<MetricSet>,
    private readonly ready: () => Promise<boolean>,
    private readonly logger: Logger,
  ) {
    const limits = { requestTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: MOST_HEADER_BYTES };
    this.server = createServer(limits, (request, response) => void this.answer(request, response));
    this.server.maxConnections = MOST_CALLERS;
  }

  /** Resolves with the port. EACCES, EBUSY or EIO when the address cannot be had. */
  listen(at: Endpoint): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (cause: NodeJS.ErrnoException): void => {
        const code = cause.code === 'EADDRINUSE' ? 'EBUSY' : cause.code === 'EACCES' ? 'EACCES' : 'EIO';
        reject(new OuroborosError(code, `metrics: cannot listen on ${endpointText(at)}: ${cause.message}`, { cause }));
      };
      this.server.once('error', fail);
      this.server.listen(at.port, at.host, () => {
        this.server.off('error', fail);
        this.server.on('error', (error) => this.logger.log('warn', 'metrics server', { error }));
        const address = this.server.address();
        resolve(typeof address === 'object' && address ? address.port : at.port);
      });
    });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.serve(request, response);
    } catch (error) {
      this.logger.log('warn', 'metrics could not be gathered', { error });
      end(response, 500, 'no metrics now\n');
    }
  }

  private async serve({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url.split('?', 1)[0];
    if (path !== '/metrics' && path !== '/healthz') return end(response, 404, 'there are /metrics and /healthz\n');
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return end(response, 405, 'read only\n');
    }
    if (path === '/metrics') return end(response, 200, openMetricsText(await this.gather()), OPEN_METRICS_TYPE);
    return (await this.ready()) ? end(response, 200, 'ready\n') : end(response, 503, 'not ready\n');
  }
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(text);
}
