import type { Counters } from '@ouroboros/ipcp-kit';
import { HASH_LENGTH, type HashAlgorithm } from '@ouroboros/model';
import type { Clock, EthernetPort } from '@ouroboros/ports';
import {
  copyInto,
  type InquiryAnswer,
  type ShimFlow,
  type ShimSaying,
  type ShimTaker,
  type ShimWire,
} from '@ouroboros/shim-flow';
import {
  ETH_HEADER,
  ETH_MIN_FRAME,
  EthVerdict,
  MAC_BROADCAST,
  decodeEthMgmt,
  encodeEthMgmt,
  ethMgmtFixed,
  readMac,
  writeMac,
  type EthFraming,
  type EthMgmt,
} from '@ouroboros/wire';
import { COUNT } from './eth-counters.js';
import { fromEth, toEth } from './eth-messages.js';
import { ethPeer, type EthPeer } from './eth-peer.js';
import { EthQuestions } from './eth-questions.js';

/** Maximum packet lifetime of Ethernet layers. [spec/wire-shims.md §1.6] */
export const ETH_MPL_MS = 100;
/** C uses no more of a loop-back device. [spec/wire-shims.md §3.1] */
const LOOPBACK_MTU = 9_000;
const MGMT_EID = 0;
const SOURCE_AT = 6;

/** What the wire hears beside flows. */
export interface EthNames {
  /** Somebody asks who has a name. */
  asked(hash: Uint8Array, peer: EthPeer): void;
  /** Somebody says that it has one; true when it was asked for. */
  answered(hash: Uint8Array, peer: EthPeer): boolean;
}

export interface EthWireParts {
  readonly framing: EthFraming;
  readonly port: EthernetPort;
  readonly device: string;
  /** 0 where frames have none. */
  readonly ethertype: number;
  readonly hash: HashAlgorithm;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly taker: ShimTaker<EthPeer>;
  readonly names: EthNames;
}

/** Frames of an Ethernet layer: puts them together and takes them apart, and sorts management from packets. */
export class EthWire implements ShimWire<EthPeer> {
  readonly title = 'Ethernet layer';
  readonly eids: EthFraming['eids'];
  readonly mplMs = ETH_MPL_MS;
  private readonly questions: EthQuestions;
  /** Where a frame is put together; sent before anybody else writes it. */
  private readonly frame: Uint8Array;
  private readonly mgmtFixed: number;

  constructor(private readonly parts: EthWireParts) {
    const { framing, clock, port } = parts;
    this.eids = framing.eids;
    this.mgmtFixed = ethMgmtFixed(framing);
    this.frame = new Uint8Array(ETH_HEADER + framing.maxMtu);
    this.questions = new EthQuestions(clock);
    port.onFrame = (buffer, offset, length) => this.arrived(buffer, offset, length);
  }

  /** Bytes of a packet that fit a frame. Flows are told what it is when they are made; the device's MTU may change. */
  get maxPacket(): number {
    const { framing, port, device } = this.parts;
    const mtu = Math.min(port.link.mtu, framing.maxMtu, device.startsWith('lo') ? LOOPBACK_MTU : Infinity);
    return mtu - (framing.headerLength - ETH_HEADER);
  }

  get requestRoom(): number {
    return this.replyRoom - HASH_LENGTH[this.parts.hash];
  }

  get replyRoom(): number {
    return this.maxPacket - this.mgmtFixed;
  }

  say(saying: ShimSaying, { mac }: EthPeer): void {
    this.sendMgmt(mac, toEth(saying));
  }

  /** Asks all who has a name; false when nobody can be reached now. */
  askName(hash: Uint8Array): boolean {
    const sent = this.sendMgmt(MAC_BROADCAST, { kind: 'name-query', hash });
    if (sent) this.parts.counters.add(COUNT.nameQueriesSent);
    return sent;
  }

  answerName(hash: Uint8Array, { mac }: EthPeer): void {
    this.sendMgmt(mac, { kind: 'name-reply', hash });
  }

  sendPacket(flow: ShimFlow<EthPeer>, buffer: Uint8Array, offset: number, length: number): void {
    const { counters } = this.parts;
    if (length > this.maxPacket) return counters.add(COUNT.dropSendTooLarge);
    copyInto(this.frame, this.parts.framing.headerLength, buffer, offset, length);
    if (!this.send(flow.peer.mac, flow.remoteEid, flow.eid, length)) return;
    counters.values[COUNT.packetsSent]! += 1;
    counters.values[COUNT.bytesSent]! += length;
  }

  inquire(flow: ShimFlow<EthPeer>, limitMs: number): Promise<InquiryAnswer> {
    const sent = this.sendMgmt(flow.peer.mac, { kind: 'inquiry', sEid: flow.eid, dEid: flow.remoteEid });
    return sent ? this.questions.answerTo(flow, limitMs) : Promise.resolve('silent');
  }

  close(): void {
    const { port } = this.parts;
    port.onFrame = null;
    port.onLink = null;
    port.close();
    this.questions.close();
  }

  private sendMgmt(mac: number, message: EthMgmt): boolean {
    const { framing, counters } = this.parts;
    const payload = encodeEthMgmt(framing, message);
    if (payload.length > this.maxPacket) {
      counters.add(COUNT.dropSendTooLarge);
      return false;
    }
    this.frame.set(payload, framing.headerLength);
    const sent = this.send(mac, MGMT_EID, MGMT_EID, payload.length);
    if (sent) counters.add(COUNT.mgmtSent);
    return sent;
  }

  /** Sends the frame whose payload is in place, padded to what Ethernet asks for. */
  private send(mac: number, receiver: number, sender: number, length: number): boolean {
    const { framing, port, ethertype, counters } = this.parts;
    const { link } = port;
    writeMac(this.frame, 0, mac);
    writeMac(this.frame, SOURCE_AT, link.mac);
    framing.write(this.frame, ethertype, receiver, sender, length);
    const end = framing.headerLength + length;
    if (end < ETH_MIN_FRAME) this.frame.fill(0, end, ETH_MIN_FRAME);
    if (port.send(this.frame, 0, Math.max(end, ETH_MIN_FRAME))) return true;
    counters.add(link.state === 'up' ? COUNT.dropSendBusy : COUNT.dropLinkDown);
    return false;
  }

  /** C takes what its socket sees; frames for others are dropped here. [spec/wire-shims.md Quirk 6] */
  private arrived(buffer: Uint8Array, offset: number, length: number): void {
    const { framing, port, ethertype, counters } = this.parts;
    if (length < ETH_HEADER) return counters.add(COUNT.dropRunt);
    const to = readMac(buffer, offset);
    const from = readMac(buffer, offset + SOURCE_AT);
    const own = port.link.mac;
    if ((to !== own && to !== MAC_BROADCAST) || from === own || isGroup(from)) return counters.add(COUNT.dropForeign);
    const payload = framing.payloadLength(buffer, offset, length, ethertype);
    if (payload < 0) return counters.add(DROP_COUNTER[payload as keyof typeof DROP_COUNTER]);
    const at = offset + framing.headerLength;
    const eid = framing.receiver(buffer, offset);
    if (eid === MGMT_EID) this.mgmt(buffer.slice(at, at + payload), from, to === MAC_BROADCAST);
    else this.packet(eid, from, framing.sender(buffer, offset), buffer, at, payload);
  }

  /** LLC tells the sender's EID too; before the reply has come it is not known here. */
  private packet(eid: number, from: number, sender: number, buffer: Uint8Array, at: number, length: number): void {
    const { taker, counters } = this.parts;
    const flow = taker.flowAt(eid);
    if (!flow) return counters.add(COUNT.dropUnknownEid);
    const { peer, remoteEid } = flow.shim;
    if (peer.mac !== from || (sender !== 0 && remoteEid !== 0 && sender !== remoteEid))
      return counters.add(COUNT.dropWrongPeer);
    flow.receive(buffer, at, length);
  }

  private mgmt(bytes: Uint8Array, from: number, broadcast: boolean): void {
    const { framing, hash, counters, taker, names } = this.parts;
    counters.add(COUNT.mgmtReceived);
    const decoded = decodeEthMgmt(framing, HASH_LENGTH[hash], bytes);
    if (!decoded.ok) return counters.add(COUNT.dropRunt);
    const { value } = decoded;
    if (broadcast && value.kind !== 'name-query') return counters.add(COUNT.dropForeign);
    const peer = ethPeer(from);
    switch (value.kind) {
      case 'unknown':
        return counters.add(COUNT.dropUnknownCode);
      case 'name-query':
        counters.add(COUNT.nameQueriesReceived);
        return names.asked(value.hash, peer);
      case 'name-reply':
        if (!names.answered(value.hash, peer)) counters.add(COUNT.dropUnasked);
        return;
      case 'request':
      case 'reply':
        return taker.said(fromEth(value), peer);
      default:
        if (!this.questions.take(value, peer)) taker.said(fromEth(value), peer);
    }
  }
}

const DROP_COUNTER = {
  [EthVerdict.foreign]: COUNT.dropForeign,
  [EthVerdict.runt]: COUNT.dropRunt,
  [EthVerdict.malformed]: COUNT.dropMalformed,
} as const;

/** The lowest bit of the first byte marks addresses of groups, which send nothing. */
const isGroup = (mac: number): boolean => Math.floor(mac / 2 ** 40) % 2 === 1;
