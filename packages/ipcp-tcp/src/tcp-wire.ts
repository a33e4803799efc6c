import { MachineDriver } from '@ouroboros/machine';
import { HASH_LENGTH, type HashAlgorithm, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { IpcpEnvironment, UserFlow } from '@ouroboros/ipcp-kit';
import {
  DESCRIPTOR_EIDS,
  SHIM_REPLY_FIXED,
  SHIM_REQUEST_FIXED,
  type ShimFlow,
  type ShimPeer,
  type ShimSaying,
  type ShimTaker,
  type ShimWire,
} from '@ouroboros/shim-flow';
import { decodeControl, encodeControl, type ControlMessage, type Credit, type LinkMessage } from './bytes/control.js';
import { MAX_PAYLOAD } from './bytes/frames.js';
import { Line } from './line.js';
import type { LinkInput, LinkOutput, Self } from './links/events.js';
import { Links } from './links/links.js';
import { NameSearch } from './name-search.js';
import type { StreamConnection } from './stream-network.js';
import { COUNT } from './tcp-counters.js';
import { TcpPath } from './tcp-path.js';

/** Maximum packet lifetime: as UDP layers, which run over the same networks. [spec/wire-shims.md §1.6] */
export const TCP_MPL_MS = 5_000;

export interface TcpWireParts {
  readonly environment: IpcpEnvironment;
  readonly self: Self;
  readonly hash: HashAlgorithm;
  /** Whether this host serves a name. */
  serves(hash: Uint8Array): boolean;
  /** Connects; what comes of it goes to `connected` or `failed`. */
  dial(target: string): void;
  readonly taker: ShimTaker<ShimPeer>;
}

/** What a member of a TCP layer has towards the network: connections, the links that use them, and names at their other ends. */
export class TcpWire implements ShimWire<ShimPeer> {
  readonly title = 'TCP layer';
  readonly eids = { ...DESCRIPTOR_EIDS, maxRemote: 0xffffffff };
  readonly mplMs = TCP_MPL_MS;
  readonly maxPacket = MAX_PAYLOAD;
  readonly requestRoom: number;
  readonly replyRoom = MAX_PAYLOAD - SHIM_REPLY_FIXED;
  readonly dependable = true;
  private readonly links: Links<Line>;
  private readonly driver: MachineDriver<LinkInput<Line>, LinkOutput<Line>>;
  private readonly names: NameSearch;
  /** The connection of each link that has one. */
  private readonly lines = new Map<string, Line>();
  /** By own EID. */
  private readonly paths = new Map<number, TcpPath>();
  private onFirstLink: (() => void) | null = null;
  private closed = false;

  constructor(private readonly parts: TcpWireParts) {
    const { clock } = parts.environment;
    this.requestRoom = MAX_PAYLOAD - SHIM_REQUEST_FIXED - HASH_LENGTH[parts.hash];
    this.links = new Links<Line>(parts.self);
    this.driver = new MachineDriver(this.links, clock, (output) => this.act(output));
    this.names = new NameSearch({
      clock,
      ask: (member, number, hash) => this.send(member, { kind: 'query', number, hash }),
      members: () => this.links.views().map(({ member }) => member),
    });
  }

  /** Keeps a connection to this place from now on. */
  keep(target: string): void {
    this.driver.input({ type: 'target', target });
  }

  connected(stream: StreamConnection, target: string | null): void {
    if (this.closed) return stream.close();
    this.count(COUNT.connections);
    const connection = new Line(stream, target, {
      frame: (line, eid, buffer, offset, length) => this.frame(line, eid, buffer, offset, length),
      lost: (line, why) => this.lost(line, why),
    });
    this.driver.input({ type: 'connected', connection });
  }

  failed(target: string, why: string): void {
    this.driver.input({ type: 'failed', target, why });
  }

  /** Resolves when there is a link. */
  firstLink(): Promise<void> {
    return new Promise((resolve) => (this.onFirstLink = resolve));
  }

  /** Peers that serve a name. */
  async find(hash: Uint8Array): Promise<readonly ShimPeer[]> {
    return (await this.names.find(hash)).map((address) => ({ address, port: 0 }));
  }

  /** Resolves when all that the user wrote has left, or took too long; undefined = it has. */
  drained(user: UserFlow): Promise<void> | undefined {
    for (const path of this.paths.values()) if (path.user === user) return path.drained();
    return undefined;
  }

  neighbors(): JsonObject[] {
    return this.links.views().map((view) => ({ ...view }));
  }

  targets(): JsonValue {
    return this.links.targetViews().map((view) => ({ ...view }));
  }

  // ── what the layer asks for ──

  path(user: UserFlow, shim: ShimFlow): TcpPath {
    const { clock, counters } = this.parts.environment;
    const path = new TcpPath(user, shim, {
      ...{ clock, counters },
      sendPacket: (...packet) => this.sendPacket(shim, ...packet),
      stopped: (stopped) => {
        if (this.paths.get(shim.eid) === stopped) this.paths.delete(shim.eid);
      },
    });
    this.paths.set(shim.eid, path);
    path.use(this.lines.get(shim.peer.address) ?? null);
    return path;
  }

  say(saying: ShimSaying, peer: ShimPeer): void {
    if (saying.kind !== 'inquiry' && saying.kind !== 'alive') this.send(peer.address, saying);
  }

  sendPacket({ remoteEid, peer }: ShimFlow, buffer: Uint8Array, offset: number, length: number): void {
    const { values } = this.parts.environment.counters;
    this.lines.get(peer.address)?.put(remoteEid, buffer, offset, length);
    values[COUNT.packetsSent]! += 1;
    values[COUNT.bytesSent]! += length;
  }

  close(): void {
    this.closed = true;
    this.names.close();
    this.driver.input({ type: 'leave' });
    this.driver.stop();
  }

  // ── links ──

  private act(output: LinkOutput<Line>): void {
    switch (output.type) {
      case 'dial':
        return this.parts.dial(output.target);
      case 'send':
        this.count(COUNT.mgmtSent);
        return output.connection.control(encodeControl(output.message));
      case 'close':
        return output.connection.close();
      case 'up':
        return this.up(output.member, output.connection);
      case 'down':
        return this.down(output.member);
      case 'gone':
        this.down(output.member);
        this.names.gone(output.member);
        return this.parts.taker.peerGone(output.member);
      case 'refused':
        return this.log('warn', 'a connection was refused', { remote: output.remote, why: output.why });
    }
  }

  /** The grants that paths make now tell the peer which flows live here. */
  private up(member: string, line: Line): void {
    line.member = member;
    this.lines.set(member, line);
    for (const path of this.paths.values()) if (path.shim.peer.address === member) path.use(line);
    this.parts.taker.inReach(member);
    this.names.up(member);
    this.onFirstLink?.();
    this.log('info', 'link up', { member, remote: line.remote });
  }

  private down(member: string): void {
    if (!this.lines.delete(member)) return;
    for (const path of this.paths.values()) if (path.shim.peer.address === member) path.use(null);
    this.log('info', 'link down', { member });
  }

  private lost(line: Line, why: string): void {
    this.count(COUNT.connectionsLost);
    this.log('debug', 'connection lost', { remote: line.remote, why });
    this.driver.input({ type: 'lost', connection: line });
  }

  private send(member: string, message: ControlMessage): void {
    const line = this.lines.get(member);
    if (!line) return this.count(COUNT.dropNoLink);
    this.count(COUNT.mgmtSent);
    line.control(encodeControl(message));
  }

  // ── frames ──

  private frame(line: Line, eid: number, buffer: Uint8Array, offset: number, length: number): void {
    if (eid === 0) return this.control(line, buffer.slice(offset, offset + length));
    const path = this.paths.get(eid);
    if (path && path.shim.peer.address === line.member) path.receive(buffer, offset, length);
    else this.count(COUNT.dropUnknownEid);
  }

  private control(line: Line, bytes: Uint8Array): void {
    this.count(COUNT.mgmtReceived);
    const decoded = decodeControl(bytes, HASH_LENGTH[this.parts.hash]);
    if (!decoded.ok) return this.count(COUNT.dropMalformed);
    const message = decoded.value;
    if (isLinkMessage(message)) return this.driver.input({ type: 'received', connection: line, message });
    const { member } = line;
    if (member !== null && this.lines.get(member) === line) this.fromMember(member, message);
  }

  private fromMember(member: string, message: Exclude<ControlMessage, LinkMessage>): void {
    switch (message.kind) {
      case 'credit':
        return this.credit(member, message);
      case 'query':
        return this.send(member, { kind: 'answer', number: message.number, found: this.parts.serves(message.hash) });
      case 'answer':
        return this.names.answered(member, message.number, message.found);
      default:
        return this.parts.taker.said(message, { address: member, port: 0 });
    }
  }

  /** A grant also says that the peer has the flow: if this side has not, the peer is told; if its reply was lost, it is asked. */
  private credit(member: string, { from, to, bytes }: Credit): void {
    const path = this.paths.get(to);
    const shim = path?.shim.peer.address === member ? path.shim : undefined;
    const known = shim?.state === 'requesting' || (shim?.state === 'open' && shim.remoteEid === from);
    if (!path || !known) return this.send(member, { kind: 'dealloc', from: to, to: from });
    path.addCredit(bytes);
    if (shim.state === 'requesting') this.parts.taker.inReach(member);
  }

  private count(counter: number): void {
    this.parts.environment.counters.add(counter);
  }

  private log(...line: Parameters<IpcpEnvironment['logger']['log']>): void {
    this.parts.environment.logger.log(...line);
  }
}

const LINK_MESSAGES: readonly string[] = ['hello', 'bye', 'ping', 'pong'] satisfies LinkMessage['kind'][];
const isLinkMessage = (message: ControlMessage): message is LinkMessage => LINK_MESSAGES.includes(message.kind);
