import { GantryError } from './errors.js';

// The guest init's control protocol, version 1 (docs/guest.md).

export const Frame = {
  Argument: 0x0001, Environment: 0x0002, Folder: 0x0003, User: 0x0004, Stdio: 0x0005, Capabilities: 0x0007, Options: 0x0008, Mount: 0x0010, File: 0x0011, Run: 0x001f,
  Time: 0x0020, Entropy: 0x0021, Hostname: 0x0022, DropCaches: 0x0024, Shutdown: 0x0025, Signal: 0x0030, Resize: 0x0031,
  Ready: 0x8001, Started: 0x8002, Exited: 0x8003, Error: 0x8004,
} as const;

const HeaderLength = 8;
const MaximumPayload = 131072;
const text = new TextEncoder();

/** A file to be put into the container before it starts. */
export interface InitialFile { readonly path: string; readonly contents: Uint8Array | string; readonly mode?: number }

/** A frame's bytes. */
export function frame(type: number, process: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  if (payload.length > MaximumPayload) throw new GantryError('settings', `A setting of ${payload.length} bytes is too long: at most ${MaximumPayload} are allowed. Use a mount for large files.`);
  const bytes = new Uint8Array(HeaderLength + payload.length), view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, process, true);
  bytes.set(payload, HeaderLength);
  return bytes;
}

export function textFrame(type: number, process: number, value: string): Uint8Array {
  if (value.includes('\0')) throw new GantryError('settings', 'A setting has a zero character in it, which no Linux process can be given.');
  return frame(type, process, text.encode(value));
}

export function timeFrame(now: number): Uint8Array {
  const payload = new Uint8Array(16), view = new DataView(payload.buffer);
  view.setBigInt64(0, BigInt(Math.floor(now / 1000)), true);
  view.setUint32(8, Math.floor((now % 1000) * 1e6), true);
  return frame(Frame.Time, 0, payload);
}

export const entropyFrame = (): Uint8Array => frame(Frame.Entropy, 0, crypto.getRandomValues(new Uint8Array(64)));

export function stdioFrame(process: number, terminal: boolean, rows: number, columns: number): Uint8Array {
  const payload = new Uint8Array(6), view = new DataView(payload.buffer);
  payload[0] = terminal ? 1 : 0;
  view.setUint16(2, terminal ? rows : 0, true);
  view.setUint16(4, terminal ? columns : 0, true);
  return frame(Frame.Stdio, process, payload);
}

export function resizeFrame(process: number, rows: number, columns: number): Uint8Array {
  const payload = new Uint8Array(4), view = new DataView(payload.buffer);
  view.setUint16(0, rows, true);
  view.setUint16(2, columns, true);
  return frame(Frame.Resize, process, payload);
}

export function signalFrame(process: number, signal: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, signal, true);
  return frame(Frame.Signal, process, payload);
}

export function shutdownFrame(signal: number, grace: number): Uint8Array {
  const payload = new Uint8Array(8), view = new DataView(payload.buffer);
  view.setUint32(0, signal, true);
  view.setUint32(4, grace, true);
  return frame(Frame.Shutdown, 0, payload);
}

export function mountFrame(tag: string, path: string, readOnly: boolean): Uint8Array {
  const rest = text.encode(`${tag}\0${path}\0`), payload = new Uint8Array(4 + rest.length);
  new DataView(payload.buffer).setUint32(0, readOnly ? 1 : 0, true);
  payload.set(rest, 4);
  return frame(Frame.Mount, 0, payload);
}

export function fileFrame(file: InitialFile): Uint8Array {
  const path = text.encode(`${file.path}\0`), contents = typeof file.contents === 'string' ? text.encode(file.contents) : file.contents;
  const payload = new Uint8Array(12 + path.length + contents.length);
  new DataView(payload.buffer).setUint32(0, file.mode ?? 0o644, true);
  payload.set(path, 12);
  payload.set(contents, 12 + path.length);
  return frame(Frame.File, 0, payload);
}

/** A frame from the guest. */
export interface GuestFrame { readonly type: number; readonly process: number; readonly payload: Uint8Array }

/** Puts frames together from pieces of any size. */
export class FrameReader {
  private waiting: Uint8Array = new Uint8Array(0);

  /** The frames that are complete with these bytes. */
  push(bytes: Uint8Array): GuestFrame[] {
    const all = new Uint8Array(this.waiting.length + bytes.length), frames: GuestFrame[] = [];
    all.set(this.waiting);
    all.set(bytes, this.waiting.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (all.length - at >= HeaderLength) {
      const length = view.getUint32(at, true);
      if (length > MaximumPayload) throw new GantryError('guest', 'The guest\'s control messages are out of step; it may have crashed. Start it again.');
      if (all.length - at < HeaderLength + length) break;
      frames.push({ type: view.getUint16(at + 4, true), process: view.getUint16(at + 6, true), payload: all.slice(at + HeaderLength, at + HeaderLength + length) });
      at += HeaderLength + length;
    }
    this.waiting = all.slice(at);
    return frames;
  }
}

/** Status and signal of an EXITED frame. */
export function exitOf(payload: Uint8Array): { status: number; signal: number } {
  if (payload.length < 8) throw new GantryError('guest', 'The guest\'s exit message is broken; it may have crashed.');
  const view = new DataView(payload.buffer, payload.byteOffset);
  return { status: view.getUint32(0, true), signal: view.getUint32(4, true) };
}
