import type { ChunkCache } from './caches.js';
import { readPart } from './caches.js';
import { GantryError } from './errors.js';
import type { ModuleIndex } from './module-index.js';
import { readLeb, writeLeb, wrong } from './module-index.js';
import type { ByteSource } from './source.js';

/** A piece of the memory's first contents. */
export interface MemorySegment { readonly address: number; readonly bytes: Uint8Array }

// (module (func return_call 0))
const TailCall = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b]);

/**
 * Compiles the engine alone, while it arrives: its sections and a data section with as many empty segments as the code names (docs/out-wasm.md).
 * Nobody gets the module before the digest was checked.
 */
export async function compileEngine(source: ByteSource, index: ModuleIndex, cache?: ChunkCache): Promise<WebAssembly.Module> {
  const count = writeLeb(index.engine.segments), size = writeLeb(count.length + 2 * index.engine.segments);
  if (!WebAssembly.validate(TailCall)) {
    throw new GantryError('unsupported', 'The browser is too old for the machine: its WebAssembly has no tail calls. Use Chrome or Edge from 112, Firefox from 121 or Safari from 18.2.');
  }
  const data = new Uint8Array(1 + size.length + count.length + 2 * index.engine.segments);
  data.set([0x0b, ...size, ...count]);
  for (let i = 1 + size.length + count.length; i < data.length; i += 2) data[i] = 1;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(), writer = writable.getWriter();
  // What fails is told by the compiler's promise.
  const write = (bytes: Uint8Array): void => { writer.write(bytes).catch(() => undefined); };
  const compiling = WebAssembly.compileStreaming(new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>, { headers: { 'Content-Type': 'application/wasm' } }));
  compiling.catch(() => undefined);
  write(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
  try {
    await readPart(source, index.engine, 'The engine in the file', cache, write);
  } catch (error) {
    // A damaged engine is no fault of the browser's, whatever its compiler says of it.
    writer.abort(error).catch(() => undefined);
    throw error;
  }
  write(data);
  writer.close().catch(() => undefined);
  try {
    return await compiling;
  } catch (error) {
    throw new GantryError('unsupported', `The browser cannot compile the machine (${error instanceof Error ? error.message : String(error)}). Use a current Chrome, Edge, Firefox or Safari.`, error);
  }
}

/** What memory begins with: the snapshot, or without one the engine's own data. */
export async function readMemory(source: ByteSource, index: ModuleIndex, cache?: ChunkCache): Promise<MemorySegment[]> {
  return index.snapshot === null ? readEngineData(source, index) : readSnapshot(source, index.snapshot, cache);
}

async function readSnapshot(source: ByteSource, snapshot: NonNullable<ModuleIndex['snapshot']>, cache: ChunkCache | undefined): Promise<MemorySegment[]> {
  const [table, bytes] = await Promise.all([source.read(snapshot.table.offset, snapshot.table.length), readPart(source, snapshot, 'The snapshot in the file', cache)]);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  return Array.from({ length: snapshot.segments }, (_, i) => {
    const offset = Number(view.getBigUint64(i * 16, true)) - snapshot.offset, length = view.getUint32(i * 16 + 12, true);
    if (offset < 0 || offset + length > bytes.length) throw wrong('its snapshot table names bytes outside the snapshot');
    return { address: view.getUint32(i * 16 + 8, true), bytes: bytes.subarray(offset, offset + length) };
  });
}

// Without a snapshot there is no table: the active segments between initrd and disk are read as WebAssembly has them.
async function readEngineData(source: ByteSource, index: ModuleIndex): Promise<MemorySegment[]> {
  if (index.initrd === null) throw wrong('it has neither snapshot nor initrd');
  const count = index.engine.segments - 4, start = index.initrd.offset + index.initrd.length;
  if (count <= 0) return [];
  const end = index.disk.external === null && index.disk.length > 0 ? index.disk.offset : source.size;
  const bytes = await source.read(start, Math.min(end - start, 16 << 20));
  const segments: MemorySegment[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (bytes[at] !== 0 || bytes[at + 1] !== 0x41) throw wrong('its data section has a segment of another kind');
    const address = readSigned(bytes, at + 2), length = readLeb(bytes, address.next + 1);
    if (bytes[address.next] !== 0x0b || length.next + length.value > bytes.length) throw wrong('a data segment is broken');
    at = length.next + length.value;
    segments.push({ address: address.value >>> 0, bytes: bytes.subarray(length.next, at) });
  }
  return segments;
}

function readSigned(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0, shift = 0;
  for (;;) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 28) throw wrong('a number in its data section is broken');
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if ((byte & 0x80) === 0) return { value: (byte & 0x40) !== 0 && shift < 32 ? value | (-1 << shift) : value, next: at };
  }
}
