import { PeerTable, socketName } from './peers.js';

describe.each([
  { version: 4, addresses: ['10.0.0.1', '10.0.0.2', '255.0.1.9'] },
  { version: 6, addresses: ['fd00::1', '::1', '2001:db8:0:1:1:1:1:1'] },
] as const)('places over IPv$version', ({ version, addresses }) => {
  it('are one object each, by their text and by what the kernel writes', () => {
    const table = new PeerTable(version);
    const places = addresses.flatMap((address) => [1, 65_535].map((port) => ({ address, port })));
    const found = places.map(({ address, port }) => table.find(address, port)!);
    expect(new Set(found).size).toBe(places.length);
    const words = new Int32Array(40);
    places.forEach(({ address, port }, i) => {
      words.set(socketName(version, address, port)!, 3);
      expect(table.at(words, 3)).toBe(found[i]);
      expect(found[i]).toMatchObject({ address, port });
    });
  });

  it('are none where nothing can be sent', () => {
    const table = new PeerTable(version);
    for (const address of ['', 'example.net', version === 4 ? '::1' : '10.0.0.1', '1.2.3', 'fe80::1%lo'])
      expect(table.find(address, 1)).toBeUndefined();
    for (const port of [0, -1, 65_536, 1.5, NaN]) expect(table.find(addresses[0], port)).toBeUndefined();
  });

  it('are forgotten when there are too many, and found anew', () => {
    const table = new PeerTable(version);
    const first = table.find(addresses[0], 1)!;
    for (let port = 2; port <= 5_000; port += 1) table.find(addresses[0], port);
    const again = table.find(addresses[0], 1)!;
    expect(again).not.toBe(first);
    expect(again.name).toEqual(first.name);
    expect(table.find(addresses[0], 1)).toBe(again);
  });
});
