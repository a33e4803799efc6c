import { PassThrough } from 'node:stream';
import { OuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { faultLine, flowLine, progressLine, summaryJson } from './lines.js';
import { showProgress } from './progress.js';
import type { TransferResult } from './transfer.js';

const COMPLETE: TransferResult = { sending: 'complete', receiving: 'complete', error: null };
const crypto = { profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519', peer: 'hello' };
const flow = { id: 3, name: 'hello', layer: 'net', crypto } as unknown as Flow;

describe('the lines of ocat', () => {
  it('show progress with the rate since the last line', () => {
    const line = progressLine({ sent: 3000, received: 10 }, { sent: 1000, received: 10 }, 500);
    expect(line).toBe('sent 3.00 kB (4.00 kB/s), received 10 B (0 B/s)');
    const target = new PassThrough();
    showProgress({ sent: 5, received: 6 }, target)();
    expect(String(target.read())).toMatch(/^sent 5 B \([^)]+\/s\), received 6 B \([^)]+\/s\)\n$/);
  });

  it('tell how the flow is carried and protected', () => {
    expect(flowLine(flow)).toBe(
      'ocat: flow 3 for hello through layer net, encrypted with aes-256-gcm, authenticated as hello',
    );
    expect(flowLine({ ...flow, layer: '', crypto: null } as unknown as Flow)).toBe(
      'ocat: flow 3 for hello within this host, plain',
    );
  });

  it('say why the exit status is not 0', () => {
    expect(faultLine(COMPLETE)).toBeNull();
    expect(faultLine({ ...COMPLETE, sending: 'unknown' })).toContain('nobody can tell whether every byte arrived');
    const error = new OuroborosError('EFLOWDOWN', 'flow 3 is down');
    expect(faultLine({ ...COMPLETE, error })).toBe('ocat: flow 3 is down: bytes may be missing at either side');
  });

  it('sum up as JSON', () => {
    expect(summaryJson(flow, { sent: 1, received: 2 }, COMPLETE, 12.6)).toEqual({
      name: 'hello',
      layer: 'net',
      protection: 'aes-256-gcm',
      sentBytes: 1,
      receivedBytes: 2,
      timeMs: 13,
      sending: 'complete',
      receiving: 'complete',
      complete: true,
      error: null,
    });
  });
});
