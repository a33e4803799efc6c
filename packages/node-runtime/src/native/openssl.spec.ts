import { loadOpenSsl } from './openssl.js';

describe('OpenSSL', () => {
  it('is found, once per process', async () => {
    const found = await loadOpenSsl();
    expect(found).not.toBeNull();
    expect(await loadOpenSsl()).toBe(found);
    expect(found!.calls.EVP_get_cipherbyname('aes-256-gcm')).not.toBe(0);
    expect(found!.calls.EVP_get_cipherbyname('rot13')).toBe(0);
  });

  it('is told addresses that stay, of small arrays too, whatever is allocated meanwhile', async () => {
    const { calls, addressOf } = (await loadOpenSsl())!;
    const source = Uint8Array.from({ length: 64 }, (_, i) => 255 - i);
    const from = addressOf(source);
    const arrays = Array.from({ length: 64 }, (_, i) => new Uint8Array(i + 1));
    const views = arrays.map((array) => array.subarray(array.length >> 1));
    const addresses = views.map(addressOf);
    let garbage: number[][] = [];
    for (let i = 0; i < 400_000; i += 1) {
      garbage.push([i, i, i, i]);
      if (garbage.length === 50_000) garbage = [];
    }
    views.forEach((view, i) => calls.memcpy(addresses[i]!, from, view.length));
    for (const view of views) expect([...view]).toEqual([...source.subarray(0, view.length)]);
    expect(views.map(addressOf)).toEqual(addresses);
  });
});
