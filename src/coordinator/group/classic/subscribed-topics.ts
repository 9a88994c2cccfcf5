/**
 * The topics in a subscription of the consumer protocol, or undefined if the bytes are none. Only
 * what version 0 has is read, since every later version begins with it (int16 version, then an
 * array of strings). A client may send anything here, so no length is believed.
 */
export function topicsOfSubscription(metadata: Buffer): string[] | undefined {
  if (metadata.length < 6) return undefined;
  const count = metadata.readInt32BE(2);
  if (count < 0 || count * 2 > metadata.length - 6) return undefined;

  const topics: string[] = [];
  let at = 6;
  for (let i = 0; i < count; i++) {
    if (at + 2 > metadata.length) return undefined;
    const length = metadata.readInt16BE(at);
    const end = at + 2 + length;
    if (length < 0 || end > metadata.length) return undefined;
    topics.push(metadata.toString("utf8", at + 2, end));
    at = end;
  }
  return topics;
}
