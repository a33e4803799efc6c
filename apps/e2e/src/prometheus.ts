import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from '@ouroboros/demo';
import { freeTcpPort } from './observed-pair.js';

export const PROMETHEUS_MISSING = installed('prometheus') === undefined;

/** A Prometheus that reads some ports every second. */
export class Prometheus {
  private readonly folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  private child: ChildProcess | undefined;
  private url = '';

  async start(ports: readonly number[], rules: string): Promise<void> {
    const targets = ports.map((port) => `127.0.0.1:${port}`);
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'ouroboros', static_configs: [{ targets }] }],
    };
    const file = join(this.folder, 'prometheus.yml');
    writeFileSync(file, JSON.stringify(config)); // JSON is YAML.
    const address = `127.0.0.1:${await freeTcpPort()}`;
    this.url = `http://${address}/api/v1`;
    const words = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${this.folder}/data`,
      `--web.listen-address=${address}`,
    ];
    this.child = spawn('prometheus', words, { stdio: 'ignore' });
  }

  /** `data` of an answer; undefined while it does not answer. */
  async ask<T>(path: string, query?: string): Promise<T | undefined> {
    const body = query === undefined ? undefined : new URLSearchParams({ query });
    const answer = await fetch(`${this.url}/${path}`, { method: body ? 'POST' : 'GET', body }).catch(() => undefined);
    if (!answer || answer.status === 503) return undefined; // Not there yet, or still starting.
    const { status, data, error } = (await answer.json()) as { status?: string; data?: T; error?: string };
    if (status === 'error') throw new Error(`${path} ${query ?? ''}: ${error}`);
    return data;
  }

  /** Number of series that a query gives now. */
  async count(query: string): Promise<number> {
    return (await this.ask<{ readonly result: readonly unknown[] }>('query', query))?.result.length ?? 0;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
