/** Bytes given to `String.fromCharCode` at once: it takes them as arguments, of which there may not be too many. */
const AT_ONCE = 8192;

/** Bytes as base64 text, for wires that carry JSON. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += AT_ONCE)
    text += String.fromCharCode(...bytes.subarray(from, from + AT_ONCE));
  return btoa(text);
}
