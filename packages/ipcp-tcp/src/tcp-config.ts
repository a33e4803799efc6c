import {
  bool,
  configError,
  configSchema,
  described,
  hashAlgorithm,
  integer,
  text,
  type ConfigFault,
  type ConfigParser,
} from '@ouroboros/ipcp-kit';
import { parseEndpoint, type Endpoint, type HashAlgorithm } from '@ouroboros/model';
import type { TlsFiles } from './stream-network.js';

/** Default port: that of UDP layers. */
const TCP_PORT = 3435;

/** Configuration of a TCP layer's member. */
export interface TcpConfig {
  readonly hash: HashAlgorithm;
  /** Where connections are accepted; null = nowhere. */
  readonly listen: Endpoint | null;
  /** Members to connect to. */
  readonly connect: readonly Endpoint[];
  /** Null = plain TCP. */
  readonly tls: TlsFiles | null;
  /** How long flows wait for a new connection. */
  readonly holdMs: number;
}

const PLACE = 'HOST:PORT, an IPv6 address in brackets; port 3435 may be left out';
const PIN = '32 hexadecimal digits';
const file = (what: string) => text(`the path of ${what},`, 4_095, '');

const schema = configSchema({
  listen: described('where connections are accepted', text(PLACE, 300, '')),
  connect: described('members to connect to, separated by commas', text(PLACE, 4_095, '')),
  hash: hashAlgorithm(),
  hold_s: described('how long flows outlive a connection', integer({ min: 1, max: 3_600, default: 30, unit: 's' })),
  tls: described('encrypt the connections', bool(false)),
  cert: described('own certificate; required with tls where it listens', file('a PEM file')),
  key: described('its key', file('a PEM file')),
  ca: described('who must have signed the certificate of the other side', file('a PEM file')),
  tls_name: described('what the certificate of the other side must bear, if not its host', text('a name', 255, '')),
  pin: described(
    'the key that the certificate of the other side must have, in place of ca and tls_name',
    text(PIN, 32, ''),
  ),
});

type Raw = ReturnType<typeof schema.parse>;

export const tcpConfig: ConfigParser<TcpConfig> = {
  keys: schema.keys,
  check: (raw) => {
    const faults = schema.check(raw);
    return faults.length > 0 ? faults : crossFaults(schema.parse(raw));
  },
  parse: (raw) => {
    const values = schema.parse(raw);
    const faults = crossFaults(values);
    if (faults.length > 0) throw configError(faults);
    return configOf(values);
  },
};

/** What the keys together get wrong. */
function crossFaults(raw: Raw): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const fault = (field: string, message: string): void => void faults.push({ field, message });
  if (raw.listen === '' && raw.connect === '') fault('listen', 'listen, connect or both are required');
  if (raw.listen !== '' && !endpointOf(raw.listen)) fault('listen', `must be ${PLACE}, not "${raw.listen}"`);
  for (const place of placesOf(raw.connect)) {
    if (!endpointOf(place)) fault('connect', `must be ${PLACE}, not "${place}"`);
  }
  if (!raw.tls) {
    const without = (['cert', 'key', 'ca', 'tls_name', 'pin'] as const).find((key) => raw[key] !== '');
    if (without) fault(without, 'has no meaning without tls = true');
  } else {
    if ((raw.cert === '') !== (raw.key === '')) fault(raw.cert === '' ? 'cert' : 'key', 'cert and key belong together');
    if (raw.listen !== '' && raw.cert === '') fault('cert', 'required with tls where it listens');
    if (raw.pin !== '' && !/^[0-9a-f]{32}$/.test(raw.pin)) fault('pin', `must be ${PIN}, not "${raw.pin}"`);
    if (raw.pin !== '' && raw.connect === '') fault('pin', 'has no meaning without connect');
    if (raw.pin !== '' && raw.tls_name !== '') fault('tls_name', 'has no meaning with pin');
  }
  return faults;
}

function configOf(raw: Raw): TcpConfig {
  const { cert, key, ca, tls_name: name, pin } = raw;
  const own = cert === '' ? null : { cert, key };
  return {
    hash: raw.hash,
    listen: raw.listen === '' ? null : endpointOf(raw.listen)!,
    connect: placesOf(raw.connect).map((place) => endpointOf(place)!),
    tls: raw.tls ? { own, ca: ca || null, name: name || null, pin: pin || null } : null,
    holdMs: raw.hold_s * 1000,
  };
}

const placesOf = (list: string): string[] => (list === '' ? [] : list.split(',').map((place) => place.trim()));

/** Undefined for what is none. */
export const endpointOf = (place: string): Endpoint | undefined => parseEndpoint(place, TCP_PORT);
