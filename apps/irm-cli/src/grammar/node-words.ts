import { OuroborosError } from '@ouroboros/model';
import type { NodeAccess } from '@ouroboros/irm/node';
import type { SwitchSpec } from './command.js';

/** Which node a command is for. */
export interface NodeWords extends NodeAccess {
  /** Undefined: that of this host. */
  readonly node?: string | undefined;
}

/** Options before the first word of the command. */
export const NODE_SWITCHES: readonly (SwitchSpec & { readonly as: keyof NodeWords })[] = [
  {
    word: '--node',
    as: 'node',
    value: '<host>',
    help: 'a node of another host: HOST[:PORT], or a table of nodes.toml',
  },
  { word: '--cert', as: 'certificate', value: '<file>', help: 'certificate to show there' },
  { word: '--key', as: 'key', value: '<file>', help: 'its key' },
  { word: '--ca', as: 'authority', value: '<file>', help: 'authority of the certificate of its irmd' },
  {
    word: '--node-name',
    as: 'serverName',
    value: '<name>',
    help: 'name in that certificate, where it is not the host',
  },
];

/**
 * Takes them off a command line.
 * @throws OuroborosError EINVAL that names the word
 */
export function takeNode(argv: readonly string[]): { readonly node: NodeWords; readonly rest: readonly string[] } {
  const found: Partial<Record<keyof NodeWords, string>> = {};
  let at = 0;
  for (; at < argv.length; at++) {
    const [word = '', ...inline] = argv[at]!.split('=');
    const spec = NODE_SWITCHES.find((one) => one.word === word);
    if (!spec) break;
    const value = inline.length > 0 ? inline.join('=') : argv[++at];
    if (value === undefined || value === '') throw wrong(`${word} needs a value: ${word} ${spec.value}`, word);
    if (found[spec.as] !== undefined) throw wrong(`${word} is given twice`, word);
    found[spec.as] = value;
  }
  const rest = argv.slice(at);
  if (beforeArguments(rest).includes('--node'))
    throw wrong('--node stands before the command: irm --node <host> <command>', '--node');
  return { node: found, rest };
}

/** What follows `--` is for a program. */
const beforeArguments = (words: readonly string[]): readonly string[] =>
  words.includes('--') ? words.slice(0, words.indexOf('--')) : words;

const wrong = (message: string, field: string): OuroborosError => new OuroborosError('EINVAL', message, { field });
