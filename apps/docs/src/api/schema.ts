import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  createFileRegistry,
  fromBinary,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** Where the API is described. */
const FOLDER = 'ouroboros/irm/v1';

/** The schemas of the API and all that they import, with their comments. */
export interface Schema {
  readonly files: readonly DescFile[];
  service(name: string): DescService;
}

/** `root`: of the workspace. */
export function readSchema(root: string): Schema {
  const buf = join(root, 'node_modules', '.bin', 'buf');
  const proto = join(root, 'proto');
  const image = execFileSync(buf, ['build', proto, '--path', join(proto, FOLDER), '-o', '-'], { maxBuffer: 2 ** 26 });
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const service = (name: string): DescService => {
    const found = registry.getService(name);
    if (!found) throw new Error(`there is no service ${name}`);
    return found;
  };
  return { files: [...registry.files], service };
}

/** Numbers of the fields of descriptor.proto, of which the paths to comments are made. */
const MESSAGES_OF_FILE = 4;
const SERVICES_OF_FILE = 6;
const FIELDS_OF_MESSAGE = 2;
const METHODS_OF_SERVICE = 2;

/** The comment above something; empty where there is none. */
function commentAt({ proto }: DescFile, path: readonly number[]): string {
  const found = proto.sourceCodeInfo?.location.find((location) => location.path.join() === path.join());
  const lines = (found?.leadingComments ?? '').split('\n').map((line) => line.trim());
  return lines.join(' ').trim();
}

export const methodComment = (service: DescService, at: number): string =>
  commentAt(service.file, [SERVICES_OF_FILE, service.file.services.indexOf(service), METHODS_OF_SERVICE, at]);

export const messageComment = (message: DescMessage): string => commentAt(message.file, pathOf(message));

export const fieldComment = (field: DescField): string =>
  commentAt(field.parent.file, [...pathOf(field.parent), FIELDS_OF_MESSAGE, field.parent.fields.indexOf(field)]);

/** Our messages stand in files, not in one another. */
const pathOf = (message: DescMessage): number[] => [MESSAGES_OF_FILE, message.file.messages.indexOf(message)];

/** `repeated string`, `ouroboros.irm.v1.IpcpInfo`. */
export function typeOf(field: DescField): string {
  if (field.fieldKind === 'list') return `repeated ${field.message?.typeName ?? nameOfScalar(field.scalar)}`;
  if (field.fieldKind === 'map')
    return `map<${nameOfScalar(field.mapKey)}, ${field.message?.typeName ?? nameOfScalar(field.scalar)}>`;
  return field.message?.typeName ?? field.enum?.typeName ?? nameOfScalar(field.scalar);
}

/** By the numbers of descriptor.proto. */
const SCALARS = [
  ...['', 'double', 'float', 'int64', 'uint64', 'int32', 'fixed64', 'fixed32', 'bool', 'string'],
  ...['', '', 'bytes', 'uint32', '', 'sfixed32', 'sfixed64', 'sint32', 'sint64'],
];
const nameOfScalar = (scalar: number | undefined): string => SCALARS[scalar ?? 0]!;
