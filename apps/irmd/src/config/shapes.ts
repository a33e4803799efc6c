import * as z from 'zod';
import { MAX_NAME_BYTES, nameFault } from '@ouroboros/model';
import { keyPath, unknownWord, type Fault } from './fault.js';

/** The shapes of tables and how their faults are worded. */

const NAME_KEYS_OF_FILES = [
  'server_enc_file',
  'server_crt_file',
  'server_key_file',
  'client_enc_file',
  'client_crt_file',
  'client_key_file',
] as const;
export type NameFileKey = (typeof NAME_KEYS_OF_FILES)[number];
export const NAME_FILE_KEYS: readonly NameFileKey[] = NAME_KEYS_OF_FILES;

const isName = (value: string): boolean => nameFault(value, 'name') === undefined;
const oroName = z.string().refine(isName, { error: `must have 1 to ${MAX_NAME_BYTES} bytes` });
const path = z.string().min(1, { error: 'must not be empty' });
const encryption = z.enum(['require', 'offer', 'off']);
const authentication = z.enum(['require', 'offer']);
const restart = z.enum(['never', 'on-failure', 'always']);

export const irmdShape = z.strictObject({
  group: z.string().min(1, { error: 'must not be empty' }).optional(),
  log_level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).optional(),
  direct_flows: z.boolean().optional(),
  allow_other_users: z.boolean().optional(),
  ipcp_path: z.array(path).optional(),
  restart: restart.optional(),
  encryption: encryption.optional(),
  authentication: authentication.optional(),
});

/** `host:port`, an IPv6 address in brackets, or one of this host's names. */
const listenAddress = z.string().transform((text, context) => {
  const found = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found && port <= 65_535) return { host: (found[1] ?? found[2])!, port };
  context.addIssue({ code: 'custom', message: 'must be an address and a port, such as 127.0.0.1:9464 or [::1]:9464' });
  return z.NEVER;
});

export const metricsShape = z.strictObject({ listen: listenAddress.optional() });

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:4318/v1/traces' });
export const tracesShape = z.strictObject({ endpoint: httpUrl.optional() });

export const apiShape = z.strictObject({
  listen: path,
  certificate: path,
  key: path,
  authority: path,
  revoked: path.optional(),
  read: z.array(path).default([]),
  operate: z.array(path).default([]),
});

export const nameShape = z.strictObject({
  lb: z.enum(['spill', 'round-robin']).default('spill'),
  spread: z.enum(['nearest', 'round-robin']).optional(),
  direct: z.enum(['allow', 'deny']).optional(),
  prog: z.array(path).default([]),
  args: z.array(z.string()).default([]),
  server_enc_file: path.optional(),
  server_crt_file: path.optional(),
  server_key_file: path.optional(),
  client_enc_file: path.optional(),
  client_crt_file: path.optional(),
  client_key_file: path.optional(),
  encryption: encryption.optional(),
  authentication: authentication.optional(),
});

/** The keys that mean the same for each IPCP type; all others are the package's own. */
export const ipcpShape = z.object({
  bootstrap: oroName.optional(),
  enrol: oroName.optional(),
  conn: z.array(oroName).default([]),
  autobind: z.boolean().default(false),
  reg: z.array(oroName).default([]),
  restart: restart.optional(),
  encryption: encryption.optional(),
  authentication: authentication.optional(),
});
export const GENERIC_IPCP_KEYS: readonly string[] = Object.keys(ipcpShape.shape);

export const checkName = (name: string): string | undefined => nameFault(name, 'the name');

/** Checks a table against a shape; what is wrong goes to `faults` under `at`. */
export function readShape<T extends z.ZodObject>(
  shape: T,
  table: unknown,
  at: readonly string[],
  faults: Fault[],
): z.output<T> | undefined {
  const result = shape.safeParse(table, { error: wording });
  if (result.success) return result.data;
  const legal = Object.keys(shape.shape);
  for (const issue of result.error.issues) {
    const where = [...at, ...issue.path.map(String)];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        faults.push({ path: keyPath(...where, key), message: unknownWord('key', key, legal) });
    } else faults.push({ path: keyPath(...where), message: issue.message });
  }
  return undefined;
}

const KIND: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  array: 'an array of strings',
  object: 'a table',
};

const wording: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') return `must be ${KIND[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return undefined;
};
