import { Client, credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import {
  create,
  createFileRegistry,
  fromBinary,
  fromJsonString,
  toBinary,
  toJson,
  type DescMethod,
  type DescService,
  type FileRegistry,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const REFLECTION = 'grpc.reflection.v1.ServerReflection';
/** Field of the message that carries the descriptors of files, in which they are field 1. */
const FILES_FIELD = 4;
const LIST_FIELD = 6;

/**
 * A client that knows no schema: it asks the server, takes JSON and gives JSON. What grpcurl does; the few messages of
 * reflection itself are read by their field numbers, so that nothing of our own schemas is behind it.
 */
export class ReflectedClient {
  private readonly client: Client;
  private files: Promise<FileRegistry> | undefined;

  constructor(
    target: string,
    private readonly service: string,
  ) {
    this.client = new Client(target, credentials.createInsecure());
  }

  close(): void {
    this.client.close();
  }

  /** Names of the services that the server tells of. */
  async services(): Promise<string[]> {
    const reply = await this.reflect(field(7, new Uint8Array()));
    const listed = fieldsOf(fieldsOf(reply).find(([number]) => number === LIST_FIELD)![1]);
    return listed.map(([, service]) => Buffer.from(fieldsOf(service)[0]![1]).toString());
  }

  async describe(service = this.service): Promise<DescService> {
    this.files ??= this.registry(service);
    const found = (await this.files).getService(service);
    if (!found) throw new Error(`the server knows no ${service}`);
    return found;
  }

  /** Makes a call; answers with the replies, one unless it is a stream, of which it reads the first. */
  async call(name: string, body: string): Promise<JsonValue> {
    const method = (await this.describe()).methods.find((one) => one.name === name);
    if (!method) throw new Error(`the server knows no call ${name}`);
    const registry = await this.files!;
    const request = toBinary(method.input, fromJsonString(method.input, body, { registry }));
    const reply = await this.send(method, request);
    return toJson(method.output, fromBinary(method.output, reply), { registry });
  }

  private send(method: DescMethod, request: Uint8Array): Promise<Uint8Array> {
    const path = `/${method.parent.typeName}/${method.name}`;
    if (method.methodKind === 'unary') {
      return new Promise((resolve, reject) =>
        this.client.makeUnaryRequest(path, asBuffer, asBytes, request, (error, reply) =>
          error ? reject(error) : resolve(reply!),
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const call = this.client.makeServerStreamRequest(path, asBuffer, asBytes, request);
      call.on('error', reject);
      call.once('data', (reply: Uint8Array) => {
        call.off('error', reject).on('error', () => undefined);
        call.cancel();
        resolve(reply);
      });
    });
  }

  private async registry(service: string): Promise<FileRegistry> {
    const reply = await this.reflect(field(4, Buffer.from(service)));
    const answer = fieldsOf(reply).find(([number]) => number === FILES_FIELD);
    if (!answer) throw new Error(`the server describes no ${service}`);
    const file = fieldsOf(answer[1]).map(([, bytes]) => fromBinary(FileDescriptorProtoSchema, bytes));
    // What a file imports comes behind it, and must be known first.
    return createFileRegistry(create(FileDescriptorSetSchema, { file: file.reverse() }));
  }

  private reflect(request: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const path = `/${REFLECTION}/ServerReflectionInfo`;
      const call: ClientDuplexStream<Uint8Array, Uint8Array> = this.client.makeBidiStreamRequest(
        path,
        asBuffer,
        asBytes,
        new Metadata(),
      );
      call.on('error', reject).on('data', resolve);
      call.write(request);
      call.end();
    });
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const asBytes = (bytes: Buffer): Uint8Array => bytes;

/** A field of bytes on the wire of protobuf. */
const field = (number: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);

/** The fields of bytes of a message; numbers and lengths are varints. */
function fieldsOf(message: Uint8Array): [number: number, bytes: Uint8Array][] {
  const found: [number, Uint8Array][] = [];
  let at = 0;
  const varint = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const number = varint() >>> 3;
    const length = varint();
    found.push([number, message.subarray(at, at + length)]);
    at += length;
  }
  return found;
}
