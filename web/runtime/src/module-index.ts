import { GantryError } from './errors.js';
import type { ByteSource } from './source.js';
import { truncated } from './source.js';

// The index of an out.wasm (docs/out-wasm.md). The file is hostile: nothing of it is used before it was checked here.

export interface FileRange { readonly offset: number; readonly length: number }
export interface DigestedRange extends FileRange { readonly sha256: string }

/** What the runtime uses of the index. */
export interface ModuleIndex {
  readonly platform: { readonly os: string; readonly architecture: string };
  readonly machine: { readonly memory: number; readonly commandLine: string; readonly ports: readonly string[]; readonly mounts: readonly string[]; readonly network: boolean; readonly mac: string };
  readonly engine: DigestedRange & { readonly source: string; readonly segments: number; readonly memoryPages: number };
  readonly kernelImage: DigestedRange | null;
  readonly initrd: DigestedRange | null;
  /** `packed`: the same bytes, compressed with gzip; null in files of an older converter. */
  readonly snapshot: (DigestedRange & { readonly table: FileRange; readonly packed: FileRange | null; readonly segments: number }) | null;
  readonly disk: FileRange & { readonly size: number; readonly external: string | null; readonly chunkSize: number; readonly digests: DigestedRange };
  readonly container: { readonly entrypoint: readonly string[]; readonly cmd: readonly string[]; readonly env: readonly string[]; readonly user: string; readonly workdir: string; readonly hostname: string };
  readonly reference: string;
}

const HeadLength = 65536;
const MaximumIndex = 4 << 20;
const MaximumFile = 2 ** 48;
const MiB = 1 << 20;
const MaximumSegments = 60_004;
const SectionName = 'gantry.index';
const JsonOffset = 8 + 1 + 5 + 1 + SectionName.length;

/** Reads and checks the index. */
export async function readIndex(source: ByteSource): Promise<ModuleIndex> {
  const head = await source.read(0, Math.min(HeadLength, source.size));
  const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  if (head.length < JsonOffset || magic.some((byte, i) => head[i] !== byte)) throw wrong('it is no WebAssembly module');
  const { value: size, next } = readLeb(head, 9);
  const nameLength = head[next] ?? 0;
  if (head[8] !== 0 || new TextDecoder().decode(head.subarray(next + 1, next + 1 + nameLength)) !== SectionName) throw wrong('it is a WebAssembly module, but was not made by `gantry convert`');
  const start = next + 1 + nameLength, end = next + size;
  if (end - start > MaximumIndex || end < start) throw wrong('its index is too long');
  const bytes = end <= head.length ? head.subarray(start, end) : await source.read(start, end - start);
  let json: unknown;
  try { json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)); } catch (error) { throw wrong('its index is no JSON', error); }
  return parseIndex(json, source.size);
}

/** Checks the index's JSON. */
export function parseIndex(json: unknown, fileSize: number): ModuleIndex {
  const root = new Reader(json, 'index');
  const format = root.integer('format', 0, 1e9);
  if (format !== 1) throw new GantryError('format', `The image has format ${format}, this page knows format 1. Convert it again, or use a newer page.`);
  const machine = root.object('machine');
  const engine = root.object('engine');
  const disk = root.object('disk');
  const container = root.object('container');
  if (machine.integer('interface', 0, 1e9) !== 1 || machine.integer('control', 0, 1e9) !== 1) {
    throw new GantryError('format', 'The image speaks another version of the host interface than this page. Convert it again, or use a newer page.');
  }
  const range = (reader: Reader): FileRange => {
    const offset = reader.integer('offset', 0, MaximumFile), length = reader.integer('length', 0, MaximumFile);
    if (offset + length > fileSize) throw truncated(offset + length, fileSize);
    return { offset, length };
  };
  const digested = (reader: Reader): DigestedRange => ({ ...range(reader), sha256: reader.digest('sha256') });
  const snapshot = root.optional('snapshot');
  const kernelImage = root.optional('kernelImage'), initrd = root.optional('initrd');
  const external = disk.nullableText('external');
  if (external !== null && !/^[^/\\]{1,255}$/.test(external)) throw wrong('the name of its external file has a folder in it');
  const size = disk.integer('size', 0, 2 ** 48), chunkSize = disk.integer('chunkSize', 512, 64 << 20);
  const digests = digested(disk.object('digests'));
  if (digests.length !== Math.ceil(size / chunkSize) * 32) throw wrong('its table of digests has not one for each chunk');
  const place = range(disk);
  if (external === null && place.length !== size) throw wrong('its root file system is not where the index says');
  const table = snapshot === null ? null : range(snapshot.object('table'));
  const packed = snapshot?.optional('packed') ?? null;
  const segments = snapshot === null ? 0 : snapshot.integer('segments', 0, MaximumSegments);
  if (table !== null && table.length !== segments * 16) throw wrong('its snapshot table has not one entry for each segment');
  const image = root.optional('image');
  return {
    platform: { os: root.object('platform').text('os'), architecture: root.object('platform').text('architecture') },
    machine: {
      memory: machine.integer('memory', 16 << 20, 3 * 2 ** 30), commandLine: machine.text('commandLine'), ports: machine.texts('ports', 15), mounts: machine.texts('mounts', 8),
      network: machine.flag('network'), mac: machine.text('mac'),
    },
    engine: { ...digested(engine), source: engine.text('source'), segments: engine.integer('segments', 0, MaximumSegments), memoryPages: engine.integer('memoryPages', 0, 65536) },
    kernelImage: kernelImage === null ? null : digested(kernelImage),
    initrd: initrd === null ? null : digested(initrd),
    snapshot: snapshot === null || table === null ? null : { ...digested(snapshot), table, packed: packed === null ? null : range(packed), segments },
    disk: { ...place, size, external, chunkSize, digests },
    container: {
      entrypoint: container.texts('entrypoint', 4096), cmd: container.texts('cmd', 4096), env: container.texts('env', 4096),
      user: container.text('user'), workdir: container.text('workdir'), hostname: container.text('hostname'),
    },
    reference: image === null ? '' : image.nullableText('reference') ?? '',
  };
}

/** An unsigned LEB128 of at most 5 bytes. */
export function readLeb(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return { value, next: at + i + 1 };
  }
  throw wrong('a length in it is broken');
}

/** An unsigned LEB128 in as few bytes as it needs. */
export function writeLeb(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

/** An error about the file as such. */
export const wrong = (why: string, cause?: unknown): GantryError =>
  new GantryError('format', `The file is not an image that can be run: ${why}. Check the address, or make it again with \`gantry convert\`.`, cause);

class Reader {
  private readonly value: Readonly<Record<string, unknown>>;

  constructor(value: unknown, private readonly path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${path} in its index is no object`);
    this.value = { ...value };
  }

  object(name: string): Reader { return new Reader(this.value[name], `${this.path}.${name}`); }

  optional(name: string): Reader | null { return this.value[name] === undefined || this.value[name] === null ? null : this.object(name); }

  integer(name: string, least: number, most: number): number {
    const value = this.value[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) throw this.bad(name, `a number from ${least} to ${most}`);
    return value;
  }

  text(name: string): string {
    const value = this.value[name];
    if (typeof value !== 'string') throw this.bad(name, 'a text');
    return value;
  }

  nullableText(name: string): string | null { return this.value[name] === undefined || this.value[name] === null ? null : this.text(name); }

  flag(name: string): boolean {
    const value = this.value[name];
    if (typeof value !== 'boolean') throw this.bad(name, 'true or false');
    return value;
  }

  texts(name: string, most: number): string[] {
    const value = this.value[name];
    if (!Array.isArray(value) || value.length > most || !value.every((item): item is string => typeof item === 'string')) throw this.bad(name, `a list of at most ${most} texts`);
    return value;
  }

  digest(name: string): string {
    const value = this.text(name);
    if (!/^[0-9a-f]{64}$/.test(value)) throw this.bad(name, 'a SHA-256');
    return value;
  }

  private bad(name: string, what: string): GantryError { return wrong(`${this.path}.${name} in its index is not ${what}`); }
}

/** The same machine with another size of memory. */
export function withMemory(index: ModuleIndex, bytes: number | undefined): ModuleIndex {
  const { machine } = index;
  if (bytes === undefined || bytes === machine.memory) return index;
  if (index.snapshot !== null) {
    throw new GantryError('settings', `The image is a snapshot of a machine with ${machine.memory / MiB} MiB of memory, so it cannot be started with ${bytes / MiB}. Leave the memory setting out, or convert the image with --memory.`);
  }
  if (!Number.isInteger(bytes / MiB) || bytes < 32 * MiB || bytes > 2048 * MiB) throw new GantryError('settings', `${bytes} bytes are no size for the machine's memory: whole MiB from 32 to 2048 are.`);
  return { ...index, machine: { ...machine, memory: bytes } };
}
