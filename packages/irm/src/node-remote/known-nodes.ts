import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { OuroborosError, parseEndpoint, toOuroborosError } from '@ouroboros/model';
import { confDir } from '@ouroboros/pki';
import { REMOTE_PORT, type RemoteNode } from '@ouroboros/rpc';

/** How to reach a node of another host, as far as it is said. Paths are those of PEM files. */
export interface NodeAccess {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Who signed the certificate of the node's daemon. */
  readonly authority?: string | undefined;
  /** Name in that certificate, where it is not the host. */
  readonly serverName?: string | undefined;
}

/** Environment variables that stand for what is not said, after the table of the node. */
const VARIABLES = {
  certificate: 'OUROBOROS_NODE_CERT',
  key: 'OUROBOROS_NODE_KEY',
  authority: 'OUROBOROS_NODE_CA',
  serverName: 'OUROBOROS_NODE_NAME',
} as const satisfies Record<keyof NodeAccess, string>;

/** Keys of a table in the file of known nodes. */
const KEYS = {
  certificate: 'certificate',
  key: 'key',
  authority: 'authority',
  serverName: 'server_name',
} as const satisfies Record<keyof NodeAccess, string>;

/** The file of known nodes: a table `[word]` each, with `host` and the keys above. Relative paths start from its folder. */
export const knownNodesFile = (env: NodeJS.ProcessEnv = process.env): string => join(confDir(env), 'nodes.toml');

/**
 * A node of another host, by `HOST[:PORT]` or the word for it in the file of known nodes. What is said in `access` counts
 * more than the file, and the file more than the environment.
 * @throws OuroborosError EINVAL, with the field that is wrong or missing
 */
export function findNode(word: string, access: NodeAccess = {}, env: NodeJS.ProcessEnv = process.env): RemoteNode {
  const file = knownNodesFile(env);
  const known = knownNode(word, file);
  const value = (key: keyof NodeAccess): string | undefined => access[key] ?? known?.access[key] ?? env[VARIABLES[key]];
  const needed = (key: keyof NodeAccess): string => value(key) ?? missing(word, KEYS[key], file);
  const place = known?.host ?? word;
  const endpoint = parseEndpoint(place, REMOTE_PORT);
  if (!endpoint) throw wrong('node', `node "${place}" is neither HOST[:PORT] nor a table of ${file}`);
  return {
    endpoint,
    files: { own: { cert: needed('certificate'), key: needed('key') }, ca: needed('authority') },
    serverName: value('serverName'),
  };
}

interface KnownNode {
  readonly host: string;
  readonly access: NodeAccess;
}

function knownNode(word: string, file: string): KnownNode | undefined {
  const table = existsSync(file) ? tableOf(file)[word] : undefined;
  if (table === undefined) return undefined;
  if (typeof table !== 'object' || table === null) throw wrong(word, `${file}: ${word} must be a table`);
  const text = (key: string): string | undefined => {
    const value = (table as Record<string, unknown>)[key];
    if (value === undefined || typeof value === 'string') return value;
    throw wrong(`${word}.${key}`, `${file}: ${word}.${key} must be a string`);
  };
  const path = (key: string): string | undefined => {
    const value = text(key);
    return value === undefined ? undefined : resolve(dirname(file), value);
  };
  const host = text('host') ?? word;
  const { certificate, key, authority, serverName } = KEYS;
  return {
    host,
    access: {
      ...{ certificate: path(certificate), key: path(key), authority: path(authority) },
      serverName: text(serverName),
    },
  };
}

function tableOf(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    throw wrong('node', `${file}: ${toOuroborosError(thrown).message}`);
  }
}

function missing(word: string, key: string, file: string): never {
  const message = `node ${word}: no ${key} is known: give it, or write it in table [${word}] of ${file}`;
  throw wrong(key, message);
}

const wrong = (field: string, message: string): OuroborosError => new OuroborosError('EINVAL', message, { field });
