import type { ProtectionCounters } from './protection.js';

export const newCounters = (): ProtectionCounters => ({
  sealed: 0,
  opened: 0,
  short: 0,
  unauthentic: 0,
  replayed: 0,
  unknownEpoch: 0,
  early: 0,
  malformed: 0,
  sealWaits: 0,
  keyChanges: 0,
});
