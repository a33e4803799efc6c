import { OuroborosError, checkName, printable } from '@ouroboros/model';
import type { Balancing, Direct, NamePaths, Spread } from '@ouroboros/ports';
import { type IpcpPatterns, type RegistrationResult } from '@ouroboros/irm';
import { command, type Group, type OperandSpec, type OptionSpec, type Outcome } from '../grammar/command.js';
import { readChoice } from '../grammar/values.js';
import type { Words } from '../grammar/words.js';
import { nameJson, registrationJson } from '../render/json.js';
import { renderNames } from '../render/names.js';
import { readSecurity, SECURITY_OPTIONS } from './security-options.js';

const NAME: OperandSpec = { name: 'name', help: 'the name' };

function nameOperand(words: Words): string {
  const name = words.operand(0);
  checkName(name, 'name');
  return name;
}

/** `spillover` is the command's word, `spill` that of the configuration file: both are taken. */
const BALANCING: Readonly<Record<'round-robin' | 'spillover' | 'spill', Balancing>> = {
  'round-robin': 'round-robin',
  spillover: 'spill',
  spill: 'spill',
};

const PATH_OPTIONS: readonly (readonly [word: string, key: keyof NamePaths, help: string])[] = [
  ['sencpath', 'serverEnc', 'encryption configuration as a server'],
  ['scrtpath', 'serverCrt', 'certificate as a server'],
  ['skeypath', 'serverKey', 'key as a server'],
  ['cencpath', 'clientEnc', 'encryption configuration as a client'],
  ['ccrtpath', 'clientCrt', 'certificate as a client'],
  ['ckeypath', 'clientKey', 'key as a client'],
];

function readSpread(words: Words): Spread | undefined {
  const given = words.get('spread');
  return given === undefined ? undefined : readChoice('spread', given, ['nearest', 'round-robin']);
}

function readDirect(words: Words): Direct | undefined {
  const given = words.get('direct');
  return given === undefined ? undefined : readChoice('direct', given, ['allow', 'deny']);
}

const create = command({
  word: 'create',
  summary: 'Create a name.',
  details: ['A name that exists stays as it is, and the command succeeds.'],
  operands: [NAME],
  options: [
    {
      word: 'lb',
      value: '<policy>',
      help: 'how requests are spread over the processes that accept: round-robin, spillover',
      completes: ['round-robin', 'spillover'],
      fallback: 'round-robin',
    },
    {
      word: 'spread',
      value: '<policy>',
      help: 'how flows asked for here are spread over the hosts that serve the name: nearest, round-robin',
      completes: ['nearest', 'round-robin'],
      fallback: "the layer's policy",
    },
    {
      word: 'direct',
      value: '<policy>',
      help: 'flows between two processes of this host, without a layer between them: allow, deny',
      completes: ['allow', 'deny'],
      fallback: "the node's policy, and deny where encryption or authentication is required",
    },
    ...PATH_OPTIONS.map(([word, , help]): OptionSpec => ({
      word,
      value: '<path>',
      help,
      fallback: 'the usual place',
      completes: 'file',
    })),
    ...SECURITY_OPTIONS,
  ],
  read: (words) => {
    const given = PATH_OPTIONS.flatMap(([word, key]) =>
      words.has(word) ? [[key, words.required(word)] as const] : [],
    );
    const paths: Partial<NamePaths> = Object.fromEntries(given);
    const policy = readChoice('lb', words.get('lb') ?? 'round-robin', ['round-robin', 'spillover', 'spill']);
    const balancing = BALANCING[policy];
    const [spread, direct] = [readSpread(words), readDirect(words)];
    return { name: nameOperand(words), balancing, spread, direct, paths, security: readSecurity(words) };
  },
  run: async ({ name, balancing, spread, direct, paths, security }, { irm }) => {
    await irm.createName(name, { balancing, spread, direct, paths, security });
    return { text: '', json: { name, balancing, spread: spread ?? '', direct: direct ?? '' } };
  },
});

const destroy = command({
  word: 'destroy',
  summary: 'Destroy a name.',
  operands: [NAME],
  read: nameOperand,
  run: async (name, { irm }) => {
    await irm.destroyName(name);
    return { text: '', json: { name, destroyed: true } };
  },
});

const secure = command({
  word: 'secure',
  summary: 'Set what flows under a name must have from now on.',
  details: ['Flows that are up stay as they are. What is not given is left to the layer and the node.'],
  operands: [NAME],
  options: SECURITY_OPTIONS,
  read: (words) => ({ name: nameOperand(words), security: readSecurity(words) }),
  run: async ({ name, security }, { irm }) => {
    await irm.secureName(name, security);
    return { text: '', json: { name, ...security } };
  },
});

/** As many of each as C allows. [spec/architecture.md §7] */
const MAX_PATTERNS = 128;

const PATTERN_OPTIONS: readonly OptionSpec[] = [
  { word: 'ipcp', value: '<ipcp>', help: 'an IPCP; * is a wildcard; may be repeated', max: MAX_PATTERNS },
  {
    word: 'layer',
    value: '<layer>',
    help: 'all IPCPs in a layer; * is a wildcard; may be repeated',
    max: MAX_PATTERNS,
  },
];

interface Registration {
  readonly name: string;
  readonly patterns: IpcpPatterns;
}

function readRegistration(words: Words): Registration {
  const patterns = { ipcps: words.all('ipcp'), layers: words.all('layer') };
  if (patterns.ipcps.length + patterns.layers.length === 0) {
    throw new OuroborosError('EINVAL', 'ipcp <ipcp> or layer <layer> is required', { field: 'ipcp' });
  }
  return { name: nameOperand(words), patterns };
}

function registration(name: string, done: string, result: RegistrationResult): Outcome {
  return {
    text: result.ipcps
      .map((ipcp) => `${printable(name)}: ${done} ${printable(ipcp.name)} (layer ${printable(ipcp.layer)})\n`)
      .join(''),
    json: registrationJson(name, result),
    notes: result.skipped.map((ipcp) => `${printable(ipcp.name)} left out: type ${ipcp.type} has no directory`),
  };
}

const register = command({
  word: 'register',
  summary: 'Register a name in layers, so that it can be reached there.',
  details: ['A name that is new is created, with policy spillover.'],
  operands: [NAME],
  options: PATTERN_OPTIONS,
  read: readRegistration,
  run: async ({ name, patterns }, { irm }) => registration(name, 'registered at', await irm.regName(name, patterns)),
});

const unregister = command({
  word: 'unregister',
  summary: 'Withdraw a name from layers.',
  operands: [NAME],
  options: PATTERN_OPTIONS,
  read: readRegistration,
  run: async ({ name, patterns }, { irm }) =>
    registration(name, 'unregistered at', await irm.unregName(name, patterns)),
});

const list = command({
  word: 'list',
  summary: 'List the names of this host.',
  options: [{ word: 'list', value: '<prefix>', help: 'only names that begin with it', completes: 'name' }],
  read: (words) => words.get('list'),
  run: async (prefix, { irm }) => {
    const names = await irm.listNames(prefix);
    return { text: renderNames(names, prefix !== undefined), json: { names: names.map(nameJson) } };
  },
});

export const name: Group = {
  kind: 'group',
  word: 'name',
  summary: 'names and where they are registered',
  entries: [create, destroy, register, unregister, list],
  ours: [secure],
};
