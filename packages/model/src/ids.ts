/** Branded identifiers and times, so that the compiler tells one number from another. */
type Brand<T, B extends string> = T & { readonly __brand: B };

/** Host-wide number of a flow, 1…10239, chosen by the IRM daemon. [spec/architecture.md §4] */
export type FlowId = Brand<number, 'FlowId'>;
/** A time or duration in microseconds on a monotonic clock; a plain number so that packet paths allocate nothing. */
export type Micros = Brand<number, 'Micros'>;
/** An address inside one unicast layer: an unsigned 32-bit number, 0 = invalid. [spec/wire-unicast-data.md §2] */
export type Address = Brand<number, 'Address'>;

export const flowId = (value: number): FlowId => value as FlowId;
export const micros = (value: number): Micros => value as Micros;
export const fromMs = (ms: number): Micros => (ms * 1000) as Micros;
export const fromSeconds = (seconds: number): Micros => (seconds * 1_000_000) as Micros;
/** "Never": later than every time. */
export const NEVER = Infinity as Micros;
export const address = (value: number): Address => (value >>> 0) as Address;

/** An address as C prints it: four hex bytes in memory (little-endian) order, `0x0a0b0c0d` → `0d.0c.0b.0a`. */
export function formatAddress(value: Address): string {
  const bytes = [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('.');
}
