import type { ShimSaying } from '@ouroboros/shim-flow';
import type { UdpMgmt } from '@ouroboros/wire';

/** What shims say as UDP writes it: in a reply both EIDs keep the requester's point of view. [spec/wire-shims.md §2.3] */
export function toUdp(saying: ShimSaying): UdpMgmt {
  switch (saying.kind) {
    case 'request':
      return { kind: 'request', sEid: saying.requester, qos: saying.qos, hash: saying.hash, data: saying.data };
    case 'reply': {
      const { requester: sEid, responder: dEid, response, data } = saying;
      return { kind: 'reply', sEid, dEid, response, data };
    }
    case 'dealloc':
      return { kind: 'dealloc', sEid: saying.from, dEid: saying.to, response: 0 };
    default:
      return { kind: saying.kind, sEid: saying.from, dEid: saying.to };
  }
}

export function fromUdp(message: UdpMgmt): ShimSaying {
  switch (message.kind) {
    case 'request':
      return { kind: 'request', requester: message.sEid, qos: message.qos, hash: message.hash, data: message.data };
    case 'reply': {
      const { sEid: requester, dEid: responder, response, data } = message;
      return { kind: 'reply', requester, responder, response, data };
    }
    default:
      return { kind: message.kind, from: message.sEid, to: message.dEid };
  }
}
