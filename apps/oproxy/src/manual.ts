import { UNREACHABLE_STATUS, USAGE_STATUS, type Manual, type OptionTable, type VerbTable } from '@ouroboros/tool-kit';

export const OPTIONS = {
  udp: {
    type: 'boolean',
    short: 'u',
    help: 'expose, connect: UDP; each client has a flow of its own, each datagram is one packet',
  },
  idle: {
    type: 'string',
    value: 'TIME',
    help: 'with --udp: a flow without datagrams ends after this time (default 60 s)',
  },
  bind: {
    type: 'string',
    short: 'b',
    value: 'ADDRESS',
    help: 'connect, socks: listen on this address (default 127.0.0.1)',
  },
  layer: {
    type: 'string',
    multiple: true,
    value: 'LAYER',
    help: 'expose: register the name in this layer while oproxy runs (may be repeated)',
  },
  qos: {
    type: 'string',
    short: 'q',
    value: 'QOS',
    help: 'connect: raw, best, video, voice or data (default data; with --udp: raw). TCP needs data',
  },
  suffix: { type: 'string', value: 'END', help: 'socks: what host names end with (default o7s)' },
  wait: {
    type: 'string',
    short: 'w',
    value: 'TIME',
    help: 'connect, socks: limit for a flow to come about (default 20 s)',
  },
  grace: {
    type: 'string',
    value: 'TIME',
    help: 'what open connections get to end by themselves when oproxy is stopped (default 5 s)',
  },
  verbose: { type: 'boolean', short: 'v', help: 'also tell of each connection that opens and closes' },
  json: { type: 'boolean', help: 'print one JSON object per line' },
} as const satisfies OptionTable;

/** Words behind each verb, and the options that are not for all. */
export const VERBS = {
  expose: {
    words: ['NAME', '[HOST:]PORT'],
    options: ['udp', 'idle', 'layer'],
    help: 'serve NAME: each flow becomes a connection to PORT of this host, or of HOST. This process binds itself to the name; where the name is registered is left to irm, unless --layer says it',
  },
  connect: {
    words: ['NAME', 'LOCALPORT'],
    options: ['udp', 'idle', 'bind', 'qos', 'wait'],
    help: 'listen on LOCALPORT: each connection becomes a flow to NAME',
  },
  socks: {
    words: ['LOCALPORT'],
    options: ['bind', 'suffix', 'wait'],
    help: 'a SOCKS5 and HTTP proxy on LOCALPORT, for programs that take one: the host name web.o7s means the name web. Other host names are refused, and never looked up',
  },
} as const satisfies VerbTable;

export const MANUAL: Manual = {
  name: 'oproxy',
  section: 1,
  summary: 'let programs that know TCP and UDP only reach each other over flows',
  synopsis: Object.entries(VERBS).map(([verb, { words }]) => `${verb} [options] ${words.join(' ')}`),
  verbs: VERBS,
  options: [OPTIONS],
  notes: [
    'TIME is a number with ms (or nothing), s, m, h or d. LOCALPORT 0: any free port; oproxy says which. SIGUSR1 prints what was carried so far; SIGTERM, SIGINT and SIGHUP end oproxy, which prints it, too.',
    'An end of writing is passed on alone (half-close); who does not read holds the writer back. A connection whose flow fails is reset, and a flow whose connection fails ends. Whoever can connect to LOCALPORT can use it.',
  ],
  exitStatus: [
    ['0', 'stopped'],
    ['1', 'a failure'],
    USAGE_STATUS,
    UNREACHABLE_STATUS,
    ['4', 'layer unknown'],
    ['6', 'refused'],
    ['8', 'LOCALPORT is in use'],
  ],
  examples: [
    ['oproxy expose web 8080', 'Serve the name web with what listens on port 8080.'],
    ['oproxy connect web 9090', 'Reach it at port 9090 of this host.'],
    ['curl -x socks5h://127.0.0.1:1080 http://web.o7s/', 'Reach it through oproxy socks 1080.'],
  ],
  seeAlso: ['ocat(1)', 'oip(1)'],
};
