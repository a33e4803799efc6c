import type { FlowHost, PacketFlow } from '@ouroboros/flow';
import { Connections, handOver, type Link } from '@ouroboros/connections';
import type { IpcpEnvironment, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import { MachineDriver } from '@ouroboros/machine';
import { HASH_LENGTH, qosCube, toHex, type Address, type ErrorCode, type QosCube } from '@ouroboros/model';
import type { IpcpFlowAllocResult } from '@ouroboros/ports';
import {
  CEP_COMPONENTS,
  DT_EID_DIRECTORY,
  DT_EID_FLOW_ALLOCATOR,
  DT_EID_DESCENT,
  DT_EID_TRACE,
  OapFeature,
  OcepFeature,
  type FaRequest,
} from '@ouroboros/wire';
import { Admission, DelayGate } from './admission/index.js';
import { extensionOf, type LayerConfig } from './config.js';
import { COUNT } from './counters.js';
import { Dht, type DhtOutput, type Found } from './dir/index.js';
import { DataTransfer, NO_PACKETS, type DtLink } from './dt/index.js';
import { FlowAllocator, MPL_MS, UserPath, type FaFlow, type FaOutput } from './fa/index.js';
import { Allocations, refusedHere, type AskedFlow } from './instances/index.js';
import { Measures } from './measures.js';
import { random64 } from './random64.js';
import { LinkScheduler } from './sched/index.js';
import { Ways } from './trace/index.js';
import type { MemberIdentity } from './member-identity.js';
import { LinkState, Statements, type LinkStateOutput } from './routing/index.js';

const COMPONENTS = [CEP_COMPONENTS.management, CEP_COMPONENTS.dataTransfer];

/** What is a member's own, and not the layer's. */
export interface OwnOptions {
  /** In bit/s; null = no limit. */
  readonly capacity: bigint | null;
  /** Others are told what the links of this member are made of. */
  readonly tells: boolean;
}

/**
 * A member of a unicast layer: data transfer, routing, directory and flow allocator, and how they are joined. Lives from
 * bootstrap or enrollment to shutdown.
 */
export class Member {
  readonly dt: DataTransfer;
  readonly routing: LinkState;
  readonly dht: Dht;
  readonly fa: FlowAllocator;
  readonly connections: Connections;
  readonly ways: Ways;
  /** By the user's flow, or by the arrival that is to become one. */
  readonly admission: Admission<UserFlow | FaFlow>;
  /** Wall clock at the start, nanoseconds since 1970. */
  readonly createdNanos: bigint;
  /** Set when another member was seen to use our address. */
  duplicateAddress = false;
  readonly measures: Measures;
  private readonly path: UserPath;
  private readonly routingDriver;
  private readonly dhtDriver;
  private readonly faDriver;
  private readonly gate: DelayGate;
  private readonly lookups = new Map<number, (found: Found) => void>();
  private readonly allocations: Allocations;
  private readonly flowOfUser = new Map<UserFlow, FaFlow>();
  /** Flows that are asked for, by the number of the request. */
  private readonly requested = new Map<number, FaFlow>();
  private readonly dtLinks = new Map<Link, DtLink>();
  private nextId = 1;

  constructor(
    readonly self: Address,
    readonly layer: LayerConfig,
    own: OwnOptions,
    private readonly env: IpcpEnvironment,
    flows: FlowHost,
    private readonly extensions: boolean,
    private readonly identity: MemberIdentity | null = null,
  ) {
    const { clock, counters, random } = env;
    const random32 = (): number => random.uint32();
    this.createdNanos = clock.wallNanos();
    const { dt, dir } = layer.wire.unicast!;
    const times = dt.routing.linkState!;
    this.dt = new DataTransfer({ self, maxTtl: dt.maxTtl, clock, pff: layer.routing.pff }, counters);
    const [tUpdate, tTimeout] = [times.updateS, times.timeoutS];
    const statements = identity ? new Statements(self, layer.name, identity) : undefined;
    this.routing = new LinkState({ self, policy: layer.routing, tUpdate, tTimeout, statements }, clock.now());
    this.dht = new Dht(
      {
        self,
        id: random.bytes(HASH_LENGTH[layer.hash]),
        ...dir.dht!,
        extensions,
        signed: statements && { layer: layer.name, signer: identity!, witnesses: statements },
        nextCookie: () => random64(random32) || 1n,
        wallSeconds: () => Number(clock.wallNanos() / 1_000_000_000n),
      },
      clock.now(),
    );
    const hashLength = HASH_LENGTH[layer.hash];
    const canReach = (to: Address): boolean => this.dt.canReach(to);
    this.fa = new FlowAllocator({ self, hashLength, ca: layer.ca, random32, canReach });
    this.admission = new Admission(own.capacity);
    const delays = { self, random32, isOurs: (to: Address) => this.dht.isOurs(to) };
    this.gate = new DelayGate(delays, clock, {
      send: (to, bytes, cube) => this.sendTo(to, DT_EID_FLOW_ALLOCATOR, bytes, cube),
      greet: (address) => this.dhtDriver.input({ kind: 'greet', address }),
      pass: (asked) => this.request(asked),
      refuse: ({ id }, lacking) => void this.allocations.answered(id, refusedHere('EQOS', lacking)),
    });
    this.allocations = new Allocations({
      clock,
      canReach,
      random32,
      spread: layer.spread,
      hopsTo: (to) => this.routing.hopsTo(to),
      lookup: async (key) => (await this.lookup(key)).addresses,
      ask: (asked) => this.gate.ask(asked),
      giveUp: (id) => this.giveUp(id),
    });
    this.path = new UserPath(this.dt, this.fa.flows, clock, counters);
    this.routingDriver = new MachineDriver(this.routing, clock, (output) => this.onRouting(output));
    this.dhtDriver = new MachineDriver(this.dht, clock, (output) => this.onDirectory(output));
    this.faDriver = new MachineDriver(this.fa, clock, (output) => this.onAllocator(output));
    const events = {
      linkUp: (link: Link) => this.linkUp(link),
      linkChanged: (link: Link) => this.linkChanged(link),
      linkDown: (link: Link) => this.linkDown(link),
      enrolling: (flow: PacketFlow, refusal: ErrorCode | undefined) => this.enrolling(flow, refusal),
    };
    const features = extensions ? OcepFeature.LS_SYNC : null;
    const demand = identity && { ownOnly: true, addressOf: (name: string) => identity.addressOf(name) };
    const parts = { flows, clock, logger: env.logger, components: COMPONENTS, features, demand };
    this.connections = new Connections(parts, events);
    this.measures = new Measures(this);
    this.ways = new Ways({
      ...{ self, name: env.name, random32, clock, host: env.host ?? null },
      authenticated: layer.authenticated,
      tells: own.tells,
      hopTo: (to, cube) => this.dt.hopTo(to, cube),
      lowerFlowTo: (neighbor) => this.dt.lowerFlowTo(neighbor),
      path: (from, to) => this.routing.pathBetween(from, to),
      send: (to, eid, bytes, cube) => this.sendTo(to, eid, bytes, cube),
    });
  }

  start(): void {
    this.dt.setComponent(DT_EID_FLOW_ALLOCATOR, (buffer, offset, length) =>
      this.faDriver.input({ kind: 'message', bytes: buffer.slice(offset, offset + length) }),
    );
    this.dt.setComponent(DT_EID_DIRECTORY, (buffer, offset, length, via) =>
      this.dhtDriver.input({ kind: 'message', bytes: buffer.slice(offset, offset + length), via }),
    );
    if (this.extensions) {
      this.dt.setComponent(DT_EID_TRACE, (buffer, offset, length) =>
        this.ways.traces.message(buffer.subarray(offset, offset + length)),
      );
      this.dt.setComponent(DT_EID_DESCENT, (buffer, offset, length) =>
        this.ways.descents.message(buffer.subarray(offset, offset + length)),
      );
    }
    this.routingDriver.start();
    this.dhtDriver.start();
    this.connections.start(this.self);
  }

  /** Leaves the layer: takes back what it published and announced, and ends all links. */
  stop(): void {
    this.dhtDriver.input({ kind: 'leave' });
    this.routingDriver.input({ kind: 'leave' });
    for (const link of this.connections.all()) link.flow.flush();
    this.connections.stop();
    this.routingDriver.stop();
    this.dhtDriver.stop();
    this.faDriver.stop();
    this.gate.stop();
    this.ways.stop();
    this.identity?.stop();
  }

  register(key: Uint8Array): void {
    this.dhtDriver.input({ kind: 'register', key });
  }

  unregister(key: Uint8Array): void {
    this.dhtDriver.input({ kind: 'unregister', key });
  }

  /** The other members that serve the key. */
  lookup(key: Uint8Array): Promise<Found> {
    const { clock } = this.env;
    const from = clock.now();
    return new Promise((resolve) => {
      const id = this.nextId++;
      this.lookups.set(id, (found) => {
        this.measures.lookedUp(found.addresses.length > 0, (clock.now() - from) / 1e6);
        this.allocations.remember(toHex(key), found.addresses);
        resolve(found);
      });
      this.dhtDriver.input({ kind: 'lookup', id, key });
    });
  }

  /** Where a flow that this member holds leads to, and in which cube; undefined: no such flow. */
  farEndOf(flowId: number): { readonly to: Address; readonly cube: QosCube } | undefined {
    for (const [user, { remoteAddress: to }] of this.flowOfUser)
      if (user.flowId === flowId) return { to, cube: qosCube(user.qos) };
    return undefined;
  }

  /** Packets of each cube that wait before a link; undefined: it has no queues. */
  queuedByCube(link: Link): readonly number[] | undefined {
    const scheduler = this.dtLinks.get(link)?.scheduler;
    return scheduler && ([0, 1, 2] as const).map((cube) => scheduler.queued(cube));
  }

  /** What the flow asks for is held from now on, and given back when it is over, however it ends. */
  async alloc(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    const { flow, qos } = request;
    const lacking = this.admission.admit(flow, qos);
    if (lacking !== '') return refusedHere('EQOS', lacking);
    let accepted = false;
    try {
      const result = await this.allocations.allocate(request);
      accepted = result.response === 0;
      return result;
    } finally {
      if (!accepted) this.admission.giveBack(flow);
    }
  }

  private request({ id, to, request }: AskedFlow): void {
    const { hash, qos, data } = request;
    this.faDriver.input({ kind: 'alloc', id, to, hash, qos, data, repeat: this.dht.isOurs(to) === true });
  }

  private giveUp(id: number): void {
    this.gate.giveUp(id);
    const flow = this.requested.get(id);
    if (flow) this.faDriver.input({ kind: 'end', flow, tell: false });
  }

  userDown(user: UserFlow): void {
    this.admission.giveBack(user);
    this.allocations.over(user);
    const flow = this.flowOfUser.get(user);
    if (!flow) return;
    this.path.sendRest(flow);
    this.forget(flow);
    const tell = this.extensions && (user.features & OapFeature.DEALLOC_MESSAGE) !== 0;
    this.faDriver.input({ kind: 'end', flow, tell });
  }

  /** The layer or the far end ended the flow. What has arrived is read before the end is seen. */
  private end(user: UserFlow, delivered?: Promise<void>): void {
    this.admission.giveBack(user);
    if (delivered) void delivered.then(() => this.env.users.end(user));
    else this.env.users.end(user);
  }

  private forget(flow: FaFlow): void {
    this.path.close(flow);
    const { user } = flow;
    if (user && this.flowOfUser.get(user) === flow) this.flowOfUser.delete(user);
  }

  /** Of several flows that are asked for on behalf of one process, the last is the one that its packets come from. */
  private attach(flow: FaFlow, user: UserFlow): void {
    const before = this.flowOfUser.get(user);
    if (before) before.user = null;
    flow.user = user;
    this.flowOfUser.set(user, flow);
  }

  private linkUp(link: Link): void {
    const { neighbor, component } = link;
    this.env.logger.log('info', 'connected', { neighbor, component, dst: link.dst });
    if (component === 'Management') this.managementUp(link);
    else this.dataTransferUp(link);
  }

  private managementUp(link: Link): void {
    link.flow.onPacket = (buffer, offset, length) => {
      const bytes = buffer.slice(offset, offset + length);
      this.routingDriver.input({ kind: 'packet', neighbor: link.id, bytes });
      return true;
    };
    this.routingDriver.input({
      kind: 'neighbor-up',
      neighbor: link.id,
      sync: (link.features & OcepFeature.LS_SYNC) !== 0,
    });
  }

  private dataTransferUp(link: Link): void {
    const scheduler = new LinkScheduler(link.flow, () => this.layer.ca.createMarker());
    const dtLink = this.dtLinks.get(link) ?? {
      flow: link.flow,
      neighbor: link.neighbor,
      cube: qosCube(link.flow.qos),
      scheduler,
    };
    this.dtLinks.set(link, dtLink);
    // A neighbour makes a link anew when it did not hear us; while we hear it on the old one it may give the new one up.
    const heard = this.otherLink(link)?.limitMs ?? 0;
    this.dt.addLink(dtLink, heard === 0);
    this.routingDriver.input({ kind: 'adjacency-up', address: link.neighbor });
  }

  private linkChanged(link: Link): void {
    const { neighbor, component, silent } = link;
    this.env.logger.log('info', silent ? 'neighbour is silent' : 'neighbour is heard again', { neighbor, component });
    if (component === 'Management') return;
    this.dt.setDown(this.dtLinks.get(link)!, silent);
    if (silent) this.withoutLink(link, false);
    else this.dataTransferUp(link);
  }

  private linkDown(link: Link): void {
    const { neighbor, component } = link;
    this.env.logger.log('info', 'disconnected', { neighbor, component, dst: link.dst });
    if (component === 'Management') return this.routingDriver.input({ kind: 'neighbor-down', neighbor: link.id });
    const dtLink = this.dtLinks.get(link);
    this.dtLinks.delete(link);
    if (dtLink) this.dt.removeLink(dtLink);
    // When the lower IPCP here died, or the lower layer found the one there dead after a silence, that says nothing about
    // the neighbour; one that ends its flow was heard right before.
    this.withoutLink(link, !link.quiet && link.flow.downEvent !== 'DOWN');
  }

  /** A data-transfer link is of no use: another one to the same neighbour takes its place, or the adjacency is down. */
  private withoutLink(link: Link, ended: boolean): void {
    const other = this.otherLink(link);
    if (other) this.dt.addLink(this.dtLinks.get(other)!);
    else this.routingDriver.input({ kind: 'adjacency-down', address: link.neighbor, ended });
  }

  /** Another living data-transfer link to the same neighbour. */
  private otherLink(link: Link): Link | undefined {
    return [...this.dtLinks.keys()].find((one) => one !== link && one.neighbor === link.neighbor && !one.silent);
  }

  private async enrolling(flow: PacketFlow, refusal: ErrorCode | undefined): Promise<void> {
    const { wire } = this.layer;
    const { dt, dir, addrAuth, congAvoid } = wire.unicast!;
    const own = { ...dir, dht: { ...dir.dht!, peer: this.self } };
    const config = { ...wire, unicast: { dt, dir: own, addrAuth, congAvoid } };
    const ext = this.extensions ? extensionOf(this.layer) : undefined;
    await handOver(flow, { config, ext, refusal }, this.env.clock, this.env.logger, this.env.tracer);
  }

  private onRouting(output: LinkStateOutput): void {
    switch (output.kind) {
      case 'send':
        return this.connections
          .all()
          .find((link) => link.id === output.neighbor)
          ?.send(output.bytes);
      case 'routes':
        this.measures.routeChanges += 1;
        this.dt.updateRoutes(output.routes);
        this.faDriver.input({ kind: 'routes' });
        this.gate.learn({ kind: 'routes' });
        return this.dhtDriver.input({ kind: 'reachable', addresses: new Set(output.routes.keys()) });
      case 'gone':
        this.dhtDriver.input({ kind: 'gone', address: output.address });
        return this.faDriver.input({ kind: 'member-gone', address: output.address });
      case 'distrusted':
        return this.distrust(output.neighbor, output.address);
      case 'duplicate-address':
        this.duplicateAddress = true;
        this.env.logger.log('error', 'another member uses the address of this one', { address: output.address });
    }
  }

  /** What others say of a member may be a lie; what it says of itself over its own link is its own. */
  private distrust(link: number, address: Address): void {
    const from = this.connections.all().find(({ id }) => id === link);
    if (from?.neighbor !== address) return;
    this.env.logger.log('warn', 'the certificate of a neighbour does not hold any more', { neighbor: address });
    this.connections.breakWith(address);
  }

  private onDirectory(output: DhtOutput): void {
    if (output.kind === 'found') {
      this.lookups.get(output.id)?.(output);
      this.lookups.delete(output.id);
    } else if (output.kind === 'restarted') {
      this.faDriver.input({ kind: 'member-gone', address: output.address });
    } else if (output.kind === 'heard') {
      if (output.ours) this.faDriver.input({ kind: 'ours', address: output.address });
      this.gate.learn(output);
    } else this.sendTo(output.to, DT_EID_DIRECTORY, output.bytes);
  }

  private onAllocator(output: FaOutput): void {
    switch (output.kind) {
      case 'send':
        return this.sendTo(output.to, DT_EID_FLOW_ALLOCATOR, output.bytes, output.cube);
      case 'echoed':
        return this.gate.learn(output);
      case 'greet':
        return this.dhtDriver.input({ kind: 'greet', address: output.to });
      case 'requested':
        this.requested.set(output.id, output.flow);
        return this.attach(output.flow, this.allocations.userOf(output.id)!);
      case 'allocated':
        return this.allocated(output.id, output.response, output.data);
      case 'arrived':
        return void this.arrived(output.flow, output.request);
      case 'ended':
        this.forget(output.flow);
        if (output.flow.user) this.end(output.flow.user, this.path.delivered(output.flow));
    }
  }

  private allocated(id: number, response: number, data: Uint8Array): void {
    const flow = this.requested.get(id);
    const user = this.allocations.userOf(id);
    this.requested.delete(id);
    if (flow && response !== 0) this.forget(flow);
    const bounds = flow ? this.path.longest(flow) : NO_PACKETS;
    const wanted = this.allocations.answered(id, { response, reason: '', ...bounds, data });
    if (!flow || response !== 0) return;
    const tell = this.dht.isOurs(flow.remoteAddress) === true;
    if (!wanted || !user) return this.faDriver.input({ kind: 'end', flow, tell });
    this.attach(flow, user);
    this.path.open(flow);
  }

  private async arrived(flow: FaFlow, { hash, qos, data }: FaRequest): Promise<void> {
    const bounds = { mplMs: MPL_MS, ...this.path.longest(flow) };
    const lacking = this.admission.admit(flow, qos);
    const result = await this.env.users.arrive({ hash, qos, ...bounds, data, lacking });
    if (!result.accepted) {
      this.admission.giveBack(flow);
      this.env.counters.add(COUNT.faRefused);
      return this.faDriver.input({ kind: 'answer', flow, response: result.response, data: result.data });
    }
    this.admission.handOver(flow, result.flow);
    this.attach(flow, result.flow);
    this.faDriver.input({ kind: 'answer', flow, response: 0, data: result.data });
    if (flow.state === 'open') return this.path.open(flow);
    this.forget(flow);
    this.end(result.flow);
  }

  private sendTo(to: Address, eid: number, bytes: Uint8Array, cube: QosCube = 0): void {
    this.dt.send(this.env.clock.now(), to, cube, eid, 0, bytes, 0, bytes.length);
  }
}
