/** A message as C's obc sends it: the text and a NUL, which may be missing. [spec/tools.md §4] */
export const encodeMessage = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

/** The text of a packet up to its first NUL. What a terminal would obey is shown as `?`. */
export function readableText(packet: Uint8Array): string {
  const end = packet.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? packet : packet.subarray(0, end));
  return text.replace(/\p{Cc}/gu, '?');
}
