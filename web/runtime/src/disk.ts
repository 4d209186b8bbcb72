import { hex, verify } from './digest.js';
import type { ModuleIndex } from './module-index.js';
import type { ByteSource } from './source.js';

/** Where chunks stay between visits, by digest. */
export interface ChunkCache {
  get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

const MaximumCachedChunks = 2048;
const LargestCachedChunk = 1 << 20;

/** The browser's Cache API, bounded: the chunks that came first go first. A full or forbidden cache is no error: the chunk is fetched again. */
export class BrowserChunkCache implements ChunkCache {
  // The Cache API's keys come in the order in which they were put there.
  private constructor(private readonly cache: Cache, private readonly keys: string[], private readonly limit: number) {}

  /** Opens the cache; undefined where there is none. */
  static async open(this: void, limit = MaximumCachedChunks): Promise<BrowserChunkCache | undefined> {
    if (typeof caches === 'undefined') return undefined;
    try {
      const cache = await caches.open('gantry-chunks-1');
      return new BrowserChunkCache(cache, (await cache.keys()).map(({ url }) => url), limit);
    } catch {
      return undefined;
    }
  }

  async get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const found = await this.cache.match(BrowserChunkCache.key(digest)).catch(() => undefined);
    return found === undefined ? undefined : new Uint8Array(await found.arrayBuffer());
  }

  async put(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (bytes.length > LargestCachedChunk) return;
    const key = BrowserChunkCache.key(digest);
    this.keys.push(key);
    // Room is made first, so that the bound holds at every moment.
    const surplus = this.keys.splice(0, Math.max(0, this.keys.length - this.limit));
    await Promise.all(surplus.map(old => this.cache.delete(old).catch(() => undefined)));
    await this.cache.put(key, new Response(bytes)).catch(() => undefined);
  }

  // Never fetched: only a name within the cache.
  private static key(digest: string): string { return `https://chunks.gantry.invalid/${digest}`; }
}

/** Figures of a disk. */
export interface DiskStatistics { fetchedBytes: number; fetches: number; cachedChunks: number }

const MemoryLimit = 96 << 20;
const ReadAheadChunks = 4;

/** The root file system, fetched a chunk at a time as the guest touches it; each chunk is checked against its digest. */
export class ChunkedDisk {
  readonly statistics: DiskStatistics = { fetchedBytes: 0, fetches: 0, cachedChunks: 0 };
  private readonly chunks = new Map<number, Uint8Array<ArrayBuffer>>();
  private readonly underway = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  private held = 0;
  private lastMissed = -1;

  constructor(private readonly source: ByteSource, private readonly disk: ModuleIndex['disk'], private readonly digests: Uint8Array, private readonly cache: ChunkCache | undefined) {}

  /** Opens the disk of an image. */
  static async open(source: ByteSource, index: ModuleIndex, cache: ChunkCache | undefined): Promise<ChunkedDisk> {
    const { disk } = index;
    const digests = await source.read(disk.digests.offset, disk.digests.length);
    await verify(digests, disk.digests.sha256, 'The table of digests in the file');
    return new ChunkedDisk(disk.external === null ? source : await source.sibling(disk.external), disk, digests, cache);
  }

  get size(): number { return this.disk.size; }

  /** Copies into the target when everything is in memory; false: use {@link read}. */
  tryRead(offset: number, target: Uint8Array): boolean {
    const numbers = this.numbers(offset, target.length);
    if (!numbers.every(number => this.chunks.has(number))) return false;
    for (const number of numbers) {
      const chunk = this.chunks.get(number);
      if (chunk !== undefined) { this.touch(number, chunk); this.copy(number, chunk, offset, target); }
    }
    return true;
  }

  /** Fetches what is missing and returns the bytes. */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const target = new Uint8Array(length), numbers = this.numbers(offset, length);
    const chunks = await Promise.all(numbers.map(number => this.chunk(number)));
    numbers.forEach((number, i) => { const chunk = chunks[i]; if (chunk !== undefined) this.copy(number, chunk, offset, target); });
    return target;
  }

  private numbers(offset: number, length: number): number[] {
    const first = Math.floor(offset / this.disk.chunkSize), last = Math.floor((offset + length - 1) / this.disk.chunkSize);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  private copy(number: number, chunk: Uint8Array, offset: number, target: Uint8Array): void {
    const start = number * this.disk.chunkSize, from = Math.max(offset, start), to = Math.min(offset + target.length, start + chunk.length);
    target.set(chunk.subarray(from - start, to - start), from - offset);
  }

  private async chunk(number: number): Promise<Uint8Array<ArrayBuffer>> {
    const chunk = this.chunks.get(number) ?? this.underway.get(number);
    if (chunk !== undefined) return chunk;
    // Reading on where the last miss was: more will be wanted.
    const ahead = number === this.lastMissed + 1 ? ReadAheadChunks : 0;
    this.lastMissed = number + ahead;
    for (let next = number + 1; next <= number + ahead; next++) {
      if (next * this.disk.chunkSize < this.disk.size && !this.chunks.has(next) && !this.underway.has(next)) this.begin(next).catch(() => undefined);
    }
    return this.begin(number);
  }

  private begin(number: number): Promise<Uint8Array<ArrayBuffer>> {
    const loading = this.load(number).finally(() => this.underway.delete(number));
    this.underway.set(number, loading);
    return loading;
  }

  private async load(number: number): Promise<Uint8Array<ArrayBuffer>> {
    const digest = hex(this.digests.subarray(number * 32, number * 32 + 32));
    const cached = await this.cache?.get(digest);
    if (cached !== undefined && await verify(cached, digest, 'cached').then(() => true, () => false)) {
      this.statistics.cachedChunks++;
      this.touch(number, cached);
      return cached;
    }
    const start = number * this.disk.chunkSize, length = Math.min(this.disk.chunkSize, this.disk.size - start);
    const chunk = await this.source.read((this.disk.external === null ? this.disk.offset : 0) + start, length);
    await verify(chunk, digest, `Part ${number} of the root file system`);
    this.statistics.fetches++;
    this.statistics.fetchedBytes += length;
    this.touch(number, chunk);
    void this.cache?.put(digest, chunk);
    return chunk;
  }

  // Least recently used chunks go first: a Map keeps the order of insertion.
  private touch(number: number, chunk: Uint8Array<ArrayBuffer>): void {
    if (!this.chunks.delete(number)) this.held += chunk.length;
    this.chunks.set(number, chunk);
    for (const [oldest, bytes] of this.chunks) {
      if (this.held <= MemoryLimit) break;
      this.chunks.delete(oldest);
      this.held -= bytes.length;
    }
  }
}
