import { checkName, printable } from '@ouroboros/model';
import type { JsonObject } from '@ouroboros/model';
import { checkType, type StartedIpcp } from '@ouroboros/irm';
import { command, type Outcome } from '../grammar/command.js';
import { readRestart } from '../grammar/values.js';
import type { OpenWord, Words } from '../grammar/words.js';
import { startedJson } from '../render/json.js';
import {
  AUTOBIND_OPTION,
  BOOTSTRAP_OPTIONS,
  configFor,
  NAME_OPTION,
  requireOptions,
  RESTART_OPTION,
  TYPE_OPTION,
} from './ipcp-options.js';
import { optionalSecurity, SECURITY_OPTIONS } from './security-options.js';

function optionalName(words: Words, word: string): string | undefined {
  const name = words.get(word);
  if (name !== undefined) checkName(name, word);
  return name;
}

function optionalType(words: Words): string | undefined {
  const type = words.get('type');
  if (type !== undefined) checkType(type);
  return type;
}

function bootstrapConfig(type: string, words: readonly OpenWord[]): JsonObject {
  const config = configFor(type, words);
  requireOptions(type, config);
  return config;
}

export const bootstrap = command({
  word: 'bootstrap',
  summary: 'Begin a layer with an IPCP, which is created when it is absent and its type is given.',
  details: [
    'Options of a type that is not listed here (irm ipcp type <type> shows them) are passed on as they are; its program checks them.',
  ],
  options: BOOTSTRAP_OPTIONS,
  open: true,
  read: (words) => {
    const type = optionalType(words);
    const name = words.required('name');
    const layer = words.required('layer');
    checkName(name, 'name');
    checkName(layer, 'layer');
    // Without a type the words can only be read once the IPCP is found.
    const config =
      type === undefined ? (found: string) => bootstrapConfig(found, words.open) : bootstrapConfig(type, words.open);
    return {
      name,
      layer,
      type,
      config,
      autobind: words.has('autobind'),
      restart: readRestart(words.get('restart')),
      security: optionalSecurity(words),
    };
  },
  run: async (input, { irm }) => outcome('bootstrapped in', await irm.bootstrapIpcp(input)),
});

export const enroll = command({
  word: 'enroll',
  summary: 'Make an IPCP a member of a layer; it is created when it is absent.',
  options: [
    { ...NAME_OPTION, help: 'the IPCP, created when it is absent; * is a wildcard over existing ones' },
    {
      word: 'layer',
      value: '<layer>',
      help: 'the layer; enrolling in another one fails (required unless dst is given)',
    },
    { word: 'dst', value: '<name>', help: 'name of a member', fallback: "the layer's name" },
    { ...TYPE_OPTION, fallback: 'unicast' },
    AUTOBIND_OPTION,
    RESTART_OPTION,
    ...SECURITY_OPTIONS,
  ],
  open: true,
  read: (words) => {
    const type = optionalType(words);
    const name = words.required('name');
    checkName(name, 'name');
    const [layer, dst] = [optionalName(words, 'layer'), optionalName(words, 'dst')];
    if (dst === undefined) words.required('layer');
    const config = configFor(type ?? 'unicast', words.open);
    return {
      name,
      layer,
      dst,
      type,
      config,
      autobind: words.has('autobind'),
      restart: readRestart(words.get('restart')),
      security: optionalSecurity(words),
    };
  },
  run: async (input, { irm }) => outcome('enrolled in', await irm.enrollIpcp(input)),
});

function outcome(done: string, started: readonly StartedIpcp[]): Outcome {
  const line = ({ ipcp, created }: StartedIpcp): string =>
    `${printable(ipcp.name)}: ${created ? `created (pid ${ipcp.pid}), ` : ''}${done} layer ${printable(ipcp.layer)}\n`;
  return {
    text: started.map(line).join(''),
    json: { ipcps: started.map(startedJson) },
    notes: started
      .filter(({ autobindIgnored }) => autobindIgnored)
      .map(({ ipcp }) => `autobind ignored: an IPCP of type ${ipcp.type} accepts no flows for names`),
  };
}
