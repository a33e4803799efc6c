import type { Socket } from 'node:net';
import { OuroborosError } from '@ouroboros/model';
import type { Gate, ProxyAnswers } from './gate.js';
import { refusalOf } from './refusal.js';
import { SocksHandshake, SocksReply, socksReply, type SocksOutput } from './socks-handshake.js';

const ANSWERS: ProxyAnswers = {
  accepted: (socket) => void socket.write(socksReply(SocksReply.SUCCEEDED)),
  refused: (socket, error) => endWith(socket, socksReply(refusalOf(error).socks)),
};

/** Serves a connection that speaks SOCKS. */
export function serveSocks(socket: Socket, gate: Gate): void {
  const handshake = new SocksHandshake();
  const onData = (bytes: Uint8Array): void => {
    for (const output of handshake.take(bytes)) carryOut(output);
  };
  const carryOut = (output: SocksOutput): void => {
    if (output.kind === 'send') return void socket.write(output.bytes);
    socket.off('data', onData).pause();
    if (output.kind === 'refuse') {
      const { bytes, why } = output;
      const error = new OuroborosError('EINVAL', `SOCKS: ${why}`);
      return gate.refuse(socket, '', error, { ...ANSWERS, refused: () => endWith(socket, bytes) });
    }
    if (output.rest.length > 0) socket.unshift(output.rest);
    void gate.join(socket, output.host, ANSWERS);
  };
  socket.on('data', onData).resume();
}

function endWith(socket: Socket, bytes: Uint8Array): void {
  socket.write(bytes);
  socket.destroySoon();
}
