import type { Server } from '@grpc/grpc-js';
import {
  create,
  fromBinary,
  toBinary,
  type DescFile,
  type DescService,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { grpcStatus, type ErrorCode } from '@ouroboros/model';
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
  type ServerReflectionRequest,
} from '../gen/grpc/reflection/v1/reflection_pb.js';
import type { Duplex } from './calls.js';
import { serviceDefinition } from './definition.js';
import { toStatus } from './status.js';

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

/** Adds the standard reflection service, which tells tools such as grpcurl what `services` look like. */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const described = new Described([...services, ServerReflection]);
  server.addService(serviceDefinition(ServerReflection), {
    serverReflectionInfo: (call: Duplex) => serve(call, described),
  });
}

function serve(call: Duplex, described: Described): void {
  call.on('data', (bytes: Uint8Array) => {
    try {
      const request = fromBinary(ServerReflectionRequestSchema, bytes);
      const answer = { validHost: request.host, originalRequest: request, messageResponse: described.answer(request) };
      const reply = toBinary(ServerReflectionResponseSchema, create(ServerReflectionResponseSchema, answer));
      // A caller that does not read what it asks for is not read either.
      if (!call.write(reply)) {
        call.pause();
        call.once('drain', () => call.resume());
      }
    } catch (thrown) {
      call.emit('error', toStatus(thrown));
    }
  });
  call.on('end', () => call.end());
}

/** Files by name and by the symbols in them. */
class Described {
  private readonly byName = new Map<string, DescFile>();
  private readonly bySymbol = new Map<string, DescFile>();

  constructor(private readonly services: readonly DescService[]) {
    for (const { file } of services) this.add(file);
  }

  answer({ messageRequest }: ServerReflectionRequest): Answer {
    switch (messageRequest.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: this.services.map(({ typeName }) => ({ name: typeName })) },
        };
      case 'fileByFilename':
        return fileAnswer(this.byName.get(messageRequest.value), messageRequest.value);
      case 'fileContainingSymbol':
        return fileAnswer(this.bySymbol.get(messageRequest.value), messageRequest.value);
      case 'allExtensionNumbersOfType':
        return { case: 'allExtensionNumbersResponse', value: { baseTypeName: messageRequest.value } };
      case 'fileContainingExtension':
        return fault('ENOENT', 'there are no extensions');
      default:
        return fault('ENOTSUP', 'unknown request');
    }
  }

  private add(file: DescFile): void {
    const name = file.proto.name;
    if (this.byName.has(name)) return;
    this.byName.set(name, file);
    const symbols = [...file.messages, ...file.enums, ...file.services];
    for (const { typeName } of symbols) this.bySymbol.set(typeName, file);
    for (const { typeName, methods } of file.services)
      for (const method of methods) this.bySymbol.set(`${typeName}.${method.name}`, file);
    for (const dependency of file.dependencies) this.add(dependency);
  }
}

/** A file with all that it imports, each before what it imports: a tool needs no second question. */
function fileAnswer(file: DescFile | undefined, wanted: string): Answer {
  if (!file) return fault('ENOENT', `nothing is known of ${wanted}`);
  const files = [...withImports(file)].reverse().map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: files } };
}

/** Imports first. */
function withImports(file: DescFile, all = new Set<DescFile>()): Set<DescFile> {
  for (const dependency of file.dependencies) withImports(dependency, all);
  return all.add(file);
}

const fault = (code: ErrorCode, errorMessage: string): Answer => ({
  case: 'errorResponse',
  value: { errorCode: grpcStatus(code), errorMessage },
});
