import { toHex } from '@ouroboros/model';

const BYTES = 8;

/** The id by which both hosts log one allocation: the first half of the OAP id, 16 hex digits. */
export const correlationIdOf = (oapId: Uint8Array): string => toHex(oapId.subarray(0, BYTES));
