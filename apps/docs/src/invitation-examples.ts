import { NodeKdf } from '@ouroboros/crypto';
import {
  askToJoin,
  invitationId,
  parseToken,
  proofKey,
  publicText,
  serveJoin,
  type Invitation,
  type Pipe,
} from '@ouroboros/joining';
import { EMPTY_BYTES, toHex } from '@ouroboros/model';
import type { Random } from '@ouroboros/ports';

/** The token of the examples, which has no authority. */
export const TOKEN = 'o7s1:udp4:203.0.113.7:3435:udp#unicast:net:net.n1#-#f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff5e697c16';
const MEMBER = 'net.n2';
const kdf = new NodeKdf();

const filled = (byte: number): Random => ({ bytes: (length) => new Uint8Array(length).fill(byte), uint32: () => 0 });

/** Hello, challenge, request and answer, as the two sides send them. */
async function conversation(): Promise<readonly Uint8Array[]> {
  const sent: Uint8Array[] = [];
  const token = parseToken(TOKEN, kdf);
  const { layer } = token.destination;
  const id = toHex(invitationId(token.secret, kdf));
  const times = { createdMs: 0, expiresMs: 0 };
  const invitation: Invitation = {
    ...{ id, layer, token: publicText(token.destination), key: proofKey(token.secret, kdf), authority: '' },
    ...times,
  };
  const desk = {
    find: async (asked: string) => (asked === id ? invitation : undefined),
    admit: async () => ({ certificate: EMPTY_BYTES, authority: EMPTY_BYTES, revoked: EMPTY_BYTES }),
  };
  const [joiner, inviter] = pipes(sent);
  const serving = serveJoin(inviter, { desk, kdf, random: filled(0x22) });
  await askToJoin(joiner, token, { member: MEMBER, key: null }, { kdf, random: filled(0x11) });
  await serving;
  return sent;
}

function pipes(sent: Uint8Array[]): readonly [Pipe, Pipe] {
  const readers = [new Mailbox(), new Mailbox()] as const;
  const pipe = (own: number): Pipe => ({
    send: async (message) => {
      sent.push(message);
      readers[1 - own]!.put(message);
    },
    receive: () => readers[own]!.take(),
  });
  return [pipe(0), pipe(1)];
}

/** One message at a time. */
class Mailbox {
  private message = this.next();

  put(bytes: Uint8Array): void {
    this.message.resolve(bytes);
  }

  async take(): Promise<Uint8Array> {
    const bytes = await this.message.promise;
    this.message = this.next();
    return bytes;
  }

  private next() {
    let resolve: (bytes: Uint8Array) => void = () => undefined;
    const promise = new Promise<Uint8Array>((done) => (resolve = done));
    return { promise, resolve };
  }
}

const message = (index: number) => async (): Promise<Uint8Array> => (await conversation())[index]!;

export const INVITATION_EXAMPLES = {
  'join-hello': message(0),
  'join-challenge': message(1),
  'join-request': message(2),
  'join-answer': message(3),
};
