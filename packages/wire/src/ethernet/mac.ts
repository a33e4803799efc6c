/**
 * MAC addresses as numbers: 48 bits fit a double exactly, compare at once, and need no memory on packet paths. First byte of
 * the address = highest of the number.
 */
const LOW = 0x1_0000_0000;

/** ff:ff:ff:ff:ff:ff */
export const MAC_BROADCAST = 0xffff_ffff_ffff;

/** The 6 bytes from `at` on. */
export const readMac = (buffer: Uint8Array, at: number): number =>
  ((buffer[at]! << 8) | buffer[at + 1]!) * LOW +
  (((buffer[at + 2]! << 24) | (buffer[at + 3]! << 16) | (buffer[at + 4]! << 8) | buffer[at + 5]!) >>> 0);

export function writeMac(buffer: Uint8Array, at: number, mac: number): void {
  const high = Math.floor(mac / LOW);
  const low = mac % LOW;
  buffer[at] = high >>> 8;
  buffer[at + 1] = high;
  buffer[at + 2] = low >>> 24;
  buffer[at + 3] = low >>> 16;
  buffer[at + 4] = low >>> 8;
  buffer[at + 5] = low;
}

/** `02:00:00:00:00:01` */
export const macText = (mac: number): string =>
  mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
