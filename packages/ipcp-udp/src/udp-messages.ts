import type { ShimMessage } from '@ouroboros/shim-flow';
import type { UdpFlowAlive, UdpFlowInquiry, UdpMgmt } from '@ouroboros/wire';

/** What UDP says of the handshake; questions about living flows are not part of it. */
type UdpHandshake = Exclude<UdpMgmt, UdpFlowInquiry | UdpFlowAlive>;

/** The words of the handshake as UDP writes them: in a reply both EIDs keep the requester's point of view. [spec/wire-shims.md §2.3] */
export function toUdp(message: ShimMessage): UdpHandshake {
  switch (message.kind) {
    case 'request':
      return { kind: 'request', sEid: message.requester, qos: message.qos, hash: message.hash, data: message.data };
    case 'reply': {
      const { requester: sEid, responder: dEid, response, data } = message;
      return { kind: 'reply', sEid, dEid, response, data };
    }
    case 'dealloc':
      return { kind: 'dealloc', sEid: message.from, dEid: message.to, response: 0 };
  }
}

export function fromUdp(message: UdpHandshake): ShimMessage {
  switch (message.kind) {
    case 'request':
      return { kind: 'request', requester: message.sEid, qos: message.qos, hash: message.hash, data: message.data };
    case 'reply': {
      const { sEid: requester, dEid: responder, response, data } = message;
      return { kind: 'reply', requester, responder, response, data };
    }
    case 'dealloc':
      return { kind: 'dealloc', from: message.sEid, to: message.dEid };
  }
}
