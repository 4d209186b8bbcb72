import { verify } from './digest.js';
import { gunzip } from './gunzip.js';
import type { DigestedRange, FileRange } from './module-index.js';
import type { ByteSource } from './source.js';

/** Where bytes stay between visits, by digest. */
export interface ChunkCache {
  get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** What a session keeps between visits; either may be missing. */
export interface Caches {
  /** Chunks of root file systems. */
  readonly chunks?: ChunkCache | undefined;
  /** Engines, snapshots and tables, whole. */
  readonly parts?: ChunkCache | undefined;
}

/** Bounds of a cache: its entries, and the size of one. */
export interface CacheBounds { readonly name: string; readonly entries: number; readonly largest: number }

const Chunks: CacheBounds = { name: 'gantry-chunks-1', entries: 2048, largest: 1 << 20 };
// Engine, snapshot, tables and the list of first chunks of six images.
const Parts: CacheBounds = { name: 'gantry-parts-1', entries: 24, largest: 64 << 20 };

/** The browser's Cache API, bounded: what came first goes first. A full or forbidden cache is no error: the bytes are fetched again. */
export class BrowserChunkCache implements ChunkCache {
  // The Cache API's keys come in the order in which they were put there.
  private constructor(private readonly cache: Cache, private readonly keys: string[], private readonly bounds: CacheBounds) {}

  /** Opens a cache; undefined where there is none. */
  static async open(this: void, bounds: Partial<CacheBounds> = Chunks): Promise<BrowserChunkCache | undefined> {
    if (typeof caches === 'undefined') return undefined;
    const all = { ...Chunks, ...bounds };
    try {
      const cache = await caches.open(all.name);
      return new BrowserChunkCache(cache, (await cache.keys()).map(({ url }) => url), all);
    } catch {
      return undefined;
    }
  }

  async get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const found = await this.cache.match(BrowserChunkCache.key(digest)).catch(() => undefined);
    return found === undefined ? undefined : new Uint8Array(await found.arrayBuffer());
  }

  async put(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (bytes.length > this.bounds.largest) return;
    const key = BrowserChunkCache.key(digest), before = this.keys.indexOf(key);
    if (before >= 0) this.keys.splice(before, 1);
    this.keys.push(key);
    // Room is made first, so that the bound holds at every moment.
    const surplus = this.keys.splice(0, Math.max(0, this.keys.length - this.bounds.entries));
    await Promise.all(surplus.map(old => this.cache.delete(old).catch(() => undefined)));
    await this.cache.put(key, new Response(bytes)).catch(() => undefined);
  }

  // Never fetched: only a name within the cache.
  private static key(digest: string): string { return `https://chunks.gantry.invalid/${digest}`; }
}

/** The browser's caches. */
export async function browserCaches(): Promise<Caches> {
  const [chunks, parts] = await Promise.all([BrowserChunkCache.open(Chunks), BrowserChunkCache.open(Parts)]);
  return { chunks, parts };
}

/** Bytes of a cache that are what they should be. */
export async function cached(cache: ChunkCache | undefined, digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = await cache?.get(digest).catch(() => undefined);
  return bytes !== undefined && await verify(bytes, digest, 'cached').then(() => true, () => false) ? bytes : undefined;
}

/** A part of the file with a digest, of which there may be a compressed copy. */
export interface FilePart extends DigestedRange { readonly packed?: FileRange | null }

/** A part of the file: from the cache, or the source, then kept. `piece` hears of the bytes as they come, those of a compressed copy at the end. */
export async function readPart(source: ByteSource, { offset, length, sha256, packed }: FilePart, what: string, cache: ChunkCache | undefined, piece?: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<Uint8Array<ArrayBuffer>> {
  const kept = await cached(cache, sha256);
  if (kept !== undefined) {
    piece?.(kept);
    return kept;
  }
  let bytes: Uint8Array<ArrayBuffer>;
  if (packed == null) bytes = await source.read(offset, length, piece);
  else {
    bytes = await gunzip(await source.read(packed.offset, packed.length), length, what);
    piece?.(bytes);
  }
  await verify(bytes, sha256, what);
  void cache?.put(sha256, bytes);
  return bytes;
}
