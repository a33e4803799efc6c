import type { Allocations } from './allocations.js';
import type { Watched } from './cpu-time.js';
import type { OneWay } from './one-way.js';
import type { RoundTrip } from './round-trip.js';

/** What is measured on a flow. */
export interface Asked {
  /** Of the node at which the flow is asked for. */
  readonly runtimeDir: string;
  readonly name: string;
  readonly qos: 'raw' | 'data';
  /** What the flow has to be; it is an error when it is not. */
  readonly encrypted: boolean;
}

export interface OneWayTask extends Asked {
  readonly kind: 'one-way';
  readonly size: number;
  readonly seconds: number;
  readonly warmUpS: number;
  readonly watched: readonly Watched[];
}

export interface RoundTripTask extends Asked {
  readonly kind: 'round-trip';
  readonly size: number;
  readonly seconds: number;
  readonly warmUpS: number;
  readonly pauseMs: number;
}

export interface AllocationsTask extends Asked {
  readonly kind: 'allocations';
  readonly seconds: number;
  readonly warmUpS: number;
}

/** What a client process is told, as JSON in its argument. */
export type Task = OneWayTask | RoundTripTask | AllocationsTask;

/** What it answers over IPC. */
export interface Results {
  readonly 'one-way': OneWay;
  readonly 'round-trip': RoundTrip;
  readonly allocations: Allocations;
}
