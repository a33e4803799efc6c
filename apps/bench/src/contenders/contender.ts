import type { Hosts } from '../hosts/index.js';

/** What is measured beside us, over the same path. */
export interface Contender {
  readonly title: string;
  readonly encrypted: boolean;
  /** Why it can't be measured here, or null. */
  missing(): Promise<string | null>;
  /** Brings it up between the first two hosts; keeps its files in `folder`, which the caller made and removes. */
  start(hosts: Hosts, folder: string): Promise<ContenderSession>;
}

/** A contender that runs. A figure that it does not have is undefined; one that fails rejects. */
export interface ContenderSession {
  /** `size`: bytes of a packet without headers. */
  oneWay?(size: number, seconds: number): Promise<OneWayFigure>;
  tcp?(seconds: number): Promise<{ readonly gbitPerS: number }>;
  /** `pace`: ms between two packets. */
  roundTrip?(size: number, pace: 'back to back' | 2): Promise<RoundTripFigure>;
  /** Memory that each of its processes has for itself. */
  memory?(): Promise<readonly ProcessMemory[]>;
  stop(): Promise<void>;
}

export interface OneWayFigure {
  /** Packets that arrived. */
  readonly packetsPerS: number;
  readonly gbitPerS: number;
  readonly lostPercent: number;
}

export interface RoundTripFigure {
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface ProcessMemory {
  readonly process: string;
  readonly ussBytes: number;
}
