/** A: of IPv4, AAAA: of IPv6. */
export type DnsRecord = 'A' | 'AAAA';

/** Dynamic DNS: names published at, and asked from, one name server. [spec/wire-shims.md §5.1] */
export interface DynamicDns {
  /** ENOTSUP, with the name of what is missing, when this host cannot do it. */
  check(): Promise<void>;
  /** Publishes `host` → `address` for a day. EIO. */
  add(server: string, host: string, record: DnsRecord, address: string): Promise<void>;
  /** Takes all addresses of `host` back. EIO. */
  remove(server: string, host: string, record: DnsRecord): Promise<void>;
  /** The address of `host`; undefined when the server knows none. */
  lookup(server: string, host: string): Promise<string | undefined>;
}
