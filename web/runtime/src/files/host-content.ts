import { now } from './file-system.js';
import { resized } from './resized.js';

// A Buffer's slice is a view of it, not a copy.
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

/** A file that is open or was a moment ago: its contents are read once and written back by flush and by each close. */
export class Content {
  opens = 0;
  dirty = false;
  /** Undefined once removed. */
  path: string | undefined;
  modifyTime = now();
  size: number;
  private bytes: Uint8Array;

  /** @param state what the host said of the file before the bytes were read, or after they were written */
  constructor(path: string, bytes: Uint8Array, public state: string) {
    this.path = path;
    this.bytes = plain(bytes);
    this.size = bytes.length;
  }

  /** A copy of all there is. */
  get all(): Uint8Array { return this.bytes.slice(0, this.size); }

  read(offset: number, length: number): Uint8Array { return this.bytes.slice(offset, Math.max(offset, Math.min(this.size, offset + length))); }

  write(offset: number, data: Uint8Array): void {
    if (offset + data.length > this.size) this.resize(offset + data.length);
    this.bytes.set(data, offset);
    this.touch();
  }

  resize(size: number): void {
    this.bytes = resized(this.bytes, this.size, size);
    this.size = size;
    this.touch();
  }

  replace(bytes: Uint8Array, state: string): void {
    this.bytes = plain(bytes);
    this.size = bytes.length;
    this.state = state;
    this.modifyTime = now();
  }

  /** Neither open nor unwritten: of use only as long as the host has the same. */
  get idle(): boolean { return this.opens === 0 && !this.dirty; }

  private touch(): void { this.dirty = true; this.modifyTime = now(); }
}
