import { toHex } from '@ouroboros/model';
import { DEFAULT_ALGORITHMS, completeOap, readOapRefusal, type OapSecurity, type OapTools } from '@ouroboros/oap';
import type { FlowGrant, FlowInfo, Kdf, NameSecurity, SecurityPolicy } from '@ouroboros/ports';
import { PROTECTED, credentialOf, realTools, security, trustIn } from '../../oap/src/oap.fixture.js';
import { WALL, World, directoryKey, farRequest, type TestIpcp, type WorldOptions } from './testing/world.js';

let tools: OapTools;
/** Everything that was derived, in order. */
const derived: Uint8Array[] = [];
beforeAll(async () => {
  const real = await realTools();
  const { kdf, keyExchange } = real.crypto!;
  const watched: Kdf = {
    extract: (...args) => kdf.extract(...args),
    digest: (...args) => kdf.digest(...args),
    expand: (...args) => {
      const out = kdf.expand(...args);
      derived.push(out);
      return out;
    },
  };
  tools = { hash: real.hash, crypto: { kdf: watched, keyExchange } };
});

const policy = (encryption: SecurityPolicy['encryption'], authentication: SecurityPolicy['authentication'] = '') => ({
  encryption,
  authentication,
});
const files = (parts: Partial<NameSecurity> = {}): NameSecurity => ({
  ...{ ok: true, credential: null, encConf: null, kemKeys: { der: null, raw: null }, trust: trustIn() },
  ...parts,
});
const configured = (kex: 'secp384r1' | 'prime256v1'): OapSecurity =>
  security({ encryption: 'require', algorithms: { ...DEFAULT_ALGORITHMS, kex } });

/** A host with cryptography that offers encryption unless told otherwise. */
function host(options: Omit<WorldOptions, 'crypto'> = {}): World {
  const node = { encryption: 'offer', ...options.policy } as const;
  return new World({ features: PROTECTED, far: security(), ...options, policy: node, crypto: tools.crypto });
}

/** A flow to `hello`, which only another host serves. */
function asked(world: World, about: Partial<TestIpcp> = {}, client = world.process('/bin/client')): number {
  if (!world.ipcps.has('udp')) world.layer('udp', { directory: new Set([directoryKey('hello')]), ...about });
  return world.alloc(client, 'hello');
}

const listed = (world: World): FlowInfo[] => world.value('flowList') as FlowInfo[];
const secretOf = ({ crypto }: Pick<FlowGrant, 'crypto'>): string => toHex(crypto!.secret);

describe('A flow to another host', () => {
  it('is not encrypted where the node says so', () => {
    const world = host({ policy: { encryption: 'off' } });
    const grant = world.grantOf(asked(world));
    expect([grant.crypto, world.farAgreed[0]?.crypto]).toEqual([null, null]);
    expect(listed(world)).toMatchObject([{ peer: '', crypto: null }]);
  });

  it('is protected by both exchanges where nobody has configured anything', () => {
    const world = host();
    const grant = world.grantOf(asked(world));
    const far = world.farAgreed[0]!;
    expect(grant).toMatchObject({
      features: PROTECTED,
      crypto: { profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519+ML-KEM-768', kemInBand: false, peer: '' },
    });
    expect(secretOf(grant)).toBe(secretOf(far));
    const shown = { profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519+ML-KEM-768' };
    expect(listed(world)).toMatchObject([{ peer: '', crypto: shown }]);
    expect(JSON.stringify(listed(world)[0]?.crypto)).toBe(JSON.stringify(shown));
  });

  it('leaves the share for later where the layer has no room, and takes what room it has', () => {
    const narrow = host();
    expect(narrow.grantOf(asked(narrow, { oapRoom: 600 })).crypto?.kemInBand).toBe(true);
    const name = 'a long name '.repeat(12);
    const own = files({ credential: credentialOf(name) });
    for (const [oapRoom, kemInBand] of [
      [0, true],
      [4000, false],
    ] as const) {
      const world = host({ files: () => own, far: security({ trust: trustIn(name) }) });
      expect(world.grantOf(asked(world, { oapRoom })).crypto?.kemInBand).toBe(kemInBand);
    }
  });

  it('is not asked for where the layer has no room for what it needs', () => {
    const own = files({ credential: credentialOf('hello.client') });
    const world = host({ files: () => own });
    const error = world.errorOf(asked(world, { oapRoom: 100 }));
    expect(error).toMatchObject({ code: 'EMSGSIZE', stage: 'layer' });
    expect(error.message).toMatch(/^the handshake's request has \d{3} bytes, layer udp-layer takes 100$/);
    expect(world.callsOf('flowAlloc')).toEqual([]);
  });

  it('is refused where it must be encrypted and the other host does not', () => {
    const demands: [string, WorldOptions, ((world: World) => void)?][] = [
      ['the node', { policy: { encryption: 'require' } }],
      ['the name', {}, (world) => world.value('nameCreate', nameWith(policy('require')))],
      ['the layer', {}, (world) => layerWith(world, policy('require'))],
      ['its enc.conf', { files: () => files({ encConf: '' }) }],
    ];
    for (const [who, options, prepare] of demands) {
      const world = host({ ...options, far: security({ encryption: 'off' }) });
      prepare?.(world);
      expect([who, world.errorOf(asked(world))]).toMatchObject([who, { code: 'ECRYPT', stage: 'crypto' }]);
      // The other host believes in a flow: it is told of the end.
      expect(world.callsOf('flowAgreed')).toHaveLength(1);
      expect(world.callsOf('flowDealloc')).toHaveLength(1);
      expect(listed(world)).toEqual([]);
    }
  });

  it('is plain where a name says so, whatever the node wants', () => {
    const world = host({ policy: { encryption: 'require' } });
    world.value('nameCreate', nameWith(policy('off')));
    expect(world.grantOf(asked(world)).crypto).toBeNull();
  });

  it('is asked for once more, stronger, when it was refused for weakness', () => {
    const world = host({ far: configured('secp384r1') });
    const grant = world.grantOf(asked(world));
    expect(grant.crypto?.kex).toBe('secp384r1+ML-KEM-768');
    expect(world.callsOf('flowAlloc')).toHaveLength(2);
    expect(secretOf(grant)).toBe(secretOf(world.farAgreed[0]!));
    expect(listed(world)).toHaveLength(1);
    expect(listed(world)[0]?.correlationId).toBe(grant.correlationId);
  });

  it('is asked for no third time, and only once when it was refused for something else', () => {
    const stubborn = (world: World, ipcp: TestIpcp) => {
      ipcp.answers.flowAlloc = ({ args }) => ({ ok: true, value: world.farRefuses(args[0] as never, 'ECRYPT', 'no') });
    };
    const world = host();
    const request = world.layer('udp', { directory: new Set([directoryKey('hello')]) });
    stubborn(world, request);
    expect(world.errorOf(asked(world))).toMatchObject({ code: 'ECRYPT' });
    expect(world.callsOf('flowAlloc')).toHaveLength(1);
    const withC = host();
    withC.layer('udp', { directory: new Set([directoryKey('hello')]) }).answers.flowAlloc = () => ({
      ok: true,
      value: { response: -1008, reason: '', mplMs: 0, layerPacket: 0, data: new Uint8Array(0) },
    });
    expect(withC.errorOf(asked(withC))).toMatchObject({ code: 'ECRYPT' });
    expect(withC.callsOf('flowAlloc')).toHaveLength(2);
  });

  it('of an IPCP is encrypted where its layer stands on a network, and not above', () => {
    for (const onNetwork of [true, false]) {
      const world = host();
      const ipcp = world.layer('uni');
      const grant = world.grantOf(asked(world, { onNetwork }, world.process('/bin/ipcpd', { pid: ipcp.pid })));
      expect([onNetwork, grant.crypto?.kex ?? null]).toEqual([onNetwork, onNetwork ? 'X25519MLKEM768' : null]);
    }
    const strict = host({ policy: { encryption: 'require' } });
    const ipcp = strict.layer('uni');
    const client = strict.process('/bin/ipcpd', { pid: ipcp.pid });
    expect(strict.grantOf(asked(strict, { onNetwork: false }, client)).crypto).not.toBeNull();
  });

  it('tells who the other end is', () => {
    const far = security({ credential: credentialOf('hello'), trust: trustIn('me') });
    const mine = files({ credential: credentialOf('me'), trust: trustIn('hello') });
    const world = host({ policy: { authentication: 'require' }, files: () => mine, far });
    expect(world.grantOf(asked(world)).crypto?.peer).toBe('hello');
    expect(world.farAgreed[0]?.peer).toBe('me');
    expect(listed(world)).toMatchObject([{ peer: 'hello' }]);
    const other = host({ files: () => mine, far: { ...far, credential: credentialOf('other') } });
    expect(other.errorOf(asked(other))).toMatchObject({ code: 'EAUTH', stage: 'crypto' });
    const nobody = host({ policy: { authentication: 'require' }, files: () => mine });
    expect(nobody.errorOf(asked(nobody)).code).toBe('EAUTH');
  });

  it('is not asked for with files that cannot be read', () => {
    const broken = { ok: false, code: 'unreadable', text: 'key.pem is missing' } as const;
    const world = host({ files: () => broken });
    expect(world.errorOf(asked(world))).toMatchObject({
      code: 'EAUTH',
      message: 'key.pem is missing',
      stage: 'policy',
    });
    const conf = host({ files: () => files({ encConf: 'cipher=rot13' }) });
    expect(conf.errorOf(asked(conf))).toMatchObject({ code: 'EINVAL', stage: 'policy' });
    const lost = host({ files: () => undefined });
    const request = asked(lost);
    lost.advance(2_000);
    expect(lost.errorOf(request)).toMatchObject({ code: 'EAUTH', stage: 'policy' });
    for (const one of [world, conf, lost]) expect(one.callsOf('flowAlloc')).toEqual([]);
  });

  it('may be given up while files are read', () => {
    const world = host({ files: () => undefined });
    const request = asked(world);
    world.input({ kind: 'cancel', request });
    expect(world.errorOf(request).code).toBe('ECANCELED');
    const load = world.of('loadSecurity')[0]!.load;
    world.input({ kind: 'securityLoaded', load, found: files() });
    world.input({ kind: 'securityLoaded', load, found: files() });
    expect(world.callsOf('flowAlloc')).toEqual([]);
  });

  it('is between two processes of this host never encrypted', () => {
    const world = host({ policy: { encryption: 'require', authentication: 'require' } });
    const accept = world.accept(world.server('hello'));
    const client = world.alloc(world.process('/bin/client'), 'hello');
    expect([world.grantOf(client).crypto, world.grantOf(accept).crypto]).toEqual([null, null]);
  });
});

const nameWith = (security: SecurityPolicy) =>
  ({
    ...{ name: 'hello', balancing: 'spill' as const, spread: '' as const, direct: '' as const, security },
    paths: { serverEnc: 'se', serverCrt: 'sc', serverKey: 'sk', clientEnc: 'ce', clientCrt: 'cc', clientKey: 'ck' },
  }) as const;

function layerWith(world: World, security: SecurityPolicy): void {
  world.ipcp('udp', { directory: new Set([directoryKey('hello')]) });
  world.value('ipcpCreate', { name: 'udp', type: 'test', restart: 'never', security });
  world.value('ipcpBootstrap', { name: 'udp', layer: 'udp-layer', config: {}, autobind: false });
}

let lastId = 0;
/** A client at another host asks for `hello`. */
function farClient(client: Partial<OapSecurity> = {}, features = PROTECTED) {
  lastId += 1;
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, lastId);
  return farRequest(id, features, security(client), tools);
}

function served(world: World): TestIpcp {
  const ipcp = world.layer('udp');
  world.value('nameRegister', 'hello', 'udp');
  return ipcp;
}

describe('A flow from another host', () => {
  it('is refused with the reason where the layer has no room for the answer', () => {
    const world = host();
    const ipcp = world.layer('udp', { oapRoom: 100 });
    world.value('nameRegister', 'hello', 'udp');
    world.accept(world.server('hello'));
    const { bytes, exchange } = farClient();
    const answer = world.answerOf(world.arrives(ipcp, 'hello', bytes));
    const reason = readOapRefusal(exchange, answer.data);
    expect(reason?.text).toMatch(/^the handshake's response has \d{3} bytes, layer udp-layer takes 100$/);
    expect([reason?.error, listed(world)]).toEqual([answer.response, []]);
  });

  it('has the keys that its client offered, at both ends', () => {
    const world = host();
    const ipcp = served(world);
    const accept = world.accept(world.server('hello'));
    const { bytes, exchange } = farClient();
    const answer = world.answerOf(world.arrives(ipcp, 'hello', bytes));
    const completed = completeOap(exchange, answer.data, WALL, tools);
    const grant = world.grantOf(accept);
    expect(grant.crypto).toMatchObject({ profile: 'o7s', kex: 'X25519+ML-KEM-768' });
    expect(completed.ok && secretOf({ crypto: completed.crypto })).toBe(secretOf(grant));
    expect(answer.features).toBe(grant.features);
    expect(listed(world)).toMatchObject([{ crypto: { cipher: 'aes-256-gcm' } }]);
  });

  it('from a C host has C’s profile, or none when it offered nothing', () => {
    const world = host();
    const ipcp = served(world);
    const server = world.server('hello');
    const encrypted = world.accept(server);
    world.arrives(ipcp, 'hello', farClient({ encryption: 'require' }, 0).bytes);
    expect(world.grantOf(encrypted)).toMatchObject({ features: 0, crypto: { profile: 'c', kex: 'X25519' } });
    const plain = world.accept(server);
    world.arrives(ipcp, 'hello', farClient({ encryption: 'off' }, 0).bytes);
    expect(world.grantOf(plain)).toMatchObject({ features: 0, crypto: null });
  });

  it('is refused before any process sees it, and the log says who came', () => {
    const world = host({ files: () => files({ trust: trustIn('me') }), policy: { authentication: 'require' } });
    const ipcp = served(world);
    const accept = world.accept(world.server('hello'));
    const { bytes, exchange } = farClient({ credential: credentialOf('stranger') });
    const answer = world.answerOf(world.arrives(ipcp, 'hello', bytes));
    expect(answer.response).toBe(-1009);
    expect(readOapRefusal(exchange, answer.data)?.text).toBe('"certificate of stranger" is not trusted');
    expect(world.of('log').filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'a flow to hello was refused: "certificate of stranger" is not trusted' },
    ]);
    expect(world.replies.has(accept)).toBe(false);
    expect(world.answerOf(world.arrives(ipcp, 'hello', farClient().bytes)).response).toBe(-1009);
    world.arrives(ipcp, 'hello', farClient({ credential: credentialOf('me') }).bytes);
    expect(world.grantOf(accept).crypto?.peer).toBe('me');
    expect(listed(world)).toMatchObject([{ peer: 'me' }]);
  });

  it('is refused when it is not encrypted as the name, the layer or the node demands', () => {
    const plain = { encryption: 'off' } as const;
    const demands: [WorldOptions, (world: World) => void][] = [
      [{ policy: { encryption: 'require' } }, () => undefined],
      [{}, (world) => world.value('nameCreate', nameWith(policy('require')))],
      [{}, (world) => layerWith(world, policy('require'))],
      [{ files: () => files({ encConf: 'kex=X25519' }) }, () => undefined],
    ];
    for (const [options, prepare] of demands) {
      const world = host(options);
      prepare(world);
      if (!world.ipcps.has('udp')) world.layer('udp');
      world.value('nameRegister', 'hello', 'udp');
      const accept = world.accept(world.server('hello'));
      const ipcp = world.ipcps.get('udp')!;
      expect(world.answerOf(world.arrives(ipcp, 'hello', farClient(plain).bytes)).response).toBe(-1008);
      expect(world.answerOf(world.arrives(ipcp, 'hello', farClient(plain, 0).bytes)).response).toBe(-1008);
      world.arrives(ipcp, 'hello', farClient().bytes);
      expect(world.grantOf(accept).crypto).not.toBeNull();
    }
  });

  it('tells a client of ours which key exchange would do', () => {
    const world = host({ files: () => files({ encConf: 'kex=secp521r1' }) });
    const ipcp = served(world);
    world.accept(world.server('hello'));
    const { bytes, exchange } = farClient();
    const answer = world.answerOf(world.arrives(ipcp, 'hello', bytes));
    expect(answer.response).toBe(-1008);
    expect(readOapRefusal(exchange, answer.data)).toMatchObject({ wantedKex: 716 });
  });

  it('is asked of the files of the name, each time anew', () => {
    let conf: string | null = null;
    const world = host({ files: () => files({ encConf: conf }) });
    const ipcp = served(world);
    world.accept(world.server('hello'));
    const weak = farClient({ algorithms: { ...DEFAULT_ALGORITHMS, kex: 'prime256v1' } });
    conf = 'kex=X448';
    expect(world.answerOf(world.arrives(ipcp, 'hello', weak.bytes)).response).toBe(-1008);
    conf = 'kex=prime256v1';
    const again = farClient({ algorithms: { ...DEFAULT_ALGORITHMS, kex: 'prime256v1' } });
    expect(world.answerOf(world.arrives(ipcp, 'hello', again.bytes)).response).toBe(0);
    expect(world.of('loadSecurity')).toMatchObject([
      { role: 'server', name: 'hello', paths: { crt: '', key: '', enc: '' } },
      { role: 'server' },
    ]);
  });

  it('has one answer when its IPCP goes, or nobody reads the files', () => {
    const world = host({ files: () => undefined });
    const ipcp = served(world);
    world.accept(world.server('hello'));
    const [gone, late] = [world.arrives(ipcp, 'hello', farClient().bytes), () => world.of('loadSecurity').at(-1)!.load];
    world.dies(ipcp);
    expect(world.answerOf(gone).response).toBe(-1003);
    world.input({ kind: 'securityLoaded', load: late(), found: files() });
    const slow = host({ files: () => undefined });
    const other = served(slow);
    slow.accept(slow.server('hello'));
    const arrival = slow.arrives(other, 'hello', farClient().bytes);
    slow.advance(2_000);
    expect(slow.answerOf(arrival).response).toBe(-1009);
  });

  it('waits for files with so many others and no more', () => {
    const world = host({ files: () => undefined, limits: { credentialLoads: 3 } });
    const ipcp = served(world);
    world.accept(world.server('hello'));
    const arrivals = Array.from({ length: 5 }, () => world.arrives(ipcp, 'hello', farClient().bytes));
    expect(arrivals.map((arrival) => world.answers.get(arrival)?.response)).toEqual([
      ...[undefined, undefined, undefined],
      ...[-11, -11],
    ]);
  });

  it('leaves no key behind when nobody accepts it', () => {
    const world = host();
    const ipcp = served(world);
    world.server('hello');
    derived.length = 0;
    const arrival = world.arrives(ipcp, 'hello', farClient().bytes);
    const secret = derived.at(-1)!;
    expect(secret.some((byte) => byte !== 0)).toBe(true);
    world.advance(5_000);
    expect(world.answerOf(arrival).response).toBe(-1103);
    expect(toHex(secret)).toBe('00'.repeat(32));
  });
});

describe('Policies', () => {
  it('change for the node while it runs', () => {
    const world = host();
    expect(world.grantOf(asked(world)).crypto).not.toBeNull();
    world.input({ kind: 'policy', policy: { encryption: 'off' } });
    expect(world.grantOf(asked(world)).crypto).toBeNull();
  });

  it('of names and layers outlive the daemon', () => {
    const world = host();
    world.value('nameCreate', nameWith(policy('require', 'require')));
    layerWith(world, policy('off'));
    const state = world.registry.snapshot();
    expect(state).toMatchObject({
      names: [{ name: 'hello', security: policy('require', 'require') }],
      ipcps: [{ name: 'udp', security: policy('off', '') }],
    });
    expect(new World({ state }).registry.snapshot()).toMatchObject(state);
    const old = JSON.parse(JSON.stringify(state), (key, value: unknown) => (key === 'security' ? undefined : value));
    expect(new World({ state: old }).registry.snapshot()).toMatchObject({
      names: [{ security: policy('', '') }],
      ipcps: [{ security: policy('', '') }],
    });
  });

  it('have no other words', () => {
    const world = host();
    const wrong = policy('always' as never);
    expect(world.error('nameCreate', nameWith(wrong))).toMatchObject({ code: 'EINVAL', field: 'encryption' });
    const create = { name: 'x', type: 'test', restart: 'never', security: policy('', 'off' as never) } as const;
    expect(world.error('ipcpCreate', create)).toMatchObject({ code: 'EINVAL', field: 'authentication' });
  });
});
