import type { DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';
import { ERROR_CODES, exitStatus, grpcStatus } from '@ouroboros/model';
import type { Management } from '@ouroboros/ports';
import { MANAGEMENT_ROLES } from '@ouroboros/rpc';
import { EXAMPLES } from './examples.js';
import { fieldComment, messageComment, methodComment, typeOf, type Schema } from './schema.js';
import { callBodies } from './source.js';

export const SERVICE = 'ouroboros.irm.v1.Management';
const PACKAGE = 'ouroboros.irm.v1.';

/** Above it the document is written by hand. */
export const MARK =
  '<!-- From here on made by "npm run docs:api", of proto/ and the examples in apps/docs/src/api. -->';

/** The reference of every call and message. `examples`: the text of examples.ts. */
export function reference(schema: Schema, examples: string): string {
  const service = schema.service(SERVICE);
  const bodies = callBodies(examples);
  const messages = messagesOf(service);
  return [
    MARK,
    '',
    '## Calls',
    '',
    ...service.methods.flatMap((method, at) => callSection(service, method, at, bodies)),
    '## Messages',
    '',
    'All fields are optional on the wire; what is absent is empty, 0 or false.',
    '',
    ...messages.flatMap(messageSection),
    '## Errors',
    '',
    ...errorTable(),
    '',
  ].join('\n');
}

function callSection(
  service: DescService,
  method: DescMethod,
  at: number,
  bodies: ReadonlyMap<string, string>,
): string[] {
  const name = method.localName as keyof Management;
  const stream = method.methodKind === 'server_streaming' ? 'a stream of ' : '';
  const json = JSON.stringify(EXAMPLES[name].request);
  return [
    `### ${method.name}`,
    '',
    methodComment(service, at),
    '',
    `Takes ${link(method.input)}, answers with ${stream}${link(method.output)}. Role: ${MANAGEMENT_ROLES[name]}.`,
    '',
    `<!-- call ${name} -->`,
    '',
    '```ts',
    bodies.get(name) ?? '',
    '```',
    '',
    '```shell',
    `grpcurl -plaintext -unix -d '${json}' $OUROBOROS_RUNTIME_DIR/irm.sock ${service.typeName}/${method.name}`,
    '```',
    '',
  ];
}

/** Of the calls, and of one another; in the order in which they come up. */
function messagesOf(service: DescService): DescMessage[] {
  const found = new Set<DescMessage>();
  const add = (message: DescMessage | undefined): void => {
    if (!message || found.has(message) || message.typeName.startsWith('google.')) return;
    found.add(message);
    for (const field of message.fields) add(field.message);
  };
  for (const { input, output } of service.methods) [input, output].forEach(add);
  return [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function messageSection(message: DescMessage): string[] {
  const rows = message.fields.map((field) => {
    const type = field.message
      ? `${field.fieldKind === 'list' ? 'repeated ' : ''}${link(field.message)}`
      : typeOf(field);
    return `| ${field.number} | \`${field.jsonName}\` | ${type} | ${fieldComment(field)} |`;
  });
  const table = rows.length === 0 ? ['Has no fields.'] : ['| | field | type | |', '|---|---|---|---|', ...rows];
  const comment = messageComment(message);
  return [`### ${message.name}`, '', ...(comment === '' ? [] : [comment, '']), ...table, ''];
}

function link({ typeName, name }: DescMessage): string {
  if (typeName.startsWith('google.')) return `\`${typeName}\``;
  return `[${typeName.startsWith(PACKAGE) ? name : typeName}](#${name.toLowerCase()})`;
}

/** Names of status codes of gRPC by their numbers. */
const STATUS_NAMES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

const errorTable = (): string[] => [
  '| code | status of gRPC | exit status of `irm` |',
  '|---|---|---|',
  ...ERROR_CODES.map((code) => `| ${code} | ${STATUS_NAMES[grpcStatus(code)]} | ${exitStatus(code)} |`),
];
