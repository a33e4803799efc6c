import { fromHex } from '@ouroboros/model';
import { announcement, destinationOf, ipVersion, isAnnouncement, isOneHost, sourceOf } from './ip-packet.js';

const V4 = fromHex('4500001c00004000400166c8 0a090002 e0000001 0800f7fe00010000');

describe('an IP packet', () => {
  it('is known by its version, when its header is whole', () => {
    expect([ipVersion(V4, 0, V4.length), ipVersion(V4, 0, 19), ipVersion(Uint8Array.of(0, 0x60), 1, 40)]).toEqual([
      4,
      undefined,
      6,
    ]);
    expect([ipVersion(Uint8Array.of(0x60), 0, 39), ipVersion(Uint8Array.of(0x55), 0, 100)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(ipVersion(new Uint8Array(0), 0, 0)).toBeUndefined();
  });

  it('is from one host, and for one or for many', () => {
    expect([isOneHost(V4, 0, sourceOf(4)), isOneHost(V4, 0, destinationOf(4))]).toEqual([true, false]);
    const unspecified = new Uint8Array(40);
    expect(isOneHost(unspecified, 0, sourceOf(6))).toBe(false);
    unspecified[24] = 0xff;
    expect(isOneHost(unspecified, 0, destinationOf(6))).toBe(false);
  });

  it('that announces an address goes from it to it, and no further', () => {
    const packet = announcement(4, Uint8Array.of(10, 9, 0, 2));
    expect(packet).toEqual(fromHex('4500001400000000013b a59a 0a090002 0a090002'));
    expect(isAnnouncement(packet, 0, 4, packet.length)).toBe(true);
    expect(isAnnouncement(V4, 0, 4, V4.length)).toBe(false);
    const address = fromHex('fd090000000000000000000000000002');
    const six = announcement(6, address);
    expect([six.length, six[6], six[7], isAnnouncement(six, 0, 6, 40)]).toEqual([40, 59, 1, true]);
    expect([six.subarray(8, 24), six.subarray(24)]).toEqual([address, address]);
  });
});
