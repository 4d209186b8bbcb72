import type { Caches } from './caches.js';
import { cached, readPart } from './caches.js';
import { hex, verify } from './digest.js';
import type { ModuleIndex } from './module-index.js';
import type { ByteSource } from './source.js';

/** Figures of a disk. */
export interface DiskStatistics { fetchedBytes: number; fetches: number; cachedChunks: number }

const MemoryLimit = 96 << 20;
const ReadAheadChunks = 4;
const MaximumFirst = 64;

/** The root file system, fetched a chunk at a time as the guest touches it; each chunk is checked against its digest. */
export class ChunkedDisk {
  readonly statistics: DiskStatistics = { fetchedBytes: 0, fetches: 0, cachedChunks: 0 };
  private readonly chunks = new Map<number, Uint8Array<ArrayBuffer>>();
  private readonly underway = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  private held = 0;
  private lastMissed = -1;
  private first: Set<number> | undefined = new Set();

  constructor(private readonly source: ByteSource, private readonly disk: ModuleIndex['disk'], private readonly digests: Uint8Array, private readonly caches: Caches) {}

  /** Opens the disk of an image. */
  static async open(source: ByteSource, index: ModuleIndex, caches: Caches): Promise<ChunkedDisk> {
    const { disk } = index;
    const digests = await readPart(source, disk.digests, 'The table of digests in the file', caches.parts);
    const opened = new ChunkedDisk(disk.external === null ? source : await source.sibling(disk.external), disk, digests, caches);
    await opened.fetchFirst();
    return opened;
  }

  get size(): number { return this.disk.size; }

  /** The start is over: what it read is fetched at once the next time. */
  rememberFirst(): void {
    const { first } = this;
    this.first = undefined;
    if (first === undefined || first.size === 0) return;
    void this.caches.parts?.put(this.firstKey, new Uint8Array(new Uint32Array([...first].slice(0, MaximumFirst)).buffer));
  }

  // The list is a hint only: each chunk is checked like any, and a wrong list costs nothing but time.
  private async fetchFirst(): Promise<void> {
    const kept = await this.caches.parts?.get(this.firstKey).catch(() => undefined), count = Math.ceil(this.disk.size / this.disk.chunkSize);
    if (kept === undefined || kept.length % 4 !== 0) return;
    for (const number of new Set(new Uint32Array(kept.buffer).subarray(0, MaximumFirst))) if (number < count) this.begin(number).catch(() => undefined);
  }

  private get firstKey(): string { return `first-${this.disk.digests.sha256}`; }

  /** Copies into the target when everything is in memory; false: use {@link read}. */
  tryRead(offset: number, target: Uint8Array): boolean {
    const numbers = this.numbers(offset, target.length);
    for (const number of numbers) this.first?.add(number);
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
    const kept = await cached(this.caches.chunks, digest);
    if (kept !== undefined) {
      this.statistics.cachedChunks++;
      this.touch(number, kept);
      return kept;
    }
    const start = number * this.disk.chunkSize, length = Math.min(this.disk.chunkSize, this.disk.size - start);
    const chunk = await this.source.read((this.disk.external === null ? this.disk.offset : 0) + start, length);
    await verify(chunk, digest, `Part ${number} of the root file system`);
    this.statistics.fetches++;
    this.statistics.fetchedBytes += length;
    this.touch(number, chunk);
    void this.caches.chunks?.put(digest, chunk);
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
