import type { DescMessage } from '@bufbuild/protobuf';
import { typeOf, type Schema } from './schema.js';

/** Packages that programs outside of this workspace build on. */
const PUBLISHED = ['ouroboros.irm.v1', 'ouroboros.model.v1'];

/**
 * Everything in the published packages that may never change, a line each: fields with number, name and type, calls with
 * their messages. A later version may have more lines.
 */
export function snapshotOf(schema: Schema): string[] {
  const files = schema.files.filter(({ proto }) => PUBLISHED.includes(proto.package));
  const fields = files.flatMap(({ messages }) => messages.flatMap(linesOf));
  const calls = files
    .flatMap(({ services }) => services)
    .flatMap(({ typeName, methods }) =>
      methods.map(
        ({ name, input, output, methodKind }) =>
          `${typeName}/${name}(${input.typeName}) ${methodKind} ${output.typeName}`,
      ),
    );
  return [...calls, ...fields].sort();
}

const linesOf = (message: DescMessage): string[] => [
  message.typeName,
  ...message.fields.map((field) => `${message.typeName} ${field.number} ${field.name} ${typeOf(field)}`),
];
