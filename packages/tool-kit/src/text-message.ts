/** A text as the tools of C send it: with a NUL behind. [spec/tools.md §2, §4] */
export const encodeMessage = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

/** The text of a packet up to its first NUL, which may be missing. What a terminal would obey is shown as `?`. */
export function readableText(packet: Uint8Array): string {
  const end = packet.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? packet : packet.subarray(0, end));
  return text.replace(/\p{Cc}/gu, '?');
}
