import { STATUS_CODES, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { OuroborosError } from '@ouroboros/model';
import type { FlowStream } from '@ouroboros/flow/node';
import { peerOf } from '../tcp/listen.js';
import type { Gate, ProxyAnswers } from './gate.js';
import { refusalOf } from './refusal.js';

/** These are between two neighbours, and not passed on. [RFC 9110 §7.6.1] */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const ANSWERS: ProxyAnswers = {
  accepted: (socket) => void socket.write('HTTP/1.1 200 Connection established\r\n\r\n'),
  refused: (socket, error) => {
    const { status, headers, body } = refusalParts(error);
    const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    socket.destroySoon();
  },
};

/**
 * An HTTP proxy, to which connections are given by the event `connection`: CONNECT, and requests for http URLs, which are
 * passed on.
 */
export function httpProxy(gate: Gate): Server {
  const server = createServer((asked, answer) => void forward(asked, answer, gate));
  server.on('connect', (asked: IncomingMessage, socket: Socket, head: Buffer) => {
    if (head.length > 0) socket.unshift(head);
    void gate.join(socket, hostOf(`connect://${asked.url}`), ANSWERS);
  });
  server.on('clientError', (error, socket) => {
    const fault = new OuroborosError('EINVAL', `neither SOCKS 5 nor HTTP: ${error.message}`);
    gate.refuse(socket as Socket, '', fault, {
      ...ANSWERS,
      refused: () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    });
  });
  return server;
}

/** Passes a request for an absolute URL on, and its answer back. */
async function forward(asked: IncomingMessage, answer: ServerResponse, gate: Gate): Promise<void> {
  const { socket, url = '' } = asked;
  gate.connections.keep(
    socket,
    once(answer, 'close').then(() => undefined),
  );
  const host = hostOf(url);
  try {
    const stream = await gate.open(socket, host);
    gate.connections.watch(stream, { name: stream.name!, peer: peerOf(socket) });
    await exchange(asked, answer, stream);
  } catch (thrown) {
    gate.connections.fail({ name: host, peer: peerOf(socket) }, thrown as Error);
    if (answer.headersSent) return void answer.destroy();
    const { status, headers, body } = refusalParts(thrown as Error);
    answer.writeHead(status, headers).end(body);
  }
}

async function exchange(asked: IncomingMessage, answer: ServerResponse, stream: FlowStream): Promise<void> {
  const { pathname, search } = new URL(asked.url!);
  const onward = request({
    createConnection: () => stream as unknown as Socket,
    method: asked.method,
    path: `${pathname}${search}`,
    headers: passedOn(asked.rawHeaders, { Connection: 'close' }),
    setHost: false,
  });
  answer.once('close', () => onward.destroy());
  // A server may answer before it has everything; where it does not want the rest, that is its business.
  pipeline(asked, onward).catch(() => undefined);
  const [got] = (await once(onward, 'response')) as [IncomingMessage];
  answer.writeHead(got.statusCode!, got.statusMessage, passedOn(got.rawHeaders));
  await pipeline(got, answer);
}

/** Headers that go further, as they were written. */
function passedOn(raw: readonly string[], more: Readonly<Record<string, string>> = {}): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (!HOP_BY_HOP.includes(name.toLowerCase())) (headers[name] ??= []).push(raw[i + 1]!);
  }
  for (const [name, value] of Object.entries(more)) headers[name] = [value];
  return headers;
}

/** The host of a URL, without port; empty where there is none. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function refusalParts(error: Error): { status: number; headers: Record<string, string | number>; body: string } {
  const { httpStatus: status, proxyError } = refusalOf(error);
  const body = `${error.message}\n`;
  const headers = {
    'Proxy-Status': `oproxy; error=${proxyError}`,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  };
  return { status, headers, body };
}
