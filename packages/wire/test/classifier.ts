import {
  CEP_COMPONENTS,
  decodeCep,
  decodeDht,
  decodeEnrollAck,
  decodeEnrollRequest,
  decodeEnrollResponse,
  decodeEthMgmt,
  decodeFa,
  decodeLsa,
  decodeOap,
  decodeUdpMgmt,
  DT_PCI_LENGTH,
  dtCube,
  dtDst,
  dtEcn,
  dtEidHigh,
  dtEidLow,
  dtTtl,
  encodeCep,
  encodeDht,
  encodeEnrollAck,
  encodeEnrollRequest,
  encodeEnrollResponse,
  encodeEthMgmt,
  encodeFa,
  encodeLsa,
  encodeOap,
  encodeUdpMgmt,
  eidOf,
  ETH_DIX,
  ETH_DIX_ETHERTYPE,
  macText,
  FRCP_PCI_LENGTH,
  printCep,
  printDht,
  printDtPdu,
  printEnrollAck,
  printEnrollRequest,
  printEnrollResponse,
  printEthFrame,
  printFa,
  printLsa,
  printOap,
  printUdpFrame,
  readMac,
  requestHashLength,
  udpEid,
  UDP_DATA_HEADER,
  writeDtPci,
  writeMac,
  writeUdpEid,
  type Cep,
  type Decoded,
  type DecodedOap,
  type UdpFlowRequest,
} from '../src/index.js';
import { concatBytes } from '@ouroboros/model';
import { valueOf } from './golden.js';
import type { UdpDatagram } from './pcap.js';

/** Hash of the layer `net`: SHA3-256. */
const LAYER_HASH = 32;
/** Request hash of a response to a request without digest, as on every flow inside the layer. */
const PLAIN_REQUEST_HASH = requestHashLength(0)!;
/** An encrypted packet is longer than what it holds by IV and tag. [spec/wire-crypto.md §7] */
const SEAL = 12 + 16;

/** One header or message inside a frame, outermost first; `again` = it and all inside it, decoded and encoded. */
export interface Part {
  readonly kind: string;
  readonly again: Uint8Array;
  readonly line: string;
}

type Asked = Pick<UdpFlowRequest, 'data' | 'qos'>;

/** The two messages of one allocation. */
export interface Handshake {
  readonly request: DecodedOap;
  readonly requestBytes: Uint8Array;
  readonly response: DecodedOap;
  readonly responseBytes: Uint8Array;
}

/** What is known of a flow between two hosts: what OCEP said of its component, and how many packets each side has sent. */
interface FlowState {
  readonly encrypted: boolean;
  /** Packets begin with FRCP's header. */
  readonly ordered: boolean;
  component: Cep | undefined;
  readonly sent: Map<string, number>;
}

const leaf = <T>(
  kind: string,
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Decoded<T>,
  encode: (value: T) => Uint8Array,
  print: (bytes: Uint8Array) => string,
): Part => ({ kind, again: encode(valueOf(decode(bytes))), line: print(bytes) });

/** What has no header of the layers that are known here. */
const user = (packet: Uint8Array): Part => ({ kind: 'user', again: packet, line: `user ${packet.length}` });

/** What the response to this request has as request hash. */
const hashLengthFor = (request: Uint8Array): number => requestHashLength(valueOf(decodeOap(request, 0)).mdNid)!;

/** A request has hash length 0. */
function oap(bytes: Uint8Array, hashLength: number): Part {
  const title = hashLength === 0 ? 'OAP request' : 'OAP response';
  return leaf(
    title,
    bytes,
    (one) => decodeOap(one, hashLength),
    encodeOap,
    (one) => printOap(one, hashLength),
  );
}

/** What an encrypted packet holds can be told by its length alone. */
function sealed(packet: Uint8Array, ordered: boolean): Part {
  const length = packet.length - SEAL - (ordered ? FRCP_PCI_LENGTH : 0);
  if (length < 0) throw new Error(`an encrypted packet of ${packet.length} bytes`);
  const kind = `encrypted ${ordered ? 'FRCP' : 'user'} ${length}`;
  return { kind, again: packet, line: kind };
}

/**
 * Tells what each frame of a shim carries by following the flows: requests and replies give the EIDs, the first
 * packet each way on a flow to an IPCP is OCEP, and the component decides about the rest. Throws for what it cannot tell.
 */
export class FrameClassifier {
  /** Key: receiver's host and EID. Both ends of a flow share one state. */
  private readonly flows = new Map<string, FlowState>();
  /** Requests that wait for their reply. Key: requester's host and EID. */
  private readonly requested = new Map<string, Asked>();
  /** The allocations between hosts, in the order of their replies. */
  readonly handshakes: Handshake[] = [];

  take(datagram: UdpDatagram): Part[] {
    const { payload } = datagram;
    return udpEid(payload, 0) === 0 ? this.takeManagement(datagram) : this.takeData(datagram);
  }

  private takeManagement({ payload, from, to }: UdpDatagram): Part[] {
    const message = valueOf(decodeUdpMgmt(payload));
    if (message.kind !== 'request' && message.kind !== 'reply') throw new Error(`code of ${message.kind}`);
    const { sEid } = message;
    const inner =
      message.kind === 'request'
        ? this.ask(`${from} ${sEid}`, message)
        : this.answer(`${to} ${sEid}`, `${from} ${message.dEid}`, message.data);
    const again = encodeUdpMgmt({ ...message, data: inner.again });
    return [{ kind: `UDP ${message.kind}`, again, line: printUdpFrame(payload) }, inner];
  }

  private ask(requester: string, request: Asked): Part {
    this.requested.set(requester, request);
    return oap(request.data, 0);
  }

  private answer(requester: string, responder: string, responseBytes: Uint8Array): Part {
    const asked = this.requested.get(requester);
    if (asked === undefined) throw new Error(`reply to ${requester}, which asked for nothing`);
    this.requested.delete(requester);
    const hashLength = hashLengthFor(asked.data);
    const response = valueOf(decodeOap(responseBytes, hashLength));
    const request = valueOf(decodeOap(asked.data, 0));
    this.handshakes.push({ request, requestBytes: asked.data, response, responseBytes });
    this.open([requester, responder], response.cipherNid !== 0, asked.qos.inOrder !== 0);
    return oap(responseBytes, hashLength);
  }

  private open(ends: readonly string[], encrypted: boolean, ordered: boolean): void {
    const state: FlowState = { encrypted, ordered, component: undefined, sent: new Map() };
    for (const end of ends) this.flows.set(end, state);
  }

  /** A whole frame with DIX header. */
  takeDix(frame: Uint8Array): Part[] {
    const length = ETH_DIX.payloadLength(frame, 0, frame.length, ETH_DIX_ETHERTYPE);
    if (length < 0) throw new Error(`verdict ${length}`);
    const [from, to] = [macText(readMac(frame, 6)), macText(readMac(frame, 0))];
    const payload = frame.subarray(ETH_DIX.headerLength, ETH_DIX.headerLength + length);
    const eid = ETH_DIX.receiver(frame, 0);
    const parts = eid === 0 ? this.takeDixMgmt(payload, from, to) : this.takeDixData(payload, from, to, eid);
    const again = concatBytes(new Uint8Array(ETH_DIX.headerLength), parts[0]!.again);
    writeMac(again, 0, readMac(frame, 0));
    writeMac(again, 6, readMac(frame, 6));
    ETH_DIX.write(again, ETH_DIX_ETHERTYPE, eid, 0, length);
    return [{ kind: parts[0]!.kind, again, line: printEthFrame(ETH_DIX, frame, LAYER_HASH) }, ...parts.slice(1)];
  }

  private takeDixMgmt(payload: Uint8Array, from: string, to: string): Part[] {
    const message = valueOf(decodeEthMgmt(ETH_DIX, LAYER_HASH, payload));
    const kind = `DIX ${message.kind}`;
    if (message.kind === 'name-query' || message.kind === 'name-reply')
      return [{ kind, again: encodeEthMgmt(ETH_DIX, message), line: '' }];
    if (message.kind !== 'request' && message.kind !== 'reply') throw new Error(`code of ${message.kind}`);
    const { sEid } = message;
    const inner =
      message.kind === 'request'
        ? this.ask(`${from} ${sEid}`, message)
        : this.answer(`${to} ${message.dEid}`, `${from} ${sEid}`, message.data);
    return [{ kind, again: encodeEthMgmt(ETH_DIX, { ...message, data: inner.again }), line: '' }, inner];
  }

  private takeDixData(payload: Uint8Array, from: string, to: string, eid: number): Part[] {
    const inner = this.takeFlow(payload, from, to, eid);
    return [{ kind: 'DIX data', again: inner[0]!.again, line: '' }, ...inner];
  }

  private takeFlow(packet: Uint8Array, from: string, to: string, eid: number): Part[] {
    const flow = this.flows.get(`${to} ${eid}`);
    if (flow === undefined) throw new Error(`no flow ${to} ${eid}`);
    const nth = flow.sent.get(from) ?? 0;
    flow.sent.set(from, nth + 1);
    return this.takePacket(flow, packet, nth);
  }

  private takeData({ payload, from, to }: UdpDatagram): Part[] {
    const eid = udpEid(payload, 0);
    const inner = this.takeFlow(payload.subarray(UDP_DATA_HEADER), from, to, eid);
    const again = concatBytes(new Uint8Array(UDP_DATA_HEADER), inner[0]!.again);
    writeUdpEid(again, 0, eid);
    return [{ kind: 'UDP data', again, line: printUdpFrame(payload) }, ...inner];
  }

  private takePacket(flow: FlowState, packet: Uint8Array, nth: number): Part[] {
    if (packet.length === 0) return [{ kind: 'keep-alive', again: packet, line: 'keep-alive' }];
    if (flow.encrypted) return [sealed(packet, flow.ordered)];
    if (nth === 0) {
      const cep = decodeCep(packet);
      if (cep.ok) {
        flow.component = cep.value;
        return [leaf('OCEP', packet, decodeCep, encodeCep, printCep)];
      }
    }
    switch (flow.component?.component) {
      case undefined:
        return [user(packet)];
      case CEP_COMPONENTS.enrollment.component:
        return [this.enrollment(packet, flow)];
      case CEP_COMPONENTS.management.component:
        return [leaf('LSA', packet, decodeLsa, encodeLsa, printLsa)];
      case CEP_COMPONENTS.dataTransfer.component:
        return flow.component.protocol === CEP_COMPONENTS.broadcast.protocol ? [user(packet)] : this.dtPdu(packet);
      default:
        throw new Error(`component ${flow.component?.component}`);
    }
  }

  /** After OCEP each way: request, response, ack. */
  private enrollment(packet: Uint8Array, flow: FlowState): Part {
    const packets = [...flow.sent.values()].reduce((sum, one) => sum + one, 0);
    if (packets === 3) {
      return leaf('OEP request', packet, decodeEnrollRequest, encodeEnrollRequest, printEnrollRequest);
    }
    if (packets === 4) {
      return leaf('OEP response', packet, decodeEnrollResponse, encodeEnrollResponse, printEnrollResponse);
    }
    if (packets === 5) return leaf('OEP ack', packet, decodeEnrollAck, encodeEnrollAck, printEnrollAck);
    throw new Error(`packet ${packets} of an enrollment`);
  }

  private dtPdu(packet: Uint8Array): Part[] {
    const low = dtEidLow(packet, 0);
    const high = dtEidHigh(packet, 0);
    const inner = this.dtPayload(eidOf(low, high), packet.subarray(DT_PCI_LENGTH));
    const again = concatBytes(new Uint8Array(DT_PCI_LENGTH), inner[0]!.again);
    writeDtPci(again, 0, dtDst(packet, 0), dtCube(packet, 0), dtTtl(packet, 0), dtEcn(packet, 0), low, high);
    return [{ kind: 'DT', again, line: printDtPdu(packet) }, ...inner];
  }

  private dtPayload(eid: bigint, payload: Uint8Array): Part[] {
    if (eid === 0n) return this.flowAllocator(payload);
    if (eid === 1n) {
      const { kind } = valueOf(decodeDht(payload, LAYER_HASH));
      const decode = (bytes: Uint8Array): ReturnType<typeof decodeDht> => decodeDht(bytes, LAYER_HASH);
      return [leaf(`DHT ${kind}`, payload, decode, encodeDht, (bytes) => printDht(bytes, LAYER_HASH))];
    }
    return [{ kind: payload.length === 0 ? 'keep-alive' : 'user', again: payload, line: `user ${payload.length}` }];
  }

  private flowAllocator(payload: Uint8Array): Part[] {
    const message = valueOf(decodeFa(payload, LAYER_HASH));
    if (message.kind === 'unknown') throw new Error(`FA code ${message.code}`);
    const line = printFa(payload, LAYER_HASH);
    if (message.kind !== 'request' && message.kind !== 'reply') {
      return [{ kind: `FA ${message.kind}`, again: encodeFa(message), line }];
    }
    const inner = oap(message.data, message.kind === 'request' ? 0 : PLAIN_REQUEST_HASH);
    return [{ kind: `FA ${message.kind}`, again: encodeFa({ ...message, data: inner.again }), line }, inner];
  }
}
