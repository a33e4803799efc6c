/** Where somebody listens, or is to be reached: a host name or address, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `host`, `[address]:port` or `[address]`; undefined for anything else. */
export function parseEndpoint(place: string, defaultPort: number): Endpoint | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]{1,253}))(?::(\d{1,5}))?$/.exec(place);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? defaultPort);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

export const endpointText = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
