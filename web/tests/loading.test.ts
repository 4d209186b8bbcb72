import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import { build } from 'esbuild';
import type { Caches, ChunkCache } from '../runtime/src/caches.js';
import { readPart } from '../runtime/src/caches.js';
import { ChunkedDisk } from '../runtime/src/disk.js';
import { compileEngine } from '../runtime/src/engine.js';
import { GantryError } from '../runtime/src/errors.js';
import { readIndex } from '../runtime/src/module-index.js';
import type { ByteSource } from '../runtime/src/source.js';
import { BytesSource } from '../runtime/src/source.js';
import { image, root } from './support/assets.js';

// How the parts of an image are fetched: ahead, as a stream, from the caches.

class MemoryCache implements ChunkCache {
  readonly entries = new Map<string, Uint8Array<ArrayBuffer>>();
  async get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> { return this.entries.get(digest)?.slice(); }
  async put(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> { this.entries.set(digest, bytes.slice()); }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A disk of which every chunk is filled with its own number. */
async function disk(chunks: number, chunkSize: number, caches: Caches = {}): Promise<{ disk: ChunkedDisk; fetched: number[] }> {
  const fetched: number[] = [], size = chunks * chunkSize - 100;
  const chunk = (number: number): Uint8Array<ArrayBuffer> => new Uint8Array(Math.min(chunkSize, size - number * chunkSize)).fill(number);
  const table = new Uint8Array(Buffer.concat(Array.from({ length: chunks }, (_, i) => createHash('sha256').update(chunk(i)).digest())));
  const source: ByteSource = {
    size: size + table.length,
    read: async (offset, length) => {
      if (offset === size) return table;
      fetched.push(offset / chunkSize);
      assert.equal(length, chunk(offset / chunkSize).length);
      return chunk(offset / chunkSize);
    },
    sibling: () => Promise.reject(new Error('there is none')),
  };
  const index = { ...await readIndex(new BytesSource(image())), disk: { offset: 0, length: size, size, external: null, chunkSize, digests: { offset: size, length: table.length, sha256: digest(table) } } };
  return { disk: await ChunkedDisk.open(source, index, caches), fetched };
}

const read = async (from: ChunkedDisk, offset: number, length: number): Promise<Uint8Array> => {
  const target = new Uint8Array(length);
  return from.tryRead(offset, target) ? target : from.read(offset, length);
};

test('reading on fetches ahead, jumping about does not', async () => {
  const size = 4096, { disk: opened, fetched } = await disk(64, size);
  for (const number of [20, 7, 40]) assert.deepEqual(await read(opened, number * size + 5, 10), new Uint8Array(10).fill(number));
  assert.deepEqual(fetched, [20, 7, 40]);
  await read(opened, 41 * size, 1);
  assert.deepEqual(fetched.slice(3).sort((a, b) => a - b), [41, 42, 43, 44, 45]);
  await new Promise(resolve => setImmediate(resolve));
  // What came ahead is there at once; behind it reading goes on ahead, and ends with the disk.
  assert.deepEqual(await read(opened, 42 * size, 4 * size), new Uint8Array(Buffer.concat([42, 43, 44, 45].map(number => new Uint8Array(size).fill(number)))));
  assert.equal(fetched.length, 8);
  await read(opened, 46 * size, 1);
  assert.deepEqual(fetched.slice(8).sort((a, b) => a - b), [46, 47, 48, 49, 50]);
  await read(opened, 62 * size, 1);
  await read(opened, 63 * size, 1);
  assert.deepEqual(fetched.slice(13), [62, 63]);
});

test('what was not used for longest leaves memory first, and is fetched again', async () => {
  const size = 1 << 20, { disk: opened, fetched } = await disk(120, size);
  const visit = (number: number) => read(opened, number * size, 1);
  // Every other one, so that nothing is fetched ahead; 96 fit.
  const order = Array.from({ length: 120 }, (_, i) => (i * 7 + 3) % 120);
  for (const number of order.slice(0, 96)) await visit(number);
  await visit(order[0] ?? 0);
  assert.equal(fetched.length, 96);
  for (const number of order.slice(96, 100)) await visit(number);
  fetched.length = 0;
  await visit(order[0] ?? 0);
  assert.deepEqual(fetched, []);
  await visit(order[1] ?? 0);
  assert.deepEqual(fetched, [order[1]]);
});

test('what the start reads is fetched before it is asked for the next time, and a broken cache is no harm', async () => {
  const caches = { chunks: new MemoryCache(), parts: new MemoryCache() }, size = 4096;
  const first = await disk(64, size, caches);
  for (const number of [30, 3, 12]) await read(first.disk, number * size, 1);
  first.disk.rememberFirst();
  await read(first.disk, 50 * size, 1);
  const damaged = digest(new Uint8Array(size).fill(3));
  caches.chunks.entries.set(damaged, new Uint8Array(size));
  const second = await disk(64, size, caches);
  // Nobody asked yet. Chunk 3 was damaged in the cache: it is fetched.
  for (let turn = 0; turn < 100 && second.disk.statistics.cachedChunks + second.disk.statistics.fetches < 3; turn++) await new Promise(resolve => setTimeout(resolve, 20));
  assert.deepEqual({ cached: second.disk.statistics.cachedChunks, fetched: second.fetched }, { cached: 2, fetched: [3] });
  for (const number of [30, 3, 12]) assert.ok(second.disk.tryRead(number * size, new Uint8Array(size)), `chunk ${number} is in memory`);
  assert.deepEqual(await read(second.disk, 3 * size, 1), new Uint8Array([3]));
  // A list of nonsense names chunks that are not there.
  for (const key of caches.parts.entries.keys()) if (key.startsWith('first-')) caches.parts.entries.set(key, new Uint8Array([255, 255, 255, 255, 1, 0, 0, 0]));
  const third = await disk(64, size, caches);
  assert.deepEqual(await read(third.disk, 30 * size, 1), new Uint8Array([30]));
});

test('a part comes from the cache the second time, and a damaged one from the file', async () => {
  const bytes = new Uint8Array(1000).map((_, i) => i), cache = new MemoryCache(), range = { offset: 0, length: bytes.length, sha256: digest(bytes) };
  let reads = 0;
  const source: ByteSource = { size: bytes.length, read: async () => { reads++; return bytes.slice(); }, sibling: () => Promise.reject(new Error('none')) };
  for (let i = 0; i < 2; i++) assert.deepEqual(await readPart(source, range, 'It', cache), bytes);
  assert.equal(reads, 1);
  cache.entries.set(range.sha256, bytes.slice(1));
  assert.deepEqual(await readPart(source, range, 'It', cache), bytes);
  assert.equal(reads, 2);
});

test('a compressed copy is read in place of a part; one that is damaged, too short, too long or another is refused', async () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i >> 8), part = { offset: 0, length: bytes.length, sha256: digest(bytes) }, whole = gzipSync(bytes);
  const load = (copy: Uint8Array, cache?: ChunkCache): Promise<Uint8Array> => {
    const file = new Uint8Array([...new Uint8Array(bytes.length), ...copy]);
    return readPart(new BytesSource(file), { ...part, packed: { offset: bytes.length, length: copy.length } }, 'It', cache);
  };
  const cache = new MemoryCache();
  assert.deepEqual(await load(whole, cache), bytes);
  assert.deepEqual(cache.entries.get(part.sha256), bytes);
  const flipped = Uint8Array.from(whole);
  flipped[30] = (flipped[30] ?? 0) ^ 1;
  const refused: [string, Uint8Array, string][] = [
    ['damaged', flipped, 'truncated'], ['cut off', whole.subarray(0, -20), 'truncated'], ['too short', gzipSync(bytes.subarray(1)), 'truncated'],
    ['without end', gzipSync(new Uint8Array(50_000_000)), 'truncated'], ['another', gzipSync(new Uint8Array(bytes.length)), 'digest'],
  ];
  for (const [name, copy, code] of refused) await assert.rejects(load(copy), (error: unknown) => error instanceof GantryError && error.code === code && /\. .*\.$|: .*\.$/.test(error.message), name);
});

test('the engine is compiled while it arrives', { timeout: 60_000 }, async () => {
  const whole = new BytesSource(image()), index = await readIndex(whole), engine = await whole.read(index.engine.offset, index.engine.length);
  let arrived: () => void = () => undefined;
  const begun = new Promise<void>(resolve => { arrived = resolve; });
  // The second half comes when the compiler has seen the first; a runtime that collects the bytes first would wait for ever.
  const source: ByteSource = {
    size: whole.size, sibling: name => whole.sibling(name),
    read: async (_offset, length, piece) => {
      piece?.(engine.slice(0, length >> 1));
      await begun;
      piece?.(engine.slice(length >> 1));
      return engine;
    },
  };
  const real = WebAssembly.compileStreaming;
  let seen = 0;
  WebAssembly.compileStreaming = async response => {
    const body = (await response).body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => { seen += bytes.length; controller.enqueue(bytes); if (seen > engine.length >> 1) arrived(); },
    }));
    return real(new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { headers: { 'Content-Type': 'application/wasm' } }));
  };
  try {
    const module = await compileEngine(source, index);
    assert.ok(WebAssembly.Module.exports(module).some(({ name }) => name === 'gantry_run'));
  } finally {
    WebAssembly.compileStreaming = real;
  }
});

test('an engine that breaks off or is another one never becomes a module', async () => {
  const whole = new BytesSource(image()), index = await readIndex(whole), engine = await whole.read(index.engine.offset, index.engine.length);
  const source = (read: ByteSource['read']): ByteSource => ({ size: whole.size, sibling: name => whole.sibling(name), read });
  const gone = source(async (_offset, _length, piece) => { piece?.(engine.slice(0, 1000)); throw new GantryError('truncated', 'It broke off.'); });
  await assert.rejects(compileEngine(gone, index), (error: unknown) => error instanceof GantryError && error.code === 'truncated');
  const other = source(async (_offset, _length, piece) => { const bytes = engine.slice(); bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1; piece?.(bytes); return bytes; });
  await assert.rejects(compileEngine(other, index), (error: unknown) => error instanceof GantryError && error.code === 'digest');
});

test('a WebAssembly without tail calls is told with the browsers that have them', async () => {
  const bundle = (await build({
    stdin: { contents: `
      import { compileEngine } from './web/runtime/src/engine.ts';
      compileEngine({ read: async () => new Uint8Array(0) }, { engine: { segments: 4 } }).then(() => console.log('compiled'), error => console.log(error.code, error.message));`, resolveDir: root },
    bundle: true, format: 'cjs', platform: 'node', write: false, absWorkingDir: path.join(root, 'web'),
  })).outputFiles[0]?.text ?? '';
  const run = (...flags: string[]): string => spawnSync(process.execPath, [...flags, '-e', bundle], { encoding: 'utf8' }).stdout;
  assert.match(run('--no-experimental-wasm-return-call'), /^unsupported .*tail calls\. Use Chrome or Edge from \d+/);
  assert.doesNotMatch(run(), /tail calls/);
});
