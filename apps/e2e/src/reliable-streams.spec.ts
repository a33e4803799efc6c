import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DemoNode } from '@ouroboros/demo';
import { connect, createServer, type Flows, type FlowStream } from '@ouroboros/flow/node';
import { QOS_BY_NAME } from '@ouroboros/model';
import { again, buildLine, sent } from './line.js';
import { ms, note } from './measure.js';
import { Site } from './site.js';

jest.setTimeout(120_000);

/** Of what the middle node sends. */
const TROUBLES = { loss: '5', duplicate: '2', delay_ms: '2', jitter_ms: '4', seed: '7' };

let site: Site;
let a: DemoNode, b: DemoNode;
beforeAll(async () => {
  site = await Site.open();
  [a, , b] = await buildLine(site, TROUBLES);
});
afterAll(() => site.close());

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('over a line of three nodes that loses and doubles packets', () => {
  it('ocat carries a file whole, and knows it', async () => {
    const [input, output] = [join(site.folder, 'input'), join(site.folder, 'output')];
    const bytes = randomBytes(2_000_000);
    writeFileSync(input, bytes);
    const server = site.startWith({ stdout: output }, b, 'ocat', '-lvn', 'cat', '--layer', 'net');
    await server.says(/listening as cat/);
    const client = await sent(site, a, { stdin: input }, '-vn', 'cat', '--json');
    const served = await server.ended;
    note('2 MB through ocat, 5 % loss', ms(client.tookMs));
    expect([client.status, served.status, client.stderr + served.stderr]).toEqual([0, 0, expect.any(String)]);
    expect(digest(readFileSync(output))).toBe(digest(bytes));
  });

  it('streams carry requests and answers of any size, and end in order', async () => {
    const [asking, serving] = [site.flows(a), site.flows(b)];
    const server = createServer({ flows: serving, allowHalfOpen: true }, (stream) => {
      const hash = createHash('sha256');
      stream.on('data', (chunk: Buffer) => hash.update(chunk)).once('end', () => stream.end(hash.digest('hex')));
    });
    await once(server.listen('digest'), 'listening');
    await b.irm.regName('digest', { layers: ['net'] });
    const bytes = randomBytes(500_000);
    const stream = await again(() => connected('digest', asking));
    let answer = '';
    stream.on('data', (chunk) => (answer += String(chunk)));
    const ended = once(stream, 'close');
    await pipeline(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), stream);
    expect(await ended).toEqual([false]);
    expect([answer, stream.layer]).toEqual([digest(bytes), 'net']);
    server.close();
    await once(server, 'close');
    await serving.close();
  });

  it('operf measures every QoS', async () => {
    const server = site.start(b, 'operf', '-lQ');
    await server.says(/server started/);
    await b.irm.bindProcess(server.pid, 'perf');
    await b.irm.regName('perf', { layers: ['net'] });
    for (const qos of Object.keys(QOS_BY_NAME)) {
      // Small packets, which go in one piece; a test whose configuration is lost is refused by the server.
      const { transmitted, received } = await again(() => measured(qos));
      note(`operf, ${qos}, 5 % loss each way`, `${received} of ${transmitted} packets came back`);
      expect(transmitted).toBeGreaterThan(20);
      if (qos === 'data') expect(received).toBe(transmitted);
      else expect(received).toBeGreaterThan(transmitted / 2);
    }
    await server.kill('SIGTERM');
  });
});

async function connected(name: string, flows: Flows): Promise<FlowStream> {
  const stream = connect(name, { flows });
  await once(stream, 'connect');
  return stream;
}

async function measured(qos: string): Promise<{ transmitted: number; received: number }> {
  const words = ['-n', 'perf', '-q', qos, '-t', 'bi', '-d', '1s', '-r', '100k', '-s', '300', '--json'];
  const { status, stdout, stderr } = await site.run(a, 'operf', ...words);
  if (status !== 0) throw new Error(`operf -q ${qos}: exit status ${status}\n${stderr}`);
  return JSON.parse(stdout) as { transmitted: number; received: number };
}
