import fc from 'fast-check';
import { CollectingSink, type Machine } from '@ouroboros/machine';
import { fromHex, micros, toHex } from '@ouroboros/model';
import { CEP_COMPONENTS, encodeCep, encodeEnrollAck, encodeEnrollResponse, type IpcpConfig } from '@ouroboros/wire';
import {
  EnrollingMember,
  NewMember,
  OcepAcceptor,
  OcepInitiator,
  type EnrollOutput,
  type OcepOutput,
} from './index.js';

const management = { ...CEP_COMPONENTS.management, address: 0x0a0b0c0d };
const enrollment = { ...CEP_COMPONENTS.enrollment, address: 0 };

const CONFIG: IpcpConfig = {
  layer: { name: 'LAN', dirHashAlgo: 1 },
  type: 1,
  unicast: {
    dt: {
      addrSize: 4,
      eidSize: 8,
      maxTtl: 60,
      routing: { policy: 0, linkState: { policy: 0, recalcS: 4, updateS: 15, timeoutS: 60 } },
    },
    dir: { policy: 0, dht: { alpha: 3, k: 8, expireS: 86400, refreshS: 900, replicateS: 900, peer: 0x0a0b0c0d } },
    addrAuth: 0,
    congAvoid: 1,
  },
};
const ID = fromHex('0102030405060708');
const WALL = 1_760_000_000_123_456_789n;

function give<In, Out>(machine: Machine<In, Out>, input: In, now = 0): Out[] {
  const sink = new CollectingSink<Out>();
  machine.handle(input, micros(now), sink);
  return sink.take();
}
function wake<In, Out>(machine: Machine<In, Out>, now: number): Out[] {
  const sink = new CollectingSink<Out>();
  machine.wake(micros(now), sink);
  return sink.take();
}
const sent = (outputs: readonly (OcepOutput | EnrollOutput)[]): Uint8Array =>
  (outputs.find((output) => output.kind === 'send') as { bytes: Uint8Array }).bytes;

describe('OCEP', () => {
  it('connects two members with the bytes of the spec', () => {
    const initiator = new OcepInitiator(management);
    const acceptor = new OcepAcceptor([
      enrollment,
      { ...management, address: 7 },
      { ...CEP_COMPONENTS.dataTransfer, address: 7 },
    ]);
    give(acceptor, { kind: 'start' });
    const request = sent(give(initiator, { kind: 'start' }));
    expect(toHex(request)).toBe('0a0a4d616e6167656d656e7412034c535018012800408d98ac50');
    const answer = give(acceptor, { kind: 'packet', bytes: request });
    expect(answer[1]).toMatchObject({ kind: 'done', own: { address: 7 }, peer: management });
    expect(give(initiator, { kind: 'packet', bytes: sent(answer) })).toEqual([
      { kind: 'done', own: management, peer: { ...management, address: 7 } },
    ]);
  });

  it('answers an unknown component as the spec says, and the initiator names the cause', () => {
    const initiator = new OcepInitiator(management);
    const acceptor = new OcepAcceptor([enrollment]);
    give(acceptor, { kind: 'start' });
    const answer = give(acceptor, { kind: 'packet', bytes: sent(give(initiator, { kind: 'start' })) });
    expect(toHex(sent(answer))).toBe('0a001200180028004000');
    expect(answer[1]).toEqual({ kind: 'failed', reason: 'asked for unknown component "Management"' });
    expect(give(initiator, { kind: 'packet', bytes: sent(answer) })).toEqual([
      { kind: 'failed', reason: 'the peer has no component "Management"' },
    ]);
  });

  it.each([
    [{ protocol: 'XYZ' }, 'protocol "XYZ" instead of "LSP"'],
    [{ version: 2 }, 'version 2 instead of 1'],
    [{ syntax: 2 }, 'syntax 2 instead of 0'],
  ])('refuses a peer that differs in %p, on both sides, and the acceptor answers first', (other, reason) => {
    const bytes = encodeCep({ ...management, ...other });
    const initiator = new OcepInitiator(management);
    give(initiator, { kind: 'start' });
    expect(give(initiator, { kind: 'packet', bytes })).toEqual([{ kind: 'failed', reason }]);
    const answer = give(new OcepAcceptor([management]), { kind: 'packet', bytes });
    expect(answer.map((output) => output.kind)).toEqual(['send', 'failed']);
  });

  it('gives up after a second on both sides', () => {
    for (const machine of [new OcepInitiator(management), new OcepAcceptor([management])]) {
      give(machine, { kind: 'start' }, 5);
      expect(machine.deadline).toBe(1_000_005);
      expect(wake(machine, 1_000_004)).toEqual([]);
      expect(wake(machine, 1_000_005)).toEqual([{ kind: 'failed', reason: 'the peer did not answer within 1 s' }]);
      expect(give(machine, { kind: 'packet', bytes: encodeCep(management) })).toEqual([]);
    }
  });
});

describe('enrollment', () => {
  it('hands the configuration over with the bytes of the spec', () => {
    const newcomer = new NewMember(ID, 1);
    const member = new EnrollingMember({ config: CONFIG, wallNanos: () => WALL });
    give(member, { kind: 'start' });
    const request = sent(give(newcomer, { kind: 'start' }));
    expect(toHex(request)).toBe('0a080102030405060708');
    const response = sent(give(member, { kind: 'packet', bytes: request }));
    expect(toHex(response)).toBe(
      '0a0801020304050607081080f09dc70618959aef3a20002a400a070a034c414e100110011a330a1408041008183c220c0800120808001004180f203c121708001213080310081880a305208407288407308d98ac5018002001',
    );
    expect(member.requestId).toEqual(ID);
    expect(give(newcomer, { kind: 'packet', bytes: response })).toMatchObject([{ kind: 'start', config: CONFIG }]);
    const ack = give(newcomer, { kind: 'started' });
    expect(toHex(sent(ack))).toBe('0a0801020304050607081000');
    expect(ack[1]).toEqual({ kind: 'done' });
    expect(give(member, { kind: 'packet', bytes: sent(ack) })).toEqual([{ kind: 'done' }]);
  });

  it('sends no acknowledgement when the start failed', () => {
    const newcomer = new NewMember(ID, 1);
    give(newcomer, { kind: 'start' });
    give(newcomer, { kind: 'packet', bytes: response({}) });
    expect(give(newcomer, { kind: 'start-failed', reason: 'no' })).toEqual([{ kind: 'failed', reason: 'no' }]);
  });

  const response = (change: object): Uint8Array =>
    encodeEnrollResponse({ id: ID, timeSeconds: 1n, timeNanos: 0, response: 0, config: CONFIG, ...change });

  it.each([
    [{ id: new Uint8Array(8) }, 'the response answers another request'],
    [{ response: -1, config: undefined }, 'refused with -1'],
    [{ config: { layer: CONFIG.layer, type: 2 } }, 'the layer is of type 2, not 1'],
  ])('refuses a response with %p', (change, reason) => {
    const newcomer = new NewMember(ID, 1);
    give(newcomer, { kind: 'start' });
    expect(give(newcomer, { kind: 'packet', bytes: response(change) })).toEqual([{ kind: 'failed', reason }]);
  });

  it('gives up on silence: the new member after 1 s, the member after 20 s', () => {
    const newcomer = new NewMember(ID, 1);
    give(newcomer, { kind: 'start' });
    expect(wake(newcomer, 1_000_000)).toMatchObject([{ kind: 'failed' }]);
    const member = new EnrollingMember({ config: CONFIG, wallNanos: () => WALL });
    give(member, { kind: 'start' });
    expect(wake(member, 19_999_999)).toEqual([]);
    expect(wake(member, 20_000_000)).toMatchObject([{ kind: 'failed' }]);
  });

  it('reports what the new member says in its acknowledgement', () => {
    const member = new EnrollingMember({ config: CONFIG, wallNanos: () => WALL });
    give(member, { kind: 'packet', bytes: fromHex('0a080102030405060708') });
    const bytes = encodeEnrollAck({ id: ID, result: -100 });
    expect(give(member, { kind: 'packet', bytes })).toEqual([
      { kind: 'failed', reason: 'the new member failed with -100' },
    ]);
  });

  it('survives arbitrary bytes in every state', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (packets) => {
        const newcomer = new NewMember(ID, 1);
        const member = new EnrollingMember({ config: CONFIG, wallNanos: () => WALL });
        const acceptor = new OcepAcceptor([management]);
        give(newcomer, { kind: 'start' });
        for (const bytes of packets) {
          for (const output of give(newcomer, { kind: 'packet', bytes })) expect(output.kind).toBe('failed');
          give(member, { kind: 'packet', bytes });
          expect(give(acceptor, { kind: 'packet', bytes }).length).toBeLessThanOrEqual(2);
        }
      }),
    );
  });
});
