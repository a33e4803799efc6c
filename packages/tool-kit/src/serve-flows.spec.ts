import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { acceptOf, joinedFlows } from '../../flow/spec/joined-flows.spec.js';
import { serveFlows, type FlowServing } from './serve-flows.js';

function serving(flows: Flow[], more: Partial<FlowServing>) {
  const said: string[] = [];
  const stop = new AbortController();
  const accept = acceptOf(flows);
  const output = { line: (text: string) => said.push(text), remark: (text: string) => said.push(`! ${text}`) };
  const silent: FlowServing['serve'] = (_flow, signal) => pause(60_000, undefined, { signal });
  const all: FlowServing = { accept: (signal) => accept({ signal }), serve: silent, output, ...more };
  const done = serveFlows(all, stop.signal);
  return { said, end: () => (stop.abort(), done) };
}

describe('serving flows', () => {
  const open: Flow[] = [];
  /** The server's end of a new flow. */
  async function newFlow(id: number): Promise<Flow> {
    const pair = await joinedFlows(id);
    open.push(...pair);
    return pair[1];
  }
  afterEach(() => Promise.all(open.splice(0).map((flow) => flow.dealloc())));

  it('goes on for all flows at once, and deallocates each when it is served or at the end', async () => {
    const [one, two] = [await newFlow(1), await newFlow(2)];
    const { said, end } = serving([one, two], {
      serve: (flow, signal) => (flow === one ? Promise.resolve() : pause(60_000, undefined, { signal })),
    });
    await pause(10);
    expect([one.deallocated, two.deallocated]).toEqual([true, false]);
    await end();
    expect([two.deallocated, said]).toEqual([true, ['New flow 1.', 'New flow 2.']]);
  });

  it('lets others wait while there are as many as it may have', async () => {
    const [one, two] = [await newFlow(1), await newFlow(2)];
    let full = 0;
    const { said, end } = serving([one, two], { limit: 1, atLimit: () => (full += 1) });
    await pause(10);
    expect([said, full]).toEqual([['New flow 1.'], 1]);
    await end();
  });

  it.each([
    ['a time-out', new OuroborosError('ETIMEDOUT', 'nothing came'), 'Flow 4 timed out.'],
    ['another failure', new OuroborosError('EFLOWDOWN', 'flow 4 is down'), '! Flow 4 ended: flow 4 is down'],
  ])('says how a flow ended: %s', async (_what, error, line) => {
    const flow = await newFlow(4);
    const { said, end } = serving([flow], { serve: () => Promise.reject(error) });
    await pause(10);
    expect(said).toEqual(['New flow 4.', line]);
    await end();
  });

  it('lives on when accepting fails', async () => {
    const flow = await newFlow(5);
    const outcomes = [() => Promise.reject(new Error('away')), () => Promise.resolve(flow)];
    const { said, end } = serving([], {
      accept: (signal) =>
        outcomes.shift()?.() ??
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await pause(300);
    expect(said).toEqual(['! Failed to accept flow: away', 'New flow 5.']);
    await end();
  });
});
