import {
  QOS_DATA,
  checkName,
  parseInteger,
  parseTime,
  usageError,
  type QosSpec,
  type Endpoint,
} from '@ouroboros/model';
import { asked, qosOption, readWords, type Information } from '@ouroboros/tool-kit';
import { OPTIONS, VERBS } from './manual.js';

interface CommonOptions {
  /** What streams get to end by themselves after the stop, in ms. */
  readonly graceMs: number;
  readonly json: boolean;
  readonly verbose: boolean;
}

export interface ExposeOptions extends CommonOptions {
  readonly kind: 'expose';
  readonly name: string;
  /** Where flows go to. */
  readonly target: Endpoint;
  readonly udp: boolean;
  /** Of a UDP flow, in ms. */
  readonly idleMs: number;
  /** Layers in which the name is registered while oproxy runs. */
  readonly layers: readonly string[];
}

interface LocalPortOptions extends CommonOptions {
  readonly bind: Endpoint;
  /** Limit for a flow to come about, in ms. */
  readonly waitMs: number;
}

export interface ConnectOptions extends LocalPortOptions {
  readonly kind: 'connect';
  readonly name: string;
  readonly udp: boolean;
  readonly idleMs: number;
  readonly qos: QosSpec;
}

export interface SocksOptions extends LocalPortOptions {
  readonly kind: 'socks';
  /** Host names end with it; with its dot. */
  readonly suffix: string;
}

export type ProxyOptions = ExposeOptions | ConnectOptions | SocksOptions;
export type Command = ProxyOptions | Information;

type Values = ReturnType<typeof readWords<typeof OPTIONS>>['values'];
type Verb = ProxyOptions['kind'];

const DEFAULT_GRACE_MS = 5000;
const DEFAULT_IDLE_MS = 60_000;
const DEFAULT_WAIT_MS = 20_000;
const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65_535;
/** One label of a host name, or several with dots between. [RFC 1123 §2.1] */
const SUFFIX = /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const { words, values } = readWords(args, OPTIONS);
  const information = asked(values);
  if (information) return information;
  const [verb = '', ...rest] = words;
  if (!isVerb(verb)) throw usageError('command', `command: '${verb}' is none of ${Object.keys(VERBS).join(', ')}`);
  checkUsage(verb, rest, values);
  return { expose, connect, socks }[verb](rest, values);
}

const isVerb = (word: string): word is Verb => Object.hasOwn(VERBS, word);

function checkUsage(verb: Verb, words: readonly string[], values: Values): void {
  const usage = VERBS[verb];
  if (words.length !== usage.words.length) {
    throw usageError('command', `${verb} takes ${usage.words.join(' and ')}, not ${words.length} words`);
  }
  const given = Object.keys(values) as (keyof Values)[];
  const forSome = Object.values(VERBS).flatMap(({ options }): readonly string[] => options);
  const own: readonly string[] = usage.options;
  const stray = given.find((option) => forSome.includes(option) && !own.includes(option));
  if (stray !== undefined) throw usageError(stray, `--${stray} is not for ${verb}`);
  if (values.idle !== undefined && !values.udp) throw usageError('idle', '--idle is for --udp');
}

function expose([name = '', target = '']: readonly string[], values: Values): ExposeOptions {
  checkName(name, 'name');
  const { udp = false, layer: layers = [] } = values;
  const own = { name, target: parseTarget(target), udp, layers, idleMs: idleOf(values) };
  return { kind: 'expose', ...own, ...commonOf(values) };
}

function connect([name = '', port = '']: readonly string[], values: Values): ConnectOptions {
  checkName(name, 'name');
  const { udp = false } = values;
  const qos = qosOption(values.qos, udp ? undefined : QOS_DATA);
  if (!udp && (qos.loss !== 0 || qos.inOrder === 0)) {
    throw usageError('qos', `qos: TCP needs a flow that loses nothing: data, not ${values.qos}`);
  }
  return { kind: 'connect', name, udp, qos, idleMs: idleOf(values), ...localPortOf(port, values) };
}

function socks([port = '']: readonly string[], values: Values): SocksOptions {
  const label = (values.suffix ?? 'o7s').toLowerCase().replace(/^\./, '');
  if (!SUFFIX.test(label))
    throw usageError('suffix', `suffix: '${values.suffix}' is no end of a host name, such as o7s`);
  return { kind: 'socks', suffix: `.${label}`, ...localPortOf(port, values) };
}

function localPortOf(port: string, values: Values): LocalPortOptions {
  const bind = { host: values.bind ?? LOOPBACK, port: parseInteger('LOCALPORT', port, 0, MAX_PORT) };
  const waitMs = values.wait === undefined ? DEFAULT_WAIT_MS : parseTime('wait', values.wait);
  return { bind, waitMs, ...commonOf(values) };
}

function commonOf({ grace, json = false, verbose = false }: Values): CommonOptions {
  return { graceMs: grace === undefined ? DEFAULT_GRACE_MS : parseTime('grace', grace), json, verbose };
}

const idleOf = ({ idle }: Values): number => (idle === undefined ? DEFAULT_IDLE_MS : parseTime('idle', idle));

/** `8080`, `host:8080`, `[::1]:8080`. */
function parseTarget(text: string): Endpoint {
  const [, bracketed, bare, port = ''] = /^(?:\[([^\]]+)\]:|([^:]+):)?([^:]*)$/.exec(text) ?? [];
  return { host: bracketed ?? bare ?? LOOPBACK, port: parseInteger('PORT', port, 1, MAX_PORT) };
}
