import { GantryError } from './errors.js';

/** Unpacks gzip of which the size is known: what says it is longer is not read to its end. */
export async function gunzip(packed: Uint8Array<ArrayBuffer>, length: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length), reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const damaged = (why: string, cause?: unknown): GantryError => new GantryError('truncated', `${what} cannot be unpacked (${why}). It was not uploaded or downloaded completely: do that again.`, cause);
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => { throw damaged('its compressed data are damaged', error); });
    if (done) break;
    if (size + value.length > length) {
      await reader.cancel().catch(() => undefined);
      throw damaged(`it has more than ${length} bytes`);
    }
    bytes.set(value, size);
    size += value.length;
  }
  if (size < length) throw damaged(`it ends after ${size} of ${length} bytes`);
  return bytes;
}
