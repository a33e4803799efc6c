import { Journal, type ProxyEvent } from './journal.js';

const EVENTS: readonly ProxyEvent[] = [
  { event: 'listening', name: 'web', at: '127.0.0.1:80' },
  { event: 'listening', name: null, at: '127.0.0.1:1080' },
  { event: 'opened', flow: 3, name: 'web', peer: '127.0.0.1:5' },
  { event: 'closed', flow: 3, name: 'web', peer: '127.0.0.1:5', sentBytes: 7, receivedBytes: 8 },
  { event: 'failed', name: 'web', peer: '127.0.0.1:5', code: 'ENAME', message: 'unknown' },
  { event: 'remark', code: 'EIRMD', message: 'no daemon' },
  { event: 'statistics', opened: 1, failed: 0 },
];

function told(options: { json: boolean; verbose: boolean }): string[] {
  const lines: string[] = [];
  const journal = new Journal((text) => lines.push(text), options);
  for (const event of EVENTS) journal.tell(event);
  return lines;
}

describe('the journal', () => {
  it('prints a line per event; what opens and closes when that was asked for', () => {
    const all = told({ json: false, verbose: true });
    expect(all).toEqual([
      'Listening for web: 127.0.0.1:80.\n',
      'Listening on 127.0.0.1:1080.\n',
      '127.0.0.1:5: flow 3 for web opened.\n',
      '127.0.0.1:5: flow 3 for web closed, 7 bytes sent, 8 received.\n',
      '127.0.0.1:5: web: unknown (ENAME).\n',
      'no daemon (EIRMD).\n',
      'Statistics: opened 1, failed 0.\n',
    ]);
    expect(told({ json: false, verbose: false })).toEqual(all.filter((_, i) => i !== 2 && i !== 3));
  });

  it('prints objects with their time', () => {
    const objects = told({ json: true, verbose: true }).map((line) => JSON.parse(line) as { time: string });
    expect(objects.map(({ time, ...event }) => (Number.isNaN(Date.parse(time)) ? time : event))).toEqual(EVENTS);
  });
});
