import type { Clock, FlowEnd, FlowGrant, Random } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';
import { Doorstep, type DoorWatcher } from './doorstep.js';
import { FrameStage } from './frame-stage.js';
import type { Stage } from './stage.js';

/** What the stages of a flow need from outside. */
export interface StackParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly watcher: DoorWatcher;
}

/**
 * The stages of one flow, from the channel up; which there are follows from its grant alone.
 *
 *     user → segments → FRCP → frames → protection → checksum → doorstep → channel
 *
 * [spec/wire-frcp.md §2, docs/wire-extensions.md §8]
 */
export class FlowStack {
  readonly doorstep: Doorstep;
  readonly frames: FrameStage | null;
  /** What the user writes to and reads from. */
  readonly top: Stage;

  constructor(grant: Omit<FlowGrant, 'channel'>, end: FlowEnd, parts: StackParts) {
    this.doorstep = new Doorstep(end, parts.watcher);
    const overhead = 0;
    this.frames = hasFrames(grant) ? frameStage(this.doorstep, grant, overhead, parts) : null;
    this.top = this.frames ?? this.doorstep;
  }

  /** Longest packet that the whole path takes. */
  get pathPacket(): number {
    return this.frames?.pathPacket ?? this.doorstep.maxPacket;
  }
}

/** True when a flow is the channel and nothing else: packets are the user's bytes. */
export const isBare = (grant: Pick<FlowGrant, 'features' | 'crypto' | 'qos'>): boolean =>
  grant.crypto === null && grant.qos.inOrder === 0 && grant.qos.ber !== 0 && !hasFrames(grant);

const hasFrames = (grant: Pick<FlowGrant, 'features'>): boolean => (grant.features & OapFeature.FRAMES) !== 0;

function frameStage(
  below: FlowEnd,
  grant: Pick<FlowGrant, 'layer'>,
  overhead: number,
  { clock, random }: StackParts,
): FrameStage {
  return new FrameStage(below, { clock, overhead, probes: grant.layer !== '', firstNumber: random.uint32() });
}
