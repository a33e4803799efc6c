import fc from 'fast-check';
import { ROOT } from '../commands/root.js';
import type { Entry } from './command.js';
import { parse, type Parsed, type Run, type Usage } from './parse.js';

const read = (line: string): Parsed =>
  parse(
    ROOT,
    line.split(' ').filter((word) => word !== ''),
  );

function run(line: string): Run {
  const parsed = read(line);
  if (parsed.kind !== 'run') throw new Error(`${line}: ${JSON.stringify(parsed)}`);
  return parsed;
}

function usage(line: string): Usage {
  const parsed = read(line);
  if (parsed.kind !== 'usage') throw new Error(`${line}: ${parsed.kind}`);
  return parsed;
}

const pathOf = (line: string): string => run(line).path.join(' ');

describe('abbreviated commands', () => {
  it.each([
    ['i c name a type local', 'ipcp create'],
    ['i d name a', 'ipcp destroy'],
    ['i b n a l x', 'ipcp bootstrap'],
    ['i e n a l x', 'ipcp enroll'],
    ['i co n a d b', 'ipcp connect'],
    ['i di n a d b', 'ipcp disconnect'],
    ['i l', 'ipcp list'],
    ['i s a', 'ipcp show'],
    ['i f a', 'ipcp fault'],
    ['b p x n y', 'bind program'],
    ['b proc 1 n y', 'bind process'],
    ['b i x n y', 'bind ipcp'],
    ['u p x', 'unbind program'],
    ['n c x', 'name create'],
    ['n d x', 'name destroy'],
    ['n r x i y', 'name register'],
    ['n u x l y', 'name unregister'],
    ['n l', 'name list'],
    ['s', 'status'],
    ['w --ready', 'wait'],
    ['wat', 'watch'],
    ['f l', 'flow list'],
    ['r l', 'route list'],
    ['ne l', 'neighbor list'],
    ['d l', 'directory list'],
    ['ri ls', 'rib ls'],
    ['ri c a/b', 'rib cat'],
  ])('%p is %p: the first match in the order listed wins', (line, path) => expect(pathOf(line)).toBe(path));

  it('h is help everywhere, before the words that only we have', () => {
    expect(read('h')).toMatchObject({ kind: 'help', path: [] });
    expect(read('i h')).toMatchObject({ kind: 'help', path: ['ipcp'] });
    expect(read('help ipcp create')).toMatchObject({ kind: 'help', path: ['ipcp', 'create'] });
    expect(read('name create --help')).toMatchObject({ kind: 'help', path: ['name', 'create'] });
    expect(read('-h')).toMatchObject({ kind: 'help', path: [] });
    expect(read('--version')).toEqual({ kind: 'version', json: false });
  });
});

describe('abbreviated options of bootstrap', () => {
  const wordOf = (typed: string): string | undefined => run(`ipcp boot name a layer x ${typed} 1`).words.open[0]?.word;

  it.each([
    ['h', 'hash'],
    ['i', 'ip'],
    ['d', 'dns'],
    ['de', 'device'],
    ['dev', 'device'],
    ['di', 'directory'],
    ['dh', 'dht_alpha'],
    ['dht_k', 'dht_k'],
    ['dht_t_', 'dht_t_expire'],
    ['dht_t_r', 'dht_t_refresh'],
    ['dht_t_rep', 'dht_t_replicate'],
    ['e', 'ethertype'],
    ['ei', 'eid'],
    ['a', 'addr'],
    ['addr', 'addr'],
    ['addr_', 'addr_auth'],
    ['tt', 'ttl'],
    ['p', 'port'],
    ['r', 'routing'],
    ['ls', 'ls_t_recalc'],
    ['ls_t_u', 'ls_t_update'],
    ['ls_t_t', 'ls_t_timeo'],
    ['c', 'congestion'],
    ['ho', 'hosts'],
  ])('%p is %p', (typed, word) => expect(wordOf(typed)).toBe(word));

  it('t, l and n are type, layer and name; au is autobind, which stands alone; re is restart', () => {
    const { words } = run('i b t local l x n a au re never');
    expect([
      words.get('type'),
      words.get('layer'),
      words.get('name'),
      words.has('autobind'),
      words.get('restart'),
    ]).toEqual(['local', 'x', 'a', true, 'never']);
  });
});

describe('what cannot be read', () => {
  it.each([
    ['', 'a command is required: one of ipcp, bind, unbind, name, help, status,', undefined],
    [
      'ipcp',
      'a command is required: one of create, destroy, bootstrap, enroll, connect, disconnect, list, help,',
      undefined,
    ],
    ['ipxp', 'unknown word "ipxp": did you mean "ipcp"?', 'ipxp'],
    ['xyzzy', 'unknown word "xyzzy": expected one of ipcp, bind,', 'xyzzy'],
    ['ipcp creat1', 'did you mean "create"?', 'creat1'],
    ['ipcp create', 'name is required: name <ipcp>', 'name'],
    ['ipcp create name', 'name needs a value: name <ipcp>', 'name'],
    ['ipcp create n a type local', 'unknown word "n": did you mean "name"?', 'n'],
    ['ipcp create name a type local extra 1', 'unknown word "extra": expected one of name, type, restart', 'extra'],
    ['ipcp create name a name b type local', 'name is given 2 times; at most 1', 'name'],
    [
      'ipcp create name a type LOCAL',
      'type must be local, unicast, broadcast, eth-llc, eth-dix, udp4, udp6 or the',
      'type',
    ],
    [
      'ipcp create name a type local restart often',
      'restart must be one of never, on-failure, always, not "often"',
      'restart',
    ],
    ['ipcp bootstrap name a type local', 'layer is required: layer <layer>', 'layer'],
    ['ipcp bootstrap name a laier x', 'layer is required: layer <layer> (you wrote "laier")', 'layer'],
    ['ipcp bootstrap name a layer x autobind autobind', 'autobind is given twice', 'autobind'],
    ['ipcp bootstrap name a layer x type udp4', 'ip is required for type udp4', 'ip'],
    [
      'ipcp bootstrap name a layer x type udp4 ip 0.0.0.0',
      'ip must be an IPv4 address of one host, such as 192.0.2.1, not "0.0.0.0"',
      'ip',
    ],
    [
      'ipcp bootstrap name a layer x type udp4 ip 1.2.3',
      'ip must be an IPv4 address of one host, such as 192.0.2.1, not "1.2.3"',
      'ip',
    ],
    [
      'ipcp bootstrap name a layer x type udp6 ip 1.2.3.4',
      'ip must be an IPv6 address of one host, such as 2001:db8::1 (not link-local), not "1.2.3.4"',
      'ip',
    ],
    ['ipcp bootstrap name a layer x type eth-dix', 'device is required for type eth-dix: device <interface>', 'device'],
    [
      'ipcp bootstrap name a layer x type eth-dix dev e0 ethertype 5ff',
      'ethertype must be a hexadecimal number from 0x0600 to 0xFFFE, not "5ff"',
      'ethertype',
    ],
    [
      'ipcp bootstrap name a layer x type eth-llc dev e0 ethertype a000',
      'ethertype is no option of type eth-llc: it has hash, device',
      'ethertype',
    ],
    [
      'ipcp bootstrap name a layer x type udp4 ip 1.2.3.4 port 0',
      'port must be a whole number from 1 to 65535, not "0"',
      'port',
    ],
    [
      'ipcp bootstrap name a layer x type udp4 ip 1.2.3.4 hosts x',
      'hosts must be NAME=ADDRESS[,NAME=ADDRESS...], not "x"',
      'hosts',
    ],
    ['ipcp bootstrap name a layer x type udp4 ip 1.2.3.4 ip 1.2.3.5', 'ip is given twice', 'ip'],
    [
      'ipcp bootstrap name a layer x type udp4 ttl 3',
      'ttl is no option of type udp4: it has ip, dns, port, hosts',
      'ttl',
    ],
    ['ipcp bootstrap name a layer x type local quux 3', 'unknown word "quux": expected one of hash,', 'quux'],
    [
      'ipcp bootstrap name a layer x type local hash MD5',
      'hash must be one of SHA3_224, SHA3_256, SHA3_384, SHA3_512',
      'hash',
    ],
    ['ipcp bootstrap name a layer x type unicast dht_k 21', 'dht_k must be a whole number from 1 to 20', 'dht_k'],
    [
      'ipcp bootstrap name a layer x type unicast ls_t_recalc 0',
      'ls_t_recalc must be a whole number of at least 1',
      'ls_t_recalc',
    ],
    ['ipcp enroll name a', 'layer is required', 'layer'],
    ['ipcp enroll name a layer x ttl 3', 'unknown word "ttl"', 'ttl'],
    ['ipcp connect name a dst b component x', 'component must be one of *, mgmt, dt, not "x"', 'component'],
    ['ipcp connect name a dst b qos gold', 'qos must be one of raw, best, video, voice, data, not "gold"', 'qos'],
    ['ipcp connect name a dst b component mgmt qos raw', 'qos is for component dt or *', 'qos'],
    ['ipcp show', '<ipcp> is required', 'ipcp'],
    ['ipcp fault u drop', 'drop needs a value', 'drop'],
    ['ipcp fault u drop a,,b', 'drop must be a list separated by commas', 'drop'],
    ['ipcp fault u drop a clear', 'drop and clear exclude each other', 'drop'],
    ['bind program', '<program> is required', 'program'],
    ['bind program x', 'name is required: name <name>', 'name'],
    ['bind process abc name x', 'pid must be a whole number from 1', 'pid'],
    ['bind process 99999999 name x', 'pid must be a whole number from 1 to 4194304', 'pid'],
    ['bind ipcp x name y -- z', 'nothing may follow here', '--'],
    ['unbind ipcp x', 'name is required', 'name'],
    ['name create x lb best', 'lb must be one of round-robin, spillover, spill, not "best"', 'lb'],
    ['name register x', 'ipcp <ipcp> or layer <layer> is required', 'ipcp'],
    ['wait', '--ready is required', '--ready'],
    [
      'wait --ready --timeout soon',
      '--timeout must be a number with ms, s, m, h or d behind it, not "soon"',
      '--timeout',
    ],
    ['wait --ready=yes', '--ready takes no value', '--ready'],
    ['wait --redy', 'unknown word "--redy": did you mean "--ready"?', '--redy'],
    ['rib cat', '<path> is required', 'path'],
  ])('%p: %p', (line, message, field) => {
    const found = usage(line);
    expect(found.message).toContain(message);
    expect(found.field).toBe(field);
  });

  it('says up to where it understood', () => {
    expect(usage('i c').path).toEqual(['ipcp', 'create']);
    expect(usage('i x').path).toEqual(['ipcp']);
  });

  it('refuses the 129th of a repeatable option, not the 128th', () => {
    const times = (count: number): string => ` layer x`.repeat(count);
    expect(run(`name register n${times(128)}`).words.all('layer')).toHaveLength(128);
    expect(usage(`name register n${times(129)}`).message).toContain('at most 128');
  });

  it('refuses empty words, and names that are too long', () => {
    expect(parse(ROOT, [''])).toMatchObject({ kind: 'usage' });
    expect(parse(ROOT, ['name', 'create', ''])).toMatchObject({ kind: 'usage', message: '<name> must not be empty' });
    expect(usage(`name create ${'x'.repeat(256)}`).message).toBe('name must have 1 to 255 bytes, not 256');
  });
});

describe('what is read', () => {
  it('keeps everything behind -- as it is', () => {
    const { words, json } = run('bind program x name y auto -- --listen --json -h');
    expect(words.trailing).toEqual(['--listen', '--json', '-h']);
    expect(json).toBe(false);
  });

  it('takes --json and values of switches in both forms, wherever they stand', () => {
    expect(run('--json ipcp list').json).toBe(true);
    expect(run('wait --timeout=5s --ready').words.get('--timeout')).toBe('5s');
    expect(run('wait --timeout 5s --json --ready').words.get('--timeout')).toBe('5s');
  });

  it('takes operands that look like option words', () => {
    expect(run('bind program name name auto').words.operands).toEqual(['name']);
  });

  it('does not refuse unknown types', () => {
    expect(pathOf('ipcp create name a type lossy')).toBe('ipcp create');
    expect(run('ipcp boot name a layer x type lossy loss 0.1 dev eth0').words.open).toEqual([
      { typed: 'loss', word: undefined, value: '0.1' },
      { typed: 'dev', word: 'device', value: 'eth0' },
    ]);
  });
});

describe('any command line', () => {
  const collect = (entry: Entry): string[] =>
    entry.kind === 'group'
      ? [entry.word, ...[...entry.entries, ...(entry.ours ?? [])].flatMap(collect)]
      : [entry.word, ...[...(entry.options ?? []), ...(entry.switches ?? [])].map(({ word }) => word)];
  const vocabulary = [
    ...new Set([...collect(ROOT), '--', '--json', '--help', '*', '1', 'local', 'udp4', 'lossy', '', '--x=1']),
  ];
  const word = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...vocabulary) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...vocabulary).chain((full) => fc.nat(full.length).map((end) => full.slice(0, end))),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  );

  it('is read or refused with a message, never thrown at', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (argv) => {
        const parsed = parse(ROOT, argv);
        if (parsed.kind === 'usage') expect(parsed.message).not.toBe('');
        if (parsed.kind === 'run') expect(typeof parsed.action).toBe('function');
      }),
      { numRuns: 5000 },
    );
  });

  it('means the same with every command word shortened as far as it stays unambiguous', () => {
    const paths = (entry: Entry, path: readonly string[]): (readonly string[])[] =>
      entry.kind === 'group'
        ? [...entry.entries, ...(entry.ours ?? [])].flatMap((inner) => paths(inner, [...path, inner.word]))
        : [path];
    for (const path of paths(ROOT, [])) {
      const full = parse(ROOT, [...path, '--help']);
      // Behind `invite` stands the name of a layer, where it is none of its commands.
      const inFull = path[0] === 'invite' ? path.slice(1) : [];
      const shortened = path.slice(0, path.length - inFull.length).map((part) => part.slice(0, -1));
      const short = parse(ROOT, [...shortened, ...inFull, '--help']);
      expect(full).toMatchObject({ kind: 'help', path });
      expect(short).toEqual(full);
    }
  });
});
