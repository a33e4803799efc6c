import type { ShimSaying } from '@ouroboros/shim-flow';
import type { EthFlowReply, EthFlowRequest, EthFlowWord } from '@ouroboros/wire';

/** What Ethernet says of flows; name queries are not part of it. */
type EthSaying = EthFlowRequest | EthFlowReply | EthFlowWord;

/** What shims say as Ethernet writes it: the first EID is always that of the sender. [spec/wire-shims.md §3.2] */
export function toEth(saying: ShimSaying): EthSaying {
  switch (saying.kind) {
    case 'request':
      return { kind: 'request', sEid: saying.requester, qos: saying.qos, hash: saying.hash, data: saying.data };
    case 'reply': {
      const { responder: sEid, requester: dEid, response, data } = saying;
      return { kind: 'reply', sEid, dEid, response, data };
    }
    default:
      return { kind: saying.kind, sEid: saying.from, dEid: saying.to };
  }
}

export function fromEth(message: EthSaying): ShimSaying {
  switch (message.kind) {
    case 'request':
      return { kind: 'request', requester: message.sEid, qos: message.qos, hash: message.hash, data: message.data };
    case 'reply': {
      const { sEid: responder, dEid: requester, response, data } = message;
      return { kind: 'reply', requester, responder, response, data };
    }
    default:
      return { kind: message.kind, from: message.sEid, to: message.dEid };
  }
}
