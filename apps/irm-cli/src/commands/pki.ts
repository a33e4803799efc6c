import { OuroborosError, printable, type JsonObject } from '@ouroboros/model';
import { AUTHORITY_DAYS, KEY_KINDS, LEAF_DAYS, WARN_DAYS, type CertificateRole, type IssuedInfo } from '@ouroboros/pki';
import { pkiCommand, type Group, type OperandSpec, type SwitchSpec } from '../grammar/command.js';
import { illegal, readChoice, readInteger } from '../grammar/values.js';
import type { Words } from '../grammar/words.js';
import { authorityJson, certificateStatusJson, issuedJson, revokedJson } from '../render/pki-json.js';
import { renderAuthority, renderIssued, renderPkiStatus, renderRevoked } from '../render/pki.js';

/** A hundred years: more is a slip. */
const MAX_DAYS = 36_500;

const NAME: OperandSpec = { name: 'name', help: 'the name of a service or of an IPCP' };
const ROLES: OperandSpec = {
  name: 'role',
  completes: ['server', 'client', 'both', 'member'],
  help: 'server: shown by who serves the name; client: shown when calling it; both; member: shown by an IPCP of that name',
  optional: true,
};

const daysSwitch = (fallback: number): SwitchSpec => ({
  word: '--days',
  value: '<days>',
  help: 'how long it is valid',
  fallback: String(fallback),
});
const KEY: SwitchSpec = {
  word: '--key',
  value: '<kind>',
  help: `kind of key: ${KEY_KINDS.join(', ')}`,
  completes: KEY_KINDS,
  fallback: 'p-256',
};
const TO: SwitchSpec = {
  word: '--to',
  value: '<dir>',
  help: 'configuration directory to fill, for another host',
  fallback: "this host's",
};

const readDays = (words: Words): number | undefined => {
  const text = words.get('--days');
  return text === undefined ? undefined : readInteger('--days', text, 1, MAX_DAYS);
};

const readKey = (words: Words) => readChoice('--key', words.get('--key') ?? 'p-256', KEY_KINDS);

function rolesOf(word: CertificateRole | 'both'): readonly CertificateRole[] {
  return word === 'both' ? ['server', 'client'] : [word];
}

const carryNote = (to: string | undefined): readonly string[] =>
  to === undefined
    ? []
    : [`copy ${printable(to)} into the configuration directory of the other host, and remove it here`];

const init = pkiCommand({
  word: 'init',
  summary: 'Make an authority, and trust it on this host.',
  details: ['Its key signs certificates for the names of a layer. Whoever holds the key can pose as any of them.'],
  operands: [{ name: 'name', help: "the authority's name: that of a layer, for example", completes: 'layer' }],
  switches: [daysSwitch(AUTHORITY_DAYS), KEY],
  read: (words) => ({ name: words.operand(0), days: readDays(words), key: readKey(words) }),
  run: async (options, pki) => {
    const made = await pki.init(options);
    return { text: renderAuthority(made), json: { authority: authorityJson(made) } };
  },
});

const issue = pkiCommand({
  word: 'issue',
  summary: 'Make a key and a certificate for a name.',
  details: [
    'A client certificate bears another name than the server: <name>.client, or the one given with --as. ' +
      'Clients need one only where a server demands it.',
  ],
  operands: [NAME, { ...ROLES, help: `${ROLES.help} (server)` }],
  switches: [
    { word: '--as', value: '<name>', help: 'the name in a client certificate', fallback: '<name>.client' },
    { word: '--authority', value: '<name>', help: 'who signs', completes: [], fallback: 'the only one of this host' },
    daysSwitch(LEAF_DAYS),
    KEY,
    TO,
  ],
  read: (words) => ({
    name: words.operand(0),
    roles: rolesOf(readChoice('role', words.operands[1] ?? 'server', ['server', 'client', 'both', 'member'])),
    as: words.get('--as'),
    authority: words.get('--authority'),
    days: readDays(words),
    key: readKey(words),
    to: words.get('--to'),
  }),
  run: async (options, pki) => issuedOutcome(await pki.issue(options), options.to),
});

const renew = pkiCommand({
  word: 'renew',
  summary: 'Replace certificates of a name, or of an authority.',
  details: [
    'Keys stay, unless the certificate was revoked, and no flow notices. ' +
      'A renewed authority must be carried to all hosts that trust it; what it signed stays good.',
  ],
  operands: [
    NAME,
    {
      ...ROLES,
      help: 'server, client, both, member or authority (server, client and member, whichever there is)',
      completes: ['server', 'client', 'both', 'member', 'authority'],
    },
  ],
  switches: [{ ...daysSwitch(LEAF_DAYS), fallback: `${LEAF_DAYS}, of an authority ${AUTHORITY_DAYS}` }, TO],
  read: (words) => {
    const role = words.operands[1];
    const chosen =
      role === undefined ? undefined : readChoice('role', role, ['server', 'client', 'both', 'member', 'authority']);
    const to = words.get('--to');
    if (chosen === 'authority' && to !== undefined) {
      throw new OuroborosError('EINVAL', '--to does not go with authority', { field: '--to' });
    }
    return { name: words.operand(0), chosen, days: readDays(words), to };
  },
  run: async ({ name, chosen, days, to }, pki) => {
    if (chosen === 'authority') {
      const made = await pki.renewAuthority(name, days);
      return { text: renderAuthority(made), json: { authority: authorityJson(made) } };
    }
    return issuedOutcome(await pki.renew({ name, roles: chosen && rolesOf(chosen), days, to }), to);
  },
});

const issuedOutcome = (made: readonly IssuedInfo[], to: string | undefined) => ({
  text: renderIssued(made),
  json: { certificates: made.map(issuedJson) },
  notes: carryNote(to),
});

const revoke = pkiCommand({
  word: 'revoke',
  summary: 'Revoke certificates, so that nobody is believed any more who shows them.',
  details: [
    'This host knows at once. Other hosts know when the revocation list has been copied to their security/crl.',
  ],
  operands: [{ name: 'name', help: 'the name in the certificate' }],
  switches: [
    { word: '--serial', value: '<hex>', help: 'only the certificate with this serial number', fallback: 'all' },
  ],
  read: (words) => {
    const serial = words.get('--serial');
    if (serial !== undefined && !/^[0-9a-f]{1,40}$/i.test(serial)) throw illegal('--serial', 'hexadecimal', serial);
    return { name: words.operand(0), serial };
  },
  run: async (options, pki) => {
    const revoked = await pki.revoke(options);
    const lists = [...new Set(revoked.map(({ listFile }) => listFile))];
    return {
      text: renderRevoked(revoked),
      json: { revoked: revoked.map(revokedJson) },
      notes: lists.map((file) => `other hosts need ${printable(file)}`),
    };
  },
});

const status = pkiCommand({
  word: 'status',
  summary: 'Show the certificates of this host, and how many days they are valid.',
  details: [`irm status warns from ${WARN_DAYS} days before one expires.`],
  read: () => null,
  run: async (_, pki) => {
    const found = await pki.status();
    const json: JsonObject = {
      confDir: found.confDir,
      certificates: found.certificates.map(certificateStatusJson),
      lists: found.lists.map(({ file, revoked, problem }) => ({ file, revoked, problem: problem || null })),
    };
    const exposed = found.certificates.map(({ exposedKey }) => exposedKey && `${exposedKey} is open to other users`);
    const problems = [...found.certificates, ...found.lists].map(({ problem }) => problem);
    const notes = [...problems, ...exposed].filter((text) => text !== '').map(printable);
    return { text: renderPkiStatus(found), json, notes };
  },
});

export const pki: Group = {
  kind: 'group',
  word: 'pki',
  summary: 'certificates: authorities, and who is who',
  entries: [init, issue, renew, revoke, status],
};
