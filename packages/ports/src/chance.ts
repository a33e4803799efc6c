/** The only source of randomness. Seeded in simulation. */
export interface Random {
  /** `length` random bytes in a new array. */
  bytes(length: number): Uint8Array;
  /** An unsigned 32-bit number. */
  uint32(): number;
}
