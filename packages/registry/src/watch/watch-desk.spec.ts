import { fromMs, micros, OuroborosError, type JsonObject } from '@ouroboros/model';
import type { FlowInfo, IpcpInfo, NameInfo, WatchEvent, WatchKind } from '@ouroboros/ports';
import { VirtualClock } from '@ouroboros/simnet';
import { MAX_UNREAD } from './unread.js';
import type { WatchSource } from './facts.js';
import { WatchDesk } from './watch-desk.js';

const IPCP = { name: 'n', type: 'unicast', state: 'operational', layer: 'net', pid: 7 } as IpcpInfo;

/** A node that is what the spec says. */
class Node implements WatchSource {
  ipcps: IpcpInfo[] = [IPCP];
  names: NameInfo[] = [];
  flows: FlowInfo[] = [];
  reports: Record<string, JsonObject[]> = {};
  asked = 0;
  silent = false;

  ipcpList = async (): Promise<IpcpInfo[]> => (this.asked++, this.ipcps);
  nameList = async (): Promise<NameInfo[]> => (this.asked++, this.names);
  flowList = async (): Promise<FlowInfo[]> => (this.asked++, this.flows);
  ipcpReport = async (_: string, topic: string): Promise<JsonObject[]> => {
    if (this.silent) throw new OuroborosError('ETIMEDOUT', 'no answer');
    return this.reports[topic] ?? [];
  };
}

const nameOf = (name: string, pids: number[] = []): NameInfo => ({ name, pids, registered: [] }) as unknown as NameInfo;
const flowOf = (flowId: number, sinceMs: number): FlowInfo =>
  ({ flowId, name: 'x', layer: '', state: 'allocated', qos: { bandwidth: 5n }, sinceMs }) as unknown as FlowInfo;

function setUp() {
  const node = new Node();
  const time = new VirtualClock(() => new Promise((resolve) => setImmediate(resolve)));
  const clock = { pass: (ms: number): Promise<void> => time.runUntil(micros(time.now() + fromMs(ms))) };
  const desk = new WatchDesk(node, time);
  /** Reads until nothing comes any more; a line for each event. */
  const reader = (...kinds: WatchKind[]) => {
    const abort = new AbortController();
    const events: WatchEvent[] = [];
    const ended = (async () => {
      for await (const event of desk.watch(abort.signal, kinds)) events.push(event);
    })();
    const lines = (): string[] =>
      events
        .splice(0)
        .map(({ kind, change, text }) => (kind === '' ? change : `${kind} ${change} ${text.split(':')[0]}`));
    return { abort, ended, lines };
  };
  return { node, clock, desk, reader };
}

describe('A watch', () => {
  it('begins with what is there, then tells what was added, changed and removed', async () => {
    const { node, clock, reader } = setUp();
    node.names = [nameOf('a'), nameOf('b')];
    const { lines } = reader('name', 'ipcp');
    await clock.pass(0);
    expect(lines()).toEqual(['ipcp present n (unicast)', 'name present a', 'name present b', 'complete']);
    node.names = [nameOf('b', [4]), nameOf('c')];
    await clock.pass(1000);
    expect(lines()).toEqual(['name removed a', 'name changed b', 'name added c']);
    await clock.pass(5000);
    expect(lines()).toEqual([]);
  });

  it('tells what is said at once, and looks soon after', async () => {
    const { node, clock, desk, reader } = setUp();
    const { lines } = reader('name');
    await clock.pass(0);
    lines();
    node.names = [nameOf('a')];
    desk.note({ kind: 'name', text: 'name a created' });
    desk.note({ kind: 'flow', text: 'of another kind' });
    await clock.pass(0);
    expect(lines()).toEqual(['name note name a created']);
    await clock.pass(20);
    expect(lines()).toEqual(['name added a']);
  });

  it('takes an age or a counter for no change', async () => {
    const { node, clock, reader } = setUp();
    node.flows = [flowOf(1, 0)];
    node.reports = { neighbors: [{ address: '1.1', component: 'Data Transfer', state: 'up', sent: 1 }] };
    const { lines } = reader('flow', 'link');
    await clock.pass(0);
    expect(lines()).toEqual(['flow present 1 to x', 'link present n to 1.1 (Data Transfer)', 'complete']);
    node.flows = [flowOf(1, 1000)];
    node.reports = { neighbors: [{ address: '1.1', component: 'Data Transfer', state: 'up', sent: 9 }] };
    await clock.pass(3000);
    expect(lines()).toEqual([]);
    node.reports = { neighbors: [{ address: '1.1', component: 'Data Transfer', state: 'silent', sent: 9 }] };
    await clock.pass(1000);
    expect(lines()).toEqual(['link changed n to 1.1 (Data Transfer)']);
  });

  it('shows links and routes with the row of their IPCP, and keeps those of one that does not answer in time', async () => {
    const { node, clock, desk } = setUp();
    node.reports = { routes: [{ destination: '1.2', nextHop: '1.1', direct: false }] };
    const events = desk.watch(undefined, ['route'])[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual({
      ...{ sequence: 1, kind: 'route', change: 'present', text: 'n: to 1.2 through 1.1' },
      ...{ ipcp: null, name: null, flow: null, link: null },
      route: { ipcp: 'n', layer: 'net', destination: '1.2', nextHop: '1.1', detail: node.reports['routes']![0] },
    });
    await events.next();
    node.silent = true;
    await clock.pass(2000);
    node.silent = false;
    node.ipcps = [];
    await clock.pass(1000);
    expect((await events.next()).value).toMatchObject({
      sequence: 3,
      change: 'removed',
      route: { destination: '1.2' },
    });
  });

  it('of which nobody is left makes no work', async () => {
    const { node, clock, desk, reader } = setUp();
    desk.note({ kind: 'name', text: 'unheard' });
    await clock.pass(5000);
    expect(node.asked).toBe(0);
    const { abort, ended } = reader();
    await clock.pass(0);
    abort.abort();
    await ended;
    const before = node.asked;
    expect(before).toBeGreaterThan(0);
    await clock.pass(60_000);
    expect(node.asked).toBe(before);
  });

  it('is cut off when its reader is too slow, and no other is', async () => {
    const { clock, desk, reader } = setUp();
    const slow = desk.watch(undefined, ['process'])[Symbol.asyncIterator]();
    expect((await slow.next()).value).toMatchObject({ change: 'complete' });
    const quick = reader('process');
    await clock.pass(0);
    for (let i = 0; i <= MAX_UNREAD; i++) {
      desk.note({ kind: 'process', text: `${i}` });
      if (i % 100 === 0) await clock.pass(0);
    }
    await expect(slow.next()).rejects.toMatchObject({ code: 'EAGAIN' });
    await clock.pass(0);
    expect(quick.lines()).toHaveLength(MAX_UNREAD + 2);
  });

  it('of an unknown kind is refused', () => {
    const { desk } = setUp();
    expect(() => desk.watch(undefined, ['flows' as 'flow'])).toThrow(
      expect.objectContaining({ code: 'EINVAL', field: 'kinds' }),
    );
  });
});
