import { IPCP_TYPES, IPV4, IPV6, OuroborosError, type JsonObject } from '@ouroboros/model';
import type { OptionSpec } from '../grammar/command.js';
import { unknown } from '../grammar/scan.js';
import { readAddress, readChoice, readHex, readHosts, readInteger, RESTART_POLICIES } from '../grammar/values.js';
import type { OpenWord } from '../grammar/words.js';
import { SECURITY_OPTIONS } from './security-options.js';

/**
 * Options of the IPCP types of the specification. Their values are checked here for what is cheap to see; the IPCP's
 * package has the last word. An IPCP of another type gets its words and values as they were typed.
 */
interface TypeOption extends OptionSpec {
  readonly types: readonly string[];
  /** Key in the configuration: that of irmd's file. [spec/architecture.md §6] */
  readonly key: string;
  /** The value for the configuration. @throws OuroborosError EINVAL */
  readonly read: (field: string, value: string, type: string) => string;
}

type Read = TypeOption['read'];

const text: Read = (_field, value) => value;
const integer =
  (min: number, max = Infinity): Read =>
  (field, value) =>
    String(readInteger(field, value, min, max));
const choice =
  (...legal: readonly string[]): Read =>
  (field, value) =>
    readChoice(field, value, legal);

const UDP = ['udp4', 'udp6'];
const ETH = ['eth-llc', 'eth-dix'];
const UNICAST = ['unicast'];
const HASHES = ['SHA3_224', 'SHA3_256', 'SHA3_384', 'SHA3_512'];

const seconds = (word: string, help: string, fallback: string, read: Read): TypeOption => ({
  word,
  key: word,
  value: '<s>',
  help,
  fallback,
  types: UNICAST,
  read,
});

const address: Read = (field, value, type) => readAddress(field, value, type === 'udp6' ? IPV6 : IPV4);

const HASH: TypeOption = {
  word: 'hash',
  key: 'hash',
  value: '<algorithm>',
  help: `${HASHES.join(', ')}`,
  completes: HASHES,
  fallback: 'SHA3_256',
  types: ['local', ...UNICAST, ...ETH],
  read: choice(...HASHES),
};
const IP: TypeOption = {
  word: 'ip',
  key: 'ip',
  value: '<address>',
  help: 'address of this host: IPv4 or, for udp6, IPv6; required',
  types: UDP,
  read: address,
};
const DNS: TypeOption = {
  word: 'dns',
  key: 'dns',
  value: '<address>',
  help: 'address of a name server with dynamic updates',
  fallback: 'none',
  types: UDP,
  read: address,
};
const DEVICE: TypeOption = {
  word: 'device',
  key: 'dev',
  value: '<interface>',
  help: 'interface; required',
  types: ETH,
  read: text,
};
const ETHERTYPE: TypeOption = {
  word: 'ethertype',
  key: 'ethertype',
  value: '<hex>',
  help: '0x0600 to 0xFFFE',
  fallback: '0xA000',
  types: ['eth-dix'],
  read: (field, value) => readHex(field, value, 0x0600, 0xfffe),
};
const ADDR: TypeOption = {
  word: 'addr',
  key: 'addr_size',
  value: '<bytes>',
  help: 'size of addresses',
  fallback: '4',
  types: UNICAST,
  read: integer(1, 8),
};
const EID: TypeOption = {
  word: 'eid',
  key: 'eid_size',
  value: '<bytes>',
  help: 'size of endpoint ids',
  fallback: '8',
  types: UNICAST,
  read: integer(1, 8),
};
const TTL: TypeOption = {
  word: 'ttl',
  key: 'max_ttl',
  value: '<hops>',
  help: 'hops that a packet may live',
  fallback: '60',
  types: UNICAST,
  read: integer(1, 255),
};
const PORT: TypeOption = {
  word: 'port',
  key: 'port',
  value: '<port>',
  help: 'UDP port',
  fallback: '3435',
  types: UDP,
  read: integer(1, 65_535),
};
const ADDR_AUTH: TypeOption = {
  word: 'addr_auth',
  key: 'addr-auth',
  value: '<policy>',
  help: 'flat',
  fallback: 'flat',
  types: UNICAST,
  completes: ['flat'],
  read: choice('flat'),
};
const DIRECTORY: TypeOption = {
  word: 'directory',
  key: 'directory',
  value: '<policy>',
  help: 'DHT',
  completes: ['DHT'],
  fallback: 'DHT',
  types: UNICAST,
  read: (field, value) => readChoice(field, value.toUpperCase(), ['DHT']),
};
const DHT: readonly TypeOption[] = [
  {
    word: 'dht_alpha',
    key: 'dht_alpha',
    value: '<n>',
    help: '1 to 10',
    fallback: '3',
    types: UNICAST,
    read: integer(1, 10),
  },
  { word: 'dht_k', key: 'dht_k', value: '<n>', help: '1 to 20', fallback: '8', types: UNICAST, read: integer(1, 20) },
  seconds('dht_t_expire', '10 to 86400', '86400', integer(10, 86_400)),
  seconds('dht_t_refresh', '3 to 3600', '900', integer(3, 3600)),
  seconds('dht_t_replicate', '3 to 3600', '900', integer(3, 3600)),
];
const ROUTING: TypeOption = {
  word: 'routing',
  key: 'routing',
  value: '<policy>',
  help: 'link_state, lfa, ecmp, or the policy of another package',
  completes: ['link_state', 'lfa', 'ecmp'],
  fallback: 'link_state',
  types: UNICAST,
  // The file's word has a hyphen, the command's an underscore. Packages may add policies: the IPCP knows which there are.
  read: (_field, value) => value.replace('_', '-'),
};
const LINK_STATE: readonly TypeOption[] = [
  seconds('ls_t_recalc', 'routes are computed at least this often', '4', integer(1)),
  seconds('ls_t_update', 'own links are sent this often', '15', integer(1)),
  seconds('ls_t_timeo', 'links not heard of for so long are dropped', '60', integer(1)),
];
const CONGESTION: TypeOption = {
  word: 'congestion',
  key: 'congestion',
  value: '<policy>',
  help: 'mb-ecn, none, or the policy of another package',
  completes: ['mb-ecn', 'none'],
  fallback: 'mb-ecn',
  types: UNICAST,
  read: text,
};
const SPREAD: TypeOption = {
  word: 'spread',
  key: 'spread',
  value: '<policy>',
  help: 'which of several hosts that serve a name is asked: nearest, round-robin',
  completes: ['nearest', 'round-robin'],
  fallback: 'nearest',
  types: UNICAST,
  read: choice('nearest', 'round-robin'),
};
const BELOW: TypeOption = {
  word: 'below',
  key: 'below',
  value: '<policy>',
  help: 'whether other members are told what the links of this one are made of in the layers below: tell, hide',
  fallback: 'tell',
  types: UNICAST,
  read: choice('tell', 'hide'),
};
const CAPACITY: TypeOption = {
  word: 'capacity',
  key: 'capacity',
  value: '<bit/s>',
  help: 'what flows that begin or end at this member may ask for together; 0 = no limit',
  fallback: '0',
  types: UNICAST,
  read: integer(0, 1e15),
};
const MEMBERS: TypeOption = {
  word: 'members',
  key: 'members',
  value: '<who>',
  help: 'any, or authenticated: only who shows a certificate may enroll, connect and announce links',
  fallback: 'any',
  types: ['unicast', 'broadcast'],
  read: choice('any', 'authenticated'),
};
const HOSTS: TypeOption = {
  word: 'hosts',
  key: 'hosts',
  value: '<NAME=ADDRESS[,...]>',
  help: 'where names are found; addresses may be DNS names',
  fallback: 'none, then the system resolver is asked',
  types: UDP,
  read: readHosts,
};

const common = (spec: OptionSpec): OptionSpec => spec;

/** What `create`, `bootstrap` and `enroll` share. */
export const NAME_OPTION = common({ word: 'name', value: '<ipcp>', help: 'the IPCP', required: true });
export const TYPE_OPTION = common({
  word: 'type',
  value: '<type>',
  help: `${IPCP_TYPES.join(', ')}, or any for which a program ipcpd-<type> is installed`,
});
export const RESTART_OPTION = common({
  word: 'restart',
  value: '<policy>',
  help: 'what becomes of the IPCP when it dies: never, on-failure, always',
  fallback: 'on-failure',
  completes: RESTART_POLICIES,
});
export const AUTOBIND_OPTION = common({ word: 'autobind', help: "bind the IPCP to its own and its layer's name" });

const BEFORE_AUTOBIND: readonly TypeOption[] = [HASH, IP, DNS, DEVICE, ETHERTYPE, ADDR, EID, TTL, PORT];
const AFTER_AUTOBIND: readonly TypeOption[] = [
  ADDR_AUTH,
  DIRECTORY,
  ...DHT,
  ROUTING,
  ...LINK_STATE,
  CONGESTION,
  HOSTS,
  SPREAD,
  BELOW,
  CAPACITY,
  MEMBERS,
];
const TYPE_OPTIONS: readonly TypeOption[] = [...BEFORE_AUTOBIND, ...AFTER_AUTOBIND];

/** The order is the specification's; ours stand last. [spec/architecture.md §7] */
export const BOOTSTRAP_OPTIONS: readonly OptionSpec[] = [
  TYPE_OPTION,
  { word: 'layer', value: '<layer>', help: 'the layer to begin', required: true },
  { ...NAME_OPTION, help: 'the IPCP, created when it is absent; * is a wildcard over existing ones' },
  ...BEFORE_AUTOBIND,
  AUTOBIND_OPTION,
  ...AFTER_AUTOBIND,
  RESTART_OPTION,
  ...SECURITY_OPTIONS,
];

const isKnownType = (type: string): boolean => IPCP_TYPES.includes(type);

/**
 * The configuration for an IPCP of `type`: keys of irmd's file for a type of the specification, the words as typed for
 * any other. Values are text; the IPCP's package reads them.
 * @throws OuroborosError EINVAL that names the word and what is legal
 */
export function configFor(type: string, words: readonly OpenWord[]): JsonObject {
  const config = new Map<string, string>();
  for (const word of words) {
    const [key, value] = isKnownType(type) ? knownPair(type, word) : [word.typed, word.value];
    if (config.has(key))
      throw new OuroborosError('EINVAL', `${word.word ?? word.typed} is given twice`, { field: word.typed });
    config.set(key, value);
  }
  return Object.fromEntries(config);
}

function knownPair(type: string, { typed, word, value }: OpenWord): readonly [key: string, value: string] {
  const option = TYPE_OPTIONS.find((candidate) => candidate.word === word);
  if (option?.types.includes(type)) return [option.key, option.read(option.word, value, type)];
  const legal = TYPE_OPTIONS.filter(({ types }) => types.includes(type)).map((candidate) => candidate.word);
  if (!option)
    throw unknown(typed, [
      ...legal,
      'name',
      'layer',
      'type',
      'autobind',
      'restart',
      ...SECURITY_OPTIONS.map(({ word }) => word),
    ]);
  const offer = legal.length === 0 ? 'it has no options' : `it has ${legal.join(', ')}`;
  throw new OuroborosError('EINVAL', `${option.word} is no option of type ${type}: ${offer}`, { field: option.word });
}

/** Options without which a bootstrap of the type cannot go well. @throws OuroborosError EINVAL */
export function requireOptions(type: string, config: JsonObject): void {
  const required = UDP.includes(type) ? IP : ETH.includes(type) ? DEVICE : undefined;
  if (!required || config[required.key] !== undefined) return;
  const { word, value } = required;
  throw new OuroborosError('EINVAL', `${word} is required for type ${type}: ${word} ${value}`, { field: word });
}
