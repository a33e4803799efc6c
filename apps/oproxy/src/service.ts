import type { Journal } from './journal.js';
import type { Flows } from '@ouroboros/flow/node';

/** What runs until it is stopped. */
export interface Service {
  statistics(): Readonly<Record<string, number>>;
  /** Takes nothing new; resolves when all that was open has ended, or was ended after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface ServiceParts {
  readonly flows: Flows;
  readonly journal: Journal;
}
