import type { FlowFailure, FlowInfo, NameInfo, NameLocation } from '@ouroboros/ports';
import { explanation, type Explanation } from './explain.js';
import type { Evidence, LayerEvidence } from './evidence.js';
import type { Trial } from './finding.js';

const LOCATION: NameLocation = {
  ...{ ipcp: 'net.a', type: 'unicast', layer: 'net', rank: 10, answer: 'has', tookMs: 2.04, text: '', key: 'ab' },
};
const REACHED: Trial = { ok: true, tookMs: 4.321, layer: 'net', protection: '' };
const failedWith = (code: 'ENOSERVER' | 'ECLOCK' | 'ETIMEDOUT' | 'ENAME', stage: string): Trial => ({
  ...{ ok: false, tookMs: 3, code, stage, message: `because of ${stage}` },
});
const LAYER: LayerEvidence = {
  ...{ ipcp: 'net.a', layer: 'net', pid: 10, neighbors: [], lostLinks: [] },
  location: { self: '1', tookMs: 1, members: [{ address: '3', path: ['2', '3'] }] },
};
const SERVED: NameInfo = {
  ...{ name: 'hello', balancing: 'spill', spread: '', direct: '', programs: [], pids: [42], registered: ['net.a'] },
};

const status = (warnings: readonly string[] = []): Evidence['status'] => ({
  ...{ version: '0', pid: 1, uptimeMs: 0, runtimeDir: '/run', ready: true, waitingFor: [], warnings, ipcps: [] },
  ...{ certificates: 0, certificateDays: 0 },
  ...{ names: 0, flows: 0, processes: 0 },
});

const explained = (about: Partial<Evidence> = {}): Explanation =>
  explanation({
    ...{ name: 'hello', status: status(), entry: undefined, names: [], locations: [LOCATION], failures: [], flows: [] },
    ...{ layers: [LAYER], trial: REACHED },
    ...about,
  });

const lines = ({ findings }: Explanation): string[] =>
  findings.map(({ stage, verdict, text }) => `${verdict} ${stage}: ${text}`);

describe('Why a name can be reached', () => {
  it('tells layer, directory, route and flow', () => {
    const found = explained({ locations: [{ ...LOCATION, layer: 'loop', answer: 'has-not' }, LOCATION] });
    expect(lines(found)).toEqual([
      'ok layer: layer net has it (IPCP net.a, 2 ms); not in loop',
      'ok directory: member 3 serves it in net (1 ms)',
      'ok route: 1 → 2 → 3 (2 hops)',
      'ok flow: a flow over net was up in 4.3 ms, plain',
    ]);
    expect(found).toMatchObject({ reached: true, failedStage: '' });
  });

  it('is told of a name that a process of this host serves, too', () => {
    const trial: Trial = { ...REACHED, layer: '', protection: 'encrypted' };
    const found = explained({ entry: SERVED, locations: [], layers: [], trial });
    expect(lines(found)).toEqual([
      'ok serving: served here by process 42',
      'ok serving: registered at net.a',
      'note layer: at no other host: there is no layer to ask',
      'ok flow: a flow to a process of this host was up in 4.3 ms, encrypted',
    ]);
  });

  it('is as far as can be seen where no flow is asked for', () => {
    expect(explained({ trial: null })).toMatchObject({ reached: true, trial: null });
  });

  it('makes warnings of faults that did not stop the flow', () => {
    const dead: NameLocation = { ...LOCATION, ipcp: 'old', answer: 'not-operational', text: 'its process is gone' };
    const found = explained({ locations: [dead, LOCATION] });
    expect(found.reached).toBe(true);
    expect(lines(found)[0]).toBe('warn layer: IPCP old of layer net does not work: its process is gone');
  });
});

describe('Why a name cannot be reached', () => {
  it.each([
    [
      'no layer has it, and what may be meant',
      {
        locations: [{ ...LOCATION, answer: 'has-not' }],
        layers: [],
        names: ['hallo'],
        trial: failedWith('ENAME', 'name'),
      },
      'name',
      'no layer that this host can reach has it (asked: net)',
    ],
    [
      'an IPCP of this host is gone',
      {
        locations: [{ ...LOCATION, answer: 'not-operational', text: 'its process is gone (resting)' }],
        ...{ layers: [], trial: failedWith('ENAME', 'name') },
      },
      'layer',
      'IPCP net.a of layer net does not work: its process is gone (resting)',
    ],
    [
      'there is no route to the member',
      {
        layers: [{ ...LAYER, location: { self: '1', tookMs: 1, members: [{ address: '3', path: [] }] } }],
        trial: failedWith('ENOSERVER', 'route'),
      },
      'route',
      'no route to 3',
    ],
    ['nobody serves it there', { trial: failedWith('ENOSERVER', 'accept') }, 'accept', 'because of accept'],
    ['a clock is wrong', { trial: failedWith('ECLOCK', 'clock') }, 'clock', 'because of clock'],
    [
      'no process serves it here',
      { entry: { ...SERVED, pids: [] }, trial: failedWith('ENOSERVER', 'accept') },
      'accept',
      'no process here serves the name, and no program is bound to it',
    ],
    [
      'it is registered nowhere',
      { entry: { ...SERVED, registered: [] }, locations: [], layers: [], trial: null },
      'name',
      'registered in no layer, so that no other host can find it',
    ],
  ] as [string, Partial<Evidence>, string, string][])('%s', (_what, about, stage, text) => {
    const found = explained(about);
    expect(found).toMatchObject({ reached: false, failedStage: stage });
    const [first] = found.findings.filter(({ verdict }) => verdict === 'fail');
    expect(first!.text).toBe(text);
    if (stage !== 'clock') expect(first!.remedy).not.toBe('');
  });

  it('names links that are down, silent or narrow', () => {
    const neighbors = [{ address: '2', connectedTo: 'net.b', state: 'silent' }];
    const lost = {
      address: '3',
      component: 'Management',
      connectedTo: '',
      agoMs: 12_340,
      why: 'the neighbour ended the flow',
    };
    const lostLinks = [
      { ...lost, lastError: 'no answer' },
      { ...lost, component: 'Data Transfer', lastError: 'no answer' },
    ];
    const narrow = { name: 'net.b', layer: 'udp', pids: [10], pathPacket: 290 } as unknown as FlowInfo;
    const wide = { ...narrow, pathPacket: 1400 };
    const foreign = { ...narrow, pids: [99] };
    const found = explained({ layers: [{ ...LAYER, neighbors, lostLinks }], flows: [narrow, wide, foreign] });
    expect(lines(found).filter((line) => line.startsWith('warn'))).toEqual([
      'warn link: link to net.b in net: the neighbour is silent',
      'warn link: link to 3 in net lost 12.3 s ago: the neighbour ended the flow; connecting again: no answer',
      'warn path: link to net.b in net, over udp, takes packets of up to 290 bytes only',
    ]);
  });

  it('tells of entries that nobody who counts has signed, also where nothing else was found', () => {
    const NONE = { ...LAYER, location: { self: '1', tookMs: 1, refused: 2, members: [] } };
    const nowhere = explained({ layers: [NONE], locations: [{ ...LOCATION, answer: 'has-not' }] });
    const some = explained({ layers: [{ ...LAYER, location: { ...LAYER.location, refused: 1 } }] });
    const told = (found: Explanation) => lines(found).filter((line) => line.includes('directory:'));
    const ending = 'not believed in net: signed by no member whose certificate holds';
    expect(told(nowhere)).toEqual([`warn directory: 2 entries for it are ${ending}`]);
    expect(told(some)).toEqual([`warn directory: 1 entry for it is ${ending}`, expect.stringMatching(/^ok directory/)]);
  });

  it('takes a narrow link for the reason where there is a way but no answer', () => {
    const narrow = { name: 'net.b', layer: 'udp', pids: [10], pathPacket: 290 } as unknown as FlowInfo;
    const found = explained({ flows: [narrow, { ...narrow }], trial: failedWith('ETIMEDOUT', 'time') });
    expect(found).toMatchObject({ reached: false, failedStage: 'path' });
    expect(found.findings.filter(({ stage }) => stage === 'path')).toHaveLength(1);
  });

  it('tells at the host of the server what others were refused lately, each reason once, and what its certificates lack', () => {
    const refused: FlowFailure = {
      ...{ agoMs: 3000, name: 'hello', side: 'remote', code: 'EAUTH', stage: 'crypto', text: 'who are you' },
      ...{ ipcp: 'net.a', layer: 'net', correlationId: '', pid: 0 },
    };
    const failures = [refused, { ...refused, agoMs: 9000 }, { ...refused, side: 'local' as const, stage: 'name' }];
    const found = explained({ entry: SERVED, failures, status: status(['certificate x is not yet valid (x.crt)']) });
    expect(lines(found).slice(-2)).toEqual([
      'warn crypto: 3 s ago a request from net was refused here: who are you',
      'warn clock: certificate x is not yet valid (x.crt)',
    ]);
  });
});
