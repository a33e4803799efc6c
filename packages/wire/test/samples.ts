import { fromHex, QOS_RAW } from '@ouroboros/model';
import { ETH_DIX, ETH_LLC } from '../src/ethernet/framing.js';
import { encodeEthMgmt, type EthMgmt } from '../src/ethernet/mgmt.js';
import { encodeBroadcastNeighbors } from '../src/broadcast-pci.js';
import { encodeFa } from '../src/fa-message.js';
import { encodeLsa } from '../src/lsa.js';
import { encodeOapExtension } from '../src/oap/extension.js';
import { CEP_COMPONENTS, encodeCep } from '../src/peer/cep.js';
import { encodeDht } from '../src/peer/dht.js';
import { encodeEnrollAck, encodeEnrollRequest, encodeEnrollResponse } from '../src/peer/enroll.js';
import { encodePeerExtension } from '../src/peer/extension.js';
import type { DhtMessage, UnicastConfig } from '../src/peer/types.js';
import { encodeUdpMgmt } from '../src/udp-frame.js';
import { OAP_REQUEST, OAP_RESPONSE, OPING_MD5, OPING_SHA3 } from './golden.js';

/** The defaults of a unicast layer. [spec/wire-control.md §2.2] */
export const unicastDefaults = (peer: number): UnicastConfig => ({
  dt: {
    addrSize: 4,
    eidSize: 8,
    maxTtl: 60,
    routing: { policy: 0, linkState: { policy: 0, recalcS: 4, updateS: 15, timeoutS: 60 } },
  },
  dir: { policy: 0, dht: { alpha: 3, k: 8, expireS: 86400, refreshS: 900, replicateS: 900, peer } },
  addrAuth: 0,
  congAvoid: 1,
});

const id = fromHex('0102030405060708');
const data = fromHex(OAP_REQUEST);
const src = { id: new Uint8Array(32).fill(0xa0), address: 0x0a0b0c0d };
const other = { id: new Uint8Array(32).fill(0xb0), address: 0x11223344 };
const found = { src, cookie: 0x0102030405060708n, key: OPING_SHA3, contacts: [src, other] };
const ext = encodePeerExtension({ version: 1, features: 3, keepaliveMs: 500 });
const dht: readonly DhtMessage[] = [
  { kind: 'store', src, key: OPING_SHA3, value: new Uint8Array(8).fill(1), expiresS: 1760086400, ext },
  { kind: 'find-value-request', src, cookie: 1n, key: OPING_SHA3 },
  { kind: 'find-value-response', ...found, values: [new Uint8Array(8).fill(2)] },
  { kind: 'find-node-response', ...found },
];
const eth: readonly EthMgmt[] = [
  { kind: 'request', sEid: 60, qos: QOS_RAW, hash: OPING_SHA3, data },
  { kind: 'reply', sEid: 60, dEid: 61, response: -1, data },
  { kind: 'name-query', hash: OPING_SHA3 },
  { kind: 'inquiry', sEid: 60, dEid: 61 },
];
const config = { layer: { name: 'net', dirHashAlgo: 1 }, type: 1, unicast: unicastDefaults(0xffffffff) };

/** Well-formed messages of each kind, from which fuzzed inputs are made. */
export const SAMPLES = {
  udp: [
    encodeUdpMgmt({ kind: 'request', sEid: 64, qos: QOS_RAW, hash: OPING_MD5, data }),
    encodeUdpMgmt({ kind: 'reply', sEid: 64, dEid: 65, response: 0, data }),
    encodeUdpMgmt({ kind: 'dealloc', sEid: 64, dEid: 65, response: -1005 }),
    fromHex('00000041 68656c6c6f'),
  ],
  ethDix: eth.map((message) => encodeEthMgmt(ETH_DIX, message)),
  ethLlc: eth.map((message) => encodeEthMgmt(ETH_LLC, message)),
  dt: [fromHex('01020304003c0041000000d4c3b2a168656c6c6f')],
  broadcast: [fromHex('00 40 0102030405060708 00000007 68656c6c6f')],
  broadcastNeighbors: [
    encodeBroadcastNeighbors({ self: 'bc.1', neighbors: ['bc.2', 'Grüße'] }),
    encodeBroadcastNeighbors({ self: 'alone', neighbors: [] }),
  ],
  fa: [
    encodeFa({ kind: 'request', sAddr: 1, sEid: 2n ** 40n, qos: QOS_RAW, hash: OPING_SHA3, data }),
    encodeFa({ kind: 'reply', rEid: 1n, sEid: 2n, response: -1, data }),
    encodeFa({ kind: 'update', rEid: 1n, ece: 37 }),
    encodeFa({ kind: 'dealloc', rEid: 1n, response: 0 }),
    encodeFa({ kind: 'echo', sAddr: 5, number: 7n, cube: 2 }),
    encodeFa({ kind: 'echo-reply', number: 7n, cube: 2 }),
  ],
  lsa: [encodeLsa({ destination: 1, source: 2, sequence: 3n })],
  oapRequest: [data],
  oapResponse: [fromHex(OAP_RESPONSE)],
  oapExtension: [
    encodeOapExtension({
      features: 3,
      largestPacket: 9000,
      kemShare: new Uint8Array(40),
      nonce: id,
      refusal: { error: -1100, text: 'no process is bound to the name' },
    }),
  ],
  cep: [encodeCep({ ...CEP_COMPONENTS.dataTransfer, address: 0xffffffff, ext })],
  enrollRequest: [encodeEnrollRequest({ id, ext })],
  enrollResponse: [
    encodeEnrollResponse({ id, timeSeconds: 1760000000n, timeNanos: 5, response: 0, config, ext }),
    encodeEnrollResponse({ id, timeSeconds: 1760000000n, timeNanos: 5, response: -1 }),
  ],
  enrollAck: [encodeEnrollAck({ id, result: -100, ext })],
  dht: dht.map(encodeDht),
  peerExtension: [ext],
  addressBytes: [new Uint8Array([0, 0, 0, 0, 1, 2, 3, 4])],
} as const;
