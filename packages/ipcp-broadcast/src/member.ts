import { Connections, LinkMetrics, handOver, type Link, type MemberDemand } from '@ouroboros/connections';
import type { FlowHost, PacketFlow } from '@ouroboros/flow';
import type { IpcpEnvironment, UserFlow } from '@ouroboros/ipcp-kit';
import { MachineDriver } from '@ouroboros/machine';
import { toOuroborosError, type ErrorCode } from '@ouroboros/model';
import type { ConnectRequest, DisconnectRequest } from '@ouroboros/ports';
import {
  CEP_COMPONENTS,
  EnrollFeature,
  OcepFeature,
  decodePeerExtension,
  encodePeerExtension,
  type IpcpConfig,
} from '@ouroboros/wire';
import { COUNT } from './counters.js';
import { Flood, type FloodLink } from './flood.js';
import { Neighborhood, type NeighborhoodInput, type NeighborhoodOutput } from './neighborhood.js';

/** A C member may be one: it needs a certificate, and to encrypt. */
export const AUTHENTICATED: MemberDemand = { ownOnly: false, addressOf: () => undefined };

export function isAuthenticated(ext: Uint8Array | undefined): boolean {
  const decoded = ext && decodePeerExtension(ext);
  return decoded?.ok === true && ((decoded.value.features ?? 0) & EnrollFeature.AUTHENTICATED) !== 0;
}

/** A member of a broadcast layer, from bootstrap or enrollment to shutdown: links, flooding, and what keeps the layer together. */
export class Member {
  readonly flood: Flood;
  readonly neighborhood: Neighborhood;
  readonly connections: Connections;
  readonly linkMetrics: LinkMetrics;
  private readonly driver: MachineDriver<NeighborhoodInput, NeighborhoodOutput>;
  private readonly floodLinks = new Map<Link, FloodLink>();
  private readonly linkOf = new Map<FloodLink, Link>();

  /** `wire`: the layer's configuration, as new members get it. */
  constructor(
    private readonly wire: IpcpConfig,
    private readonly env: IpcpEnvironment,
    flows: FlowHost,
    extensions: boolean,
    private readonly authenticated = false,
  ) {
    const { clock, random, counters, logger, name } = env;
    this.flood = new Flood({ clock, random, counters, onMessage: (link, bytes) => this.onMessage(link, bytes) });
    this.neighborhood = new Neighborhood(name);
    this.driver = new MachineDriver(this.neighborhood, clock, (output) => this.act(output));
    const features = extensions ? OcepFeature.BROADCAST_PCI : null;
    this.connections = new Connections(
      {
        flows,
        clock,
        logger,
        components: [CEP_COMPONENTS.broadcast],
        features,
        demand: authenticated ? AUTHENTICATED : null,
      },
      {
        linkUp: (link) => this.linkUp(link),
        linkChanged: (link) => this.linkChanged(link),
        linkDown: (link) => this.linkDown(link),
        enrolling: (flow, refusal) => this.enrolling(flow, refusal),
      },
    );
    const { connections, neighborhood } = this;
    this.linkMetrics = new LinkMetrics({ connections, neighborOf: ({ id }) => neighborhood.nameOf(id) });
  }

  /** A layer of this type has no addresses. */
  start(): void {
    this.connections.start(0);
  }

  stop(): void {
    for (const { flow } of this.connections.all()) flow.flush();
    this.driver.stop();
    this.connections.stop();
    this.flood.stop();
  }

  connect({ dst, component, qos }: ConnectRequest): Promise<void> {
    return this.connections.connect(dst, component, qos);
  }

  disconnect({ dst, component }: DisconnectRequest): void {
    for (const link of this.connections.all()) {
      if (link.dst === dst) this.driver.input({ kind: 'farewell', link: link.id });
    }
    this.connections.disconnect(dst, component);
  }

  join(user: UserFlow): void {
    this.flood.addUser(user);
  }

  leave(user: UserFlow): Promise<void> | undefined {
    return this.flood.removeUser(user);
  }

  private linkUp(link: Link): void {
    const ours = (link.features & OcepFeature.BROADCAST_PCI) !== 0;
    const floodLink: FloodLink = { flow: link.flow, ours, stuck: false };
    this.env.logger.log('info', 'connected', { dst: link.dst, ours });
    this.floodLinks.set(link, floodLink);
    this.linkOf.set(floodLink, link);
    this.flood.addLink(floodLink);
    if (ours) this.driver.input({ kind: 'up', link: link.id });
  }

  private linkChanged(link: Link): void {
    const { id, dst, silent } = link;
    this.env.logger.log('info', silent ? 'neighbour is silent' : 'neighbour is heard again', { dst });
    const floodLink = this.floodLinks.get(link);
    if (floodLink && silent) this.flood.stick(floodLink);
    else if (floodLink) this.flood.unstick(floodLink);
    this.driver.input({ kind: silent ? 'silent' : 'heard', link: id });
  }

  private linkDown(link: Link): void {
    this.env.logger.log('info', 'disconnected', { dst: link.dst });
    const floodLink = this.floodLinks.get(link);
    this.floodLinks.delete(link);
    if (floodLink) {
      this.linkOf.delete(floodLink);
      this.flood.removeLink(floodLink);
    }
    this.driver.input({ kind: 'down', link: link.id });
  }

  private onMessage(floodLink: FloodLink, bytes: Uint8Array): void {
    const link = this.linkOf.get(floodLink);
    if (link) this.driver.input({ kind: 'message', link: link.id, bytes });
  }

  private act(output: NeighborhoodOutput): void {
    switch (output.kind) {
      case 'send':
        return this.linkWith(output.link)?.send(output.bytes);
      case 'attach':
        return void this.attach(output.lost, output.dst);
      case 'detach': {
        const link = this.linkWith(output.link);
        return link && this.connections.end(link);
      }
      case 'malformed':
        return this.env.counters.add(COUNT.dropMalformed);
    }
  }

  private async attach(lost: string, dst: string): Promise<void> {
    try {
      const link = await this.connections.attach(dst, 'Data Transfer');
      this.env.logger.log('info', 'attached in place of a lost neighbour', { lost, dst });
      this.driver.input({ kind: 'attached', lost, link: link.id });
    } catch (error) {
      this.env.logger.log('debug', 'not attached', { lost, dst, error: toOuroborosError(error).message });
      this.driver.input({ kind: 'not-attached', lost });
    }
  }

  private linkWith(id: number): Link | undefined {
    return this.connections.all().find((link) => link.id === id);
  }

  private enrolling(flow: PacketFlow, refusal: ErrorCode | undefined): Promise<void> {
    const ext = this.authenticated
      ? encodePeerExtension({ version: 1, features: EnrollFeature.AUTHENTICATED })
      : undefined;
    return handOver(flow, { config: this.wire, ext, refusal }, this.env.clock, this.env.logger, this.env.tracer);
  }
}
