import { GantryError } from './errors.js';
import { gunzip } from './gunzip.js';

/** Where an image's bytes come from. */
export interface ByteSource {
  /** All bytes there are. */
  readonly size: number;
  /** Exactly these bytes, or an error; `piece` is told of them in order, as they arrive where they come one after another. */
  read(offset: number, length: number, piece?: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<Uint8Array<ArrayBuffer>>;
  /** A file beside this one (external root file systems). */
  sibling(name: string): Promise<ByteSource>;
}

/** Told of bytes that arrived, and of all when that is known. */
export type ByteProgress = (bytes: number, total: number | undefined) => void;

type Piece = (bytes: Uint8Array<ArrayBuffer>) => void;

const HeadLength = 65536;
const NoProgress: ByteProgress = () => undefined;

/** Options of {@link openUrl}. */
export interface SourceOptions {
  readonly signal?: AbortSignal;
  readonly progress?: ByteProgress;
}

const RetryMilliseconds = [0, 500, 2000];

/** An image that is in memory. */
export class BytesSource implements ByteSource {
  constructor(private readonly bytes: Uint8Array<ArrayBuffer>, private readonly url?: string) {}

  get size(): number { return this.bytes.length; }

  async read(offset: number, length: number, piece?: Piece): Promise<Uint8Array<ArrayBuffer>> {
    if (offset + length > this.size) throw truncated(offset + length, this.size);
    const bytes = this.bytes.subarray(offset, offset + length);
    piece?.(bytes);
    return bytes;
  }

  async sibling(name: string): Promise<ByteSource> {
    if (this.url === undefined) throw new GantryError('not-found', `The image needs the file ${name} beside it, so it has to be loaded by URL.`);
    return openUrl(new URL(name, this.url).href);
  }
}

/** A file on a server that answers Range requests. */
class RangedSource implements ByteSource {
  constructor(private readonly url: string, readonly size: number, private readonly head: Uint8Array<ArrayBuffer>, private readonly options: SourceOptions) {}

  async read(offset: number, length: number, piece?: Piece): Promise<Uint8Array<ArrayBuffer>> {
    if (length === 0) return new Uint8Array(0);
    if (offset + length <= this.head.length) {
      const bytes = this.head.subarray(offset, offset + length);
      piece?.(bytes);
      return bytes;
    }
    if (offset + length > this.size) throw truncated(offset + length, this.size);
    // Pieces that were given away cannot be taken back.
    return piece === undefined ? persistently(() => this.readOnce(offset, length)) : this.readOnce(offset, length, piece);
  }

  private async readOnce(offset: number, length: number, piece?: Piece): Promise<Uint8Array<ArrayBuffer>> {
    const response = await request(this.url, this.options.signal, { Range: `bytes=${offset}-${offset + length - 1}` });
    if (response.status !== 206) throw new GantryError('format', `${this.url}: the server stopped answering Range requests (status ${response.status}). Reload the page.`);
    const bytes = await readBody(response, length, this.options.progress ?? NoProgress, piece);
    if (bytes.length !== length) throw truncated(offset + length, offset + bytes.length);
    return bytes;
  }

  sibling(name: string): Promise<ByteSource> { return openUrl(new URL(name, this.url).href, this.options); }
}

/** What `gantry site` writes in place of a large file: equal parts, each gzip-compressed. */
interface PartsManifest { readonly size: number; readonly partSize: number; readonly parts: readonly string[] }

/** A file in parts, for file hosts without Range or with a size limit. */
class PartsSource implements ByteSource {
  private readonly loaded = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(private readonly url: string, private readonly manifest: PartsManifest, private readonly options: SourceOptions) {}

  get size(): number { return this.manifest.size; }

  async read(offset: number, length: number, piece?: Piece): Promise<Uint8Array<ArrayBuffer>> {
    if (offset + length > this.size) throw truncated(offset + length, this.size);
    const target = new Uint8Array(length), { partSize } = this.manifest;
    const numbers: number[] = [];
    for (let part = Math.floor(offset / partSize); part * partSize < offset + length; part++) numbers.push(part);
    await Promise.all(numbers.map(async number => {
      const bytes = await this.part(number), start = number * partSize;
      const from = Math.max(offset, start), to = Math.min(offset + length, start + bytes.length);
      target.set(bytes.subarray(from - start, to - start), from - offset);
    }));
    piece?.(target);
    return target;
  }

  sibling(name: string): Promise<ByteSource> { return openUrl(new URL(`${name}.json`, this.url).href, this.options); }

  private part(number: number): Promise<Uint8Array<ArrayBuffer>> {
    let part = this.loaded.get(number);
    if (part === undefined) {
      part = this.fetchPart(number);
      part.catch(() => this.loaded.delete(number));
      this.loaded.set(number, part);
      // Whoever reads it keeps what matters by digest; a few parts bridge neighbours.
      const oldest = this.loaded.keys().next().value;
      if (this.loaded.size > 16 && oldest !== undefined) this.loaded.delete(oldest);
    }
    return part;
  }

  private async fetchPart(number: number): Promise<Uint8Array<ArrayBuffer>> {
    const name = this.manifest.parts[number] ?? '', { partSize } = this.manifest;
    const response = await request(new URL(name, this.url).href, this.options.signal, {}).catch((error: unknown) => {
      if (!(error instanceof GantryError && error.code === 'not-found')) throw error;
      throw new GantryError('not-found', `${name}, a part of the image, is not on the server. Reload the page if the image was replaced just now; if that does not help, upload the whole folder again.`, error);
    });
    const packed = await readBody(response, undefined, this.options.progress ?? NoProgress);
    return gunzip(packed, Math.min(partSize, this.size - number * partSize), name);
  }
}

/** Opens a file by URL: by Range where the server can, in parts where it is a `gantry site` manifest, whole otherwise. */
export async function openUrl(url: string, options: SourceOptions = {}): Promise<ByteSource> {
  const progress = options.progress ?? NoProgress;
  // An image that was replaced keeps its address: what the browser has of the old one is asked about first.
  const response = await request(url, options.signal, { Range: `bytes=0-${HeadLength - 1}` }, 'no-cache');
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
  if (response.status === 206 && total !== undefined) {
    const head = await readBody(response, undefined, progress);
    // A manifest is longer than its first piece only for enormous files.
    if (head[0] === 0x7b && head.length === Number(total)) return new PartsSource(url, parseManifest(head), options);
    return new RangedSource(url, Number(total), head, options);
  }
  const bytes = await readBody(response, undefined, progress);
  return bytes[0] === 0x7b ? new PartsSource(url, parseManifest(bytes), options) : new BytesSource(bytes, url);
}

function parseManifest(bytes: Uint8Array): PartsManifest {
  let value: unknown;
  try { value = JSON.parse(new TextDecoder().decode(bytes)); } catch { value = undefined; }
  if (typeof value === 'object' && value !== null && 'gantryParts' in value && value.gantryParts === 1
    && 'size' in value && typeof value.size === 'number' && 'partSize' in value && typeof value.partSize === 'number' && value.partSize > 0
    && 'parts' in value && Array.isArray(value.parts) && value.parts.every((part): part is string => typeof part === 'string')
    && value.parts.length === Math.ceil(value.size / value.partSize)) {
    return { size: value.size, partSize: value.partSize, parts: value.parts };
  }
  throw new GantryError('format', 'The file is neither an out.wasm nor a manifest of `gantry site`. Check the address.');
}

// The server has answered before: a connection that breaks or cannot be had for a moment must not end a container that runs.
async function persistently<T>(read: () => Promise<T>): Promise<T> {
  for (const wait of RetryMilliseconds) {
    try { return await read(); } catch (error) {
      if (!(error instanceof GantryError && (error.code === 'network' || error.code === 'truncated'))) throw error;
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  }
  return read();
}

async function request(url: string, signal: AbortSignal | undefined, headers: Record<string, string>, cache: RequestCache = 'default'): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers, cache, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted === true) throw new GantryError('cancelled', 'The start was cancelled.', error);
    // Browsers give no reason: this one is known without.
    if (globalThis.origin?.startsWith('https:') && /^http:\/\/(?!localhost\b|127\.)/i.test(url)) throw new GantryError('network', `${url} cannot be loaded: a page that came by https may read nothing by http. Give the image an https address.`, error);
    throw new GantryError('network', `${url} cannot be loaded: there is no connection, or the server does not allow this page to read it (CORS: it has to send Access-Control-Allow-Origin).`, error);
  }
  if (response.status === 404 || response.status === 410) throw new GantryError('not-found', `${url} is not there (status ${response.status}). Check the address of the image.`);
  if (!response.ok) throw new GantryError('network', `${url}: the server answered ${response.status} ${response.statusText}. Try again later, or check who may read it.`);
  if (/^text\/html\b/.test(response.headers.get('Content-Type') ?? '')) {
    await response.body?.cancel();
    throw new GantryError('format', `${url} is a web page, not an image. Check the address: many hosts answer a missing file with a page.`);
  }
  return response;
}

async function readBody(response: Response, expected: number | undefined, progress: ByteProgress, piece?: Piece): Promise<Uint8Array<ArrayBuffer>> {
  const length = response.headers.get('Content-Encoding') === null ? Number(response.headers.get('Content-Length') ?? NaN) : NaN;
  const total = expected ?? (Number.isFinite(length) ? length : undefined);
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (const reader = response.body?.getReader(); reader !== undefined;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      size += value.length;
      progress(value.length, total);
      piece?.(value);
    }
  } catch (error) {
    throw new GantryError('truncated', `${response.url}: the connection broke after ${size} bytes. Try again.`, error);
  }
  if (total !== undefined && size < total) throw truncated(total, size);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) { bytes.set(piece, at); at += piece.length; }
  return bytes;
}

/** A file has fewer bytes than it says, or than something in it says. */
export const truncated = (expected: number, present: number): GantryError =>
  new GantryError('truncated', `The file ends after ${present} of at least ${expected} bytes. It was not uploaded or downloaded completely: do that again.`);
