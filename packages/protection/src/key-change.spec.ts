import { fromMs, fromSeconds, micros, toHex } from '@ouroboros/model';
import type { CryptoSuite, KeyExchange } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { SeededRandom } from '@ouroboros/simnet';
import { Pair, SECRET, cryptoOf, quickKeyExchange } from '../spec/pair.spec.js';
import { ANSWER_LENGTH, ChangeMessage, OFFER_LENGTH, copyPart, writeChangeHead } from './change-message.js';
import { createProtection, type Protection } from './index.js';
import { KeySchedule } from './key-schedule.js';
import { OWN_OVERHEAD, SealingKey } from './own-packet.js';

const CIPHER = 'chacha20-poly1305';
const NOW = micros(0);
let suite: CryptoSuite;
beforeAll(async () => {
  const loaded = await loadCrypto();
  suite = { ...loaded, keyExchange: quickKeyExchange(new SeededRandom(9)) };
});

/** A flow that changes keys before its first data, and loses these packets of each direction. */
function firstChange(losingForth: number[], losingBack: number[]): Pair {
  const pair = new Pair({ suite, crypto: cryptoOf('o7s', CIPHER, true), seed: 1 });
  pair.forth.losing = new Set(losingForth);
  pair.back.losing = new Set(losingBack);
  return pair;
}

describe('a key change', () => {
  it('takes one round trip, and one more to be sure', () => {
    const pair = firstChange([], []);
    pair.run(fromMs(2));
    expect(pair.ends.map((end) => end.send())).toEqual([true, false]);
    pair.run(fromMs(1));
    expect(pair.ends.map((end) => end.send())).toEqual([true, true]);
    pair.run(fromMs(1));
    expect(pair.ends.map(({ received, wrong }) => [received, wrong])).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  const LOSSES = Array.from({ length: 8 }, (_, i) => i).flatMap((i) => [
    [[i], []],
    [[], [i]],
    [[i], [i]],
    [
      [i, i + 1],
      [i, i + 2],
    ],
  ]);
  it.each(LOSSES)('is finished when packets %j there and %j back are lost', (forth, back) => {
    const pair = firstChange(forth!, back!);
    pair.run(fromSeconds(4));
    for (const path of [pair.forth, pair.back]) path.losing = new Set();
    expect(pair.ends.map((end) => [end.protection.epoch, end.send()])).toEqual([
      [1, true],
      [1, true],
    ]);
    const { deadline } = pair.acceptor.protection;
    pair.run(fromSeconds(4));
    expect(pair.ends.map(({ received, undecryptable }) => [received, undecryptable])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    // Nobody repeats anything once it is over: what remains is the time of the keys in use.
    expect(deadline).toBeGreaterThan(fromSeconds(60));
  });

  it('repeats only the parts that may be missing, more and more seldom', () => {
    const pair = firstChange([], []);
    pair.setQuality({ loss: 1, duplication: 0, delay: [0, 0] });
    let sent = 0;
    pair.forth.send = () => (sent += 1) < 0;
    const counts = [0.1, 0.3, 0.7, 1.5, 3.1, 5.1, 7.1, 9.1].map((seconds) => {
      pair.runUntil(fromSeconds(seconds));
      return sent / 3;
    });
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('asks again for the part that was lost, and for no other', () => {
    const pair = firstChange([], [1]);
    let sent = 0;
    const { forth } = pair;
    const send = forth.send.bind(forth);
    forth.send = (...packet) => {
      sent += 1;
      return send(...packet);
    };
    pair.run(fromSeconds(4));
    // Three parts, one of them again, CONFIRM.
    expect([sent, pair.acceptor.protection.epoch]).toEqual([5, 1]);
  });

  it('is not disturbed by parts that come again later', () => {
    const random = new SeededRandom(5);
    const pair = new Pair({
      suite,
      crypto: cryptoOf('o7s', CIPHER),
      seed: 4,
      limits: { packets: 32, time: fromSeconds(1000) },
      quality: { loss: 0, duplication: 0, delay: [0, 400_000] },
    });
    for (let i = 0; i < 2000; i += 1) {
      pair.ends[random.uint32() & 1]!.send();
      pair.run(fromMs(20));
    }
    expect(pair.ends.map(({ undecryptable, wrong }) => [undecryptable, wrong])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(pair.allocator.protection.epoch).toBeGreaterThan(10);
  });
});

/** An end of the flow, and a peer that has the keys of epoch 0 and says what it likes. */
function hostilePeer(initiator: boolean, keyExchange: KeyExchange = suite.keyExchange) {
  const sent: Uint8Array[] = [];
  const end = createProtection({
    crypto: cryptoOf('o7s', CIPHER, true),
    initiator,
    ...suite,
    keyExchange,
    random: new SeededRandom(1),
    output: {
      transmit: (packet, offset, length) => sent.push(packet.slice(offset, offset + length)) > 0,
      ready: () => undefined,
    },
    mplMs: 100,
    now: NOW,
  });
  const keys = new KeySchedule(suite.kdf, suite.ciphers, CIPHER).next(SECRET);
  const peer = new SealingKey(0, initiator ? keys.acceptor : keys.allocator);
  const say = (type: ChangeMessage, epoch: number, part = 0, share?: Uint8Array): string => {
    const text = new Uint8Array(600);
    writeChangeHead(text, 0, { type, epoch, part });
    return give(end, peer, text, 7 + (share === undefined ? 0 : copyPart(share, part, text, 7)));
  };
  return { end, sent, peer, say };
}

function give(end: Protection, peer: SealingKey, text: Uint8Array, length: number): string {
  const packet = new Uint8Array(length + OWN_OVERHEAD);
  peer.seal(text, 0, length, packet, 0);
  return end.open(packet, 0, packet.length, new Uint8Array(packet.length), 0, NOW);
}

describe('messages of a peer that breaks the rules', () => {
  const offer = new Uint8Array(OFFER_LENGTH);
  const answer = new Uint8Array(ANSWER_LENGTH);

  it.each([
    ['an offer for the epoch after next', ChangeMessage.OFFER, 2, offer],
    ['an offer for the epoch that is', ChangeMessage.OFFER, 0, offer],
    ['an answer', ChangeMessage.ANSWER, 1, answer],
    ['a confirmation of another epoch', ChangeMessage.CONFIRM, 1, undefined],
    ['an answer to a confirmation', ChangeMessage.CONFIRMED, 0, undefined],
    ['a request', ChangeMessage.REQUEST, 1, undefined],
  ])('are counted and dropped by the responder: %s', (_what, type, epoch, share) => {
    const { end, say } = hostilePeer(false);
    expect(say(type, epoch, 0, share)).toBe('dropped');
    expect([end.counters.malformed, end.epoch]).toEqual([1, 0]);
  });

  it.each([
    ['an offer', ChangeMessage.OFFER, 1, offer],
    ['an answer to nothing', ChangeMessage.ANSWER, 2, answer],
    ['a confirmation', ChangeMessage.CONFIRM, 0, undefined],
    ['a confirmation of another epoch', ChangeMessage.CONFIRMED, 1, undefined],
    ['a request for the epoch that is', ChangeMessage.REQUEST, 0, undefined],
  ])('are counted and dropped by the initiator: %s', (_what, type, epoch, share) => {
    const { end, say } = hostilePeer(true);
    expect(say(type, epoch, 0, share)).toBe('dropped');
    expect([end.counters.malformed, end.epoch]).toEqual([1, 0]);
  });

  it('and shares that are no keys start nothing, and may be mended', async () => {
    const { keyExchange } = await loadCrypto();
    const { end, sent, say } = hostilePeer(false, keyExchange);
    const bad = new Uint8Array(OFFER_LENGTH).fill(0xff);
    expect([0, 1, 2].map((part) => say(ChangeMessage.OFFER, 1, part, bad))).toEqual(['control', 'control', 'dropped']);
    expect(end.counters.malformed).toBe(1);
    const answers = sent.length;
    const good = keyExchange.generate('X25519MLKEM768').publicKey;
    expect([0, 1, 2].map((part) => say(ChangeMessage.OFFER, 1, part, good))).toEqual(['control', 'control', 'control']);
    expect(sent.length - answers).toBe(3);
  });

  it('and an answer that is none keeps the offer standing', async () => {
    const { keyExchange } = await loadCrypto();
    const { end, say } = hostilePeer(true, keyExchange);
    end.wake(NOW);
    const low = new Uint8Array(ANSWER_LENGTH);
    expect([0, 1, 2].map((part) => say(ChangeMessage.ANSWER, 1, part, low))).toEqual(['control', 'control', 'dropped']);
    expect([end.epoch, end.sendable]).toEqual([0, false]);
    const share = new Uint8Array(ANSWER_LENGTH);
    share.set(keyExchange.encapsulate('X25519MLKEM768', keyExchange.generate('X25519MLKEM768').publicKey)!.ciphertext);
    expect([0, 1, 2].map((part) => say(ChangeMessage.ANSWER, 1, part, share))).toEqual([
      'control',
      'control',
      'control',
    ]);
    expect(end.epoch).toBe(1);
  });

  it('draw at most one packet for each, a finished offer three', () => {
    const { sent, say } = hostilePeer(false);
    const counts = [0, 1, 1, 0, 2, 2, 0, 1, 2].map((part) => {
      const before = sent.length;
      say(ChangeMessage.OFFER, 1, part, offer);
      return sent.length - before;
    });
    // As an offer is under way, none draws a REQUEST.
    expect(counts).toEqual([0, 0, 0, 0, 3, 1, 1, 1, 1]);
    expect(new Set(sent.map(toHex)).size).toBe(sent.length);
  });
});
