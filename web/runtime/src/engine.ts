import { verify } from './digest.js';
import { GantryError } from './errors.js';
import type { ModuleIndex } from './module-index.js';
import { readLeb, writeLeb, wrong } from './module-index.js';
import type { ByteSource } from './source.js';

/** A piece of the memory's first contents. */
export interface MemorySegment { readonly address: number; readonly bytes: Uint8Array }

/** Compiles the engine alone: its sections and a data section with as many empty segments as the code names (docs/out-wasm.md). */
export async function compileEngine(source: ByteSource, index: ModuleIndex): Promise<WebAssembly.Module> {
  const engine = await source.read(index.engine.offset, index.engine.length);
  await verify(engine, index.engine.sha256, 'The engine in the file');
  const count = writeLeb(index.engine.segments), size = writeLeb(count.length + 2 * index.engine.segments);
  const data = new Uint8Array(1 + size.length + count.length + 2 * index.engine.segments);
  data.set([0x0b, ...size, ...count]);
  for (let i = 1 + size.length + count.length; i < data.length; i += 2) data[i] = 1;
  const header = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  try {
    // By way of a Response the browser may keep the compiled code and compile on other threads.
    return await WebAssembly.compileStreaming(new Response(new Blob([header, engine, data]), { headers: { 'Content-Type': 'application/wasm' } }));
  } catch (error) {
    throw new GantryError('unsupported', `The browser cannot compile the machine (${error instanceof Error ? error.message : String(error)}). Use a current Chrome, Edge, Firefox or Safari.`, error);
  }
}

/** What memory begins with: the snapshot, or without one the engine's own data. */
export async function readMemory(source: ByteSource, index: ModuleIndex): Promise<MemorySegment[]> {
  return index.snapshot === null ? readEngineData(source, index) : readSnapshot(source, index.snapshot);
}

async function readSnapshot(source: ByteSource, snapshot: NonNullable<ModuleIndex['snapshot']>): Promise<MemorySegment[]> {
  const [table, bytes] = await Promise.all([source.read(snapshot.table.offset, snapshot.table.length), source.read(snapshot.offset, snapshot.length)]);
  await verify(bytes, snapshot.sha256, 'The snapshot in the file');
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
