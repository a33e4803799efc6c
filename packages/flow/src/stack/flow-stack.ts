import { Frcp } from '@ouroboros/frcp';
import { OuroborosError } from '@ouroboros/model';
import { createProtection } from '@ouroboros/protection';
import type { Clock, CryptoSuite, FlowEnd, FlowGrant, Random } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import { ChecksumStage } from './checksum-stage.js';
import { Doorstep, type DoorWatcher } from './doorstep.js';
import { FrameStage } from './frame-stage.js';
import { FrcpStage } from './frcp-stage.js';
import { ProtectionStage } from './protection-stage.js';
import { SegmentStage } from './segment-stage.js';
import type { Stage } from './stage.js';

/** What the stages of a flow need from outside. */
export interface StackParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Null while no flow of the process is encrypted. */
  readonly crypto: CryptoSuite | null;
  /** True at the end that asked for the flow. */
  readonly initiator: boolean;
  readonly watcher: DoorWatcher;
  /** Bytes that FRCP keeps in each direction until the other process has taken them; undefined: its default. */
  readonly bufferBytes?: number;
}

/** What of a grant the stages follow from. */
export type StackGrant = Pick<FlowGrant, 'qos' | 'features' | 'crypto' | 'layer' | 'layerPacket' | 'mplMs'>;

/**
 * The stages of one flow, from the channel up; which there are follows from its grant alone.
 *
 *     user → segments → FRCP → frames → protection → checksum → doorstep → channel
 *
 * [spec/wire-frcp.md §2, docs/wire-extensions.md §8]
 */
export class FlowStack {
  readonly doorstep: Doorstep;
  readonly checksum: ChecksumStage | null;
  readonly protection: ProtectionStage | null;
  readonly frames: FrameStage | null;
  readonly frcp: FrcpStage | null;
  readonly segments: SegmentStage | null;
  /** What the user writes to and reads from. */
  readonly top: Stage;

  constructor(grant: StackGrant, end: FlowEnd, parts: StackParts) {
    this.doorstep = new Doorstep(end, parts.watcher, layerPacketOf(grant, end));
    this.checksum = grant.qos.ber === 0 ? new ChecksumStage(this.doorstep) : null;
    const checked = this.checksum ?? this.doorstep;
    this.protection = grant.crypto === null ? null : protectionStage(checked, grant, parts);
    const sealed = this.protection ?? checked;
    this.frames = hasFrames(grant)
      ? frameStage(sealed, grant, this.doorstep.maxPacket - sealed.maxPacket, parts)
      : null;
    const framed = this.frames ?? sealed;
    this.frcp = grant.qos.inOrder === 0 ? null : frcpStage(framed, grant, parts);
    this.segments = this.frcp && this.frames && new SegmentStage(this.frcp, this.frames, parts.clock);
    this.top = this.segments ?? this.frcp ?? framed;
  }

  /** Longest packet that the whole path takes, as the layer carries it. */
  get pathPacket(): number {
    return this.frames?.pathPacket ?? this.doorstep.maxPacket;
  }

  /** Longest packet of a flow without FRCP that may go out in one piece, if the path lets it. */
  get longestWhole(): number {
    return this.frames?.longestWhole ?? this.top.maxPacket;
  }

  /** Longest packet of the user that goes out in one piece. */
  get wholePacket(): number {
    return (this.segments ?? this.frames)?.wholePacket ?? this.top.maxPacket;
  }
}

/** True when a flow is the channel and nothing else: packets are the user's bytes. */
export const isBare = (grant: StackGrant): boolean =>
  grant.crypto === null && grant.qos.inOrder === 0 && grant.qos.ber !== 0 && !hasFrames(grant);

/** Longest packet in bytes that channel and layer carry. */
export const layerPacketOf = ({ layerPacket }: Pick<FlowGrant, 'layerPacket'>, { maxPacket }: FlowEnd): number =>
  layerPacket === 0 ? maxPacket : Math.min(layerPacket, maxPacket);

const hasFrames = (grant: StackGrant): boolean => (grant.features & OapFeature.FRAMES) !== 0;

function protectionStage(below: FlowEnd, grant: StackGrant, parts: StackParts): ProtectionStage {
  const { clock, random, initiator, crypto: suite } = parts;
  const { crypto, mplMs } = grant;
  if (crypto === null || suite === null) throw new Error('an encrypted flow needs its key and its cryptography');
  if (crypto.profile === 'o7s' && !hasFrames(grant)) throw new OuroborosError('EIRMD', 'packets of ours need frames');
  const { ciphers, kdf, keyExchange } = suite;
  const now = clock.now();
  return new ProtectionStage(below, clock, (output) =>
    createProtection({ crypto, initiator, ciphers, kdf, keyExchange, random, output, mplMs, now }),
  );
}

function frameStage(below: FlowEnd, grant: StackGrant, overhead: number, { clock, random }: StackParts): FrameStage {
  return new FrameStage(below, { clock, overhead, probes: grant.layer !== '', firstNumber: random.uint32() });
}

function frcpStage(below: FlowEnd, grant: StackGrant, { clock, random, bufferBytes }: StackParts): FrcpStage {
  const config = {
    reliable: grant.qos.loss === 0,
    selective: (grant.features & OapFeature.FRCP_SELECTIVE) !== 0,
    initialSeqno: random.uint32(),
    mplMs: grant.mplMs,
    sendBytes: bufferBytes,
    receiveBytes: bufferBytes,
  };
  return new FrcpStage(below, clock, (outputs) => new Frcp(config, outputs));
}
