import { toOuroborosError, type ErrorCode } from '@ouroboros/model';
import { SocksReply } from './socks-handshake.js';

/** How a client of a proxy is told that there is no flow. */
export interface Refusal {
  readonly socks: SocksReply;
  readonly httpStatus: number;
  /** In the header Proxy-Status. [RFC 9209 §2.3] */
  readonly proxyError: string;
}

const { FAILURE, NOT_ALLOWED, NETWORK_UNREACHABLE, HOST_UNREACHABLE, REFUSED, TTL_EXPIRED } = SocksReply;
const row = (socks: SocksReply, httpStatus: number, proxyError: string): Refusal => ({ socks, httpStatus, proxyError });

const NOT_OURS = row(NOT_ALLOWED, 403, 'http_request_denied');
const SAID_NO = row(REFUSED, 502, 'connection_refused');
const LATE = row(TTL_EXPIRED, 504, 'connection_timeout');

const TABLE: Readonly<Partial<Record<ErrorCode, Refusal>>> = {
  EACCES: NOT_OURS,
  ENAME: row(HOST_UNREACHABLE, 502, 'destination_not_found'),
  ENOSERVER: row(REFUSED, 503, 'destination_unavailable'),
  EREFUSED: SAID_NO,
  EAUTH: SAID_NO,
  ECRYPT: SAID_NO,
  ETIMEDOUT: LATE,
  ENOANSWER: LATE,
  EIRMD: row(NETWORK_UNREACHABLE, 503, 'destination_unavailable'),
};
const OTHER = row(FAILURE, 502, 'proxy_internal_error');

export const refusalOf = (error: unknown): Refusal => TABLE[toOuroborosError(error).code] ?? OTHER;
