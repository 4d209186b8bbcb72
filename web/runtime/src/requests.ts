import { Attributes, Request, RequestKind, RequestState, Segment, SegmentSize, Statistics, Mailbox } from './layout.js';
import type { ChunkedDisk } from './disk.js';
import type { AttributeChange, NodeAttributes } from './files/file-system.js';
import { Errno, now } from './files/file-system.js';
import type { FileReply, FileRequest } from './files/file-server.js';
import { LookAhead } from './look-ahead.js';
import type { LinearMemory } from './memory.js';
import { WriteBehind } from './write-behind.js';

const Change = { Mode: 1, Owner: 2, Group: 4, Size: 8, AccessTime: 0x10, ModifyTime: 0x20, AccessGiven: 0x80, ModifyGiven: 0x100 } as const;
const MaximumSegments = 256;
/** The slot of a request whose answer is known. */
const Nobody = 0;

/** Takes posted requests out of the mailbox and completes them, at once or later. */
export class RequestServer {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private readonly writes: WriteBehind;
  private readonly ahead: LookAhead;

  /**
   * @param sendFile asks the mount's file server; its answer comes to {@link completeFile}
   * @param wake called when a request was completed outside of {@link serve}
   * @param fail called when a disk cannot be read, with why
   * @param clock by which what was told ahead gets too old, in milliseconds
   */
  constructor(
    private readonly memory: LinearMemory, private readonly mailbox: number, private readonly disk: ChunkedDisk,
    private readonly sendFile: (slot: number, mount: number, request: FileRequest) => void, private readonly wake: () => void, private readonly fail: (error: unknown) => void,
    clock?: () => number) {
    this.writes = new WriteBehind(sendFile, (slot, reply) => this.answer(slot, reply));
    this.ahead = new LookAhead(clock);
  }

  /** Looks at all slots; true when one was completed already. */
  serve(): boolean {
    const { memory, mailbox } = this;
    if (memory.get(mailbox, Mailbox.RequestsInFlight) === 0) return false;
    const first = memory.get(mailbox, Mailbox.Requests), stride = memory.get(mailbox, Mailbox.RequestStride), count = memory.get(mailbox, Mailbox.RequestCount);
    let completed = false;
    for (let slot = first; slot < first + count * stride; slot += stride) {
      if (memory.get(slot, Request.State) !== RequestState.Posted) continue;
      memory.set(slot, Request.State, RequestState.Taken);
      completed = this.take(slot) || completed;
    }
    return completed;
  }

  /** Sends the writes that wait for more. */
  flush(): void { this.writes.flush(); }

  /** Files of a mount changed, whoever did it. */
  filesChanged(): void { this.ahead.forget(); }

  /** A file server's answer. */
  completeFile(slot: number, reply: FileReply): void {
    if (slot === Nobody) return;
    if (slot < 0) this.ahead.forget();
    if (slot > 0) {
      this.ahead.answered(slot, reply);
      this.answer(slot, reply);
    } else if (!this.writes.acknowledge(-slot, reply)) return;
    this.wake();
  }

  private answer(slot: number, reply: FileReply): void {
    const { memory } = this;
    if (reply.data !== undefined) this.scatter(slot, reply.data);
    const kind = memory.get(slot, Request.Kind), attributes = memory.get(slot, Request.Attributes);
    if (reply.attributes !== undefined) this.putAttributes(attributes, reply.attributes);
    if (kind === RequestKind.StatFileSystem && reply.status === 0) this.putStatistics(attributes);
    memory.set(slot, Request.Result, reply.result ?? 0);
    this.finish(slot, reply.status);
  }

  private take(slot: number): boolean {
    const kind = this.memory.get(slot, Request.Kind);
    if (kind >= RequestKind.Stat) return this.takeFile(slot);
    if (kind === RequestKind.BlockRead) return this.takeRead(slot);
    this.finish(slot, kind === RequestKind.BlockFlush ? 0 : Errno.EROFS);
    return true;
  }

  private takeRead(slot: number): boolean {
    const offset = this.memory.get(slot, Request.Offset), length = this.memory.get(slot, Request.Length);
    if (this.memory.get(slot, Request.Device) !== 0 || offset + length > this.disk.size) {
      this.finish(slot, Errno.EIO);
      return true;
    }
    const present = new Uint8Array(length);
    if (length === 0 || this.disk.tryRead(offset, present)) {
      this.scatter(slot, present);
      this.finish(slot, 0);
      return true;
    }
    this.disk.read(offset, length).then(bytes => {
      this.scatter(slot, bytes);
      this.finish(slot, 0);
    }, (error: unknown) => {
      // The guest gets its I/O error; the user must learn the reason.
      this.finish(slot, Errno.EIO);
      this.fail(error);
    }).finally(this.wake);
    return false;
  }

  private takeFile(slot: number): boolean {
    const { memory } = this, kind = memory.get(slot, Request.Kind), length = memory.get(slot, Request.Length);
    let path: string, path2: string;
    try {
      path = this.text(slot, Request.Path, Request.PathLength);
      path2 = this.text(slot, Request.Path2, Request.Path2Length);
    } catch {
      // Hosts name files in Unicode: a name that is none cannot be there.
      this.finish(slot, Errno.EILSEQ);
      return true;
    }
    const mount = memory.get(slot, Request.Device), request: FileRequest = {
      kind, path, path2, handle: memory.get(slot, Request.Handle), offset: memory.get(slot, Request.Offset), length,
      flags: memory.get(slot, Request.Flags), mode: memory.get(slot, Request.Mode), owner: memory.get(slot, Request.Owner), group: memory.get(slot, Request.Group),
      data: kind === RequestKind.Write ? this.gather(slot, length) : undefined,
      change: kind === RequestKind.SetAttributes ? this.change(memory.get(slot, Request.Attributes)) : undefined,
    };
    const known = this.ahead.take(slot, mount, request);
    if (known === undefined) return this.writes.take(slot, mount, request);
    if (kind === RequestKind.Close) this.sendFile(Nobody, mount, request);
    this.answer(slot, known);
    return true;
  }

  private finish(slot: number, status: number): void {
    this.memory.set(slot, Request.Status, status);
    this.memory.set(slot, Request.State, RequestState.Completed);
  }

  private text(slot: number, address: typeof Request.Path, length: typeof Request.PathLength): string {
    const size = this.memory.get(slot, length);
    return size === 0 ? '' : this.decoder.decode(this.memory.bytes(this.memory.get(slot, address), size));
  }

  private segments(slot: number): Uint8Array[] {
    const count = Math.min(this.memory.get(slot, Request.SegmentCount), MaximumSegments), table = this.memory.get(slot, Request.Segments);
    return Array.from({ length: count }, (_, i) => this.memory.bytes(this.memory.get(table + i * SegmentSize, Segment.Address), this.memory.get(table + i * SegmentSize, Segment.Length)));
  }

  private scatter(slot: number, bytes: Uint8Array): void {
    let at = 0;
    for (const segment of this.segments(slot)) {
      const piece = bytes.subarray(at, at + segment.length);
      segment.set(piece);
      at += piece.length;
    }
  }

  private gather(slot: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const segment of this.segments(slot)) {
      bytes.set(segment.subarray(0, length - at), at);
      at += segment.length;
    }
    return bytes;
  }

  private change(address: number): AttributeChange {
    const { memory } = this, valid = memory.get(address, Attributes.Valid), present = now();
    const time = (bit: number, given: number, field: typeof Attributes.AccessTime | typeof Attributes.ModifyTime): bigint | undefined =>
      (valid & bit) === 0 ? undefined : (valid & given) !== 0 ? memory.getBig(address, field) : present;
    const accessTime = time(Change.AccessTime, Change.AccessGiven, Attributes.AccessTime), modifyTime = time(Change.ModifyTime, Change.ModifyGiven, Attributes.ModifyTime);
    return {
      ...((valid & Change.Mode) !== 0 && { mode: memory.get(address, Attributes.Mode) }), ...((valid & Change.Owner) !== 0 && { owner: memory.get(address, Attributes.Owner) }),
      ...((valid & Change.Group) !== 0 && { group: memory.get(address, Attributes.Group) }), ...((valid & Change.Size) !== 0 && { size: memory.get(address, Attributes.Size) }),
      ...(accessTime !== undefined && { accessTime }), ...(modifyTime !== undefined && { modifyTime }),
    };
  }

  private putAttributes(address: number, from: NodeAttributes): void {
    const { memory } = this;
    memory.set(address, Attributes.Mode, from.mode);
    memory.set(address, Attributes.Owner, from.owner);
    memory.set(address, Attributes.Group, from.group);
    memory.set(address, Attributes.Inode, from.inode);
    memory.set(address, Attributes.Size, from.size);
    memory.set(address, Attributes.Links, from.links);
    memory.set(address, Attributes.Device, from.device);
    memory.set(address, Attributes.Blocks, Math.ceil(from.size / 512));
    memory.set(address, Attributes.BlockSize, 4096);
    memory.set(address, Attributes.AccessTime, from.accessTime);
    memory.set(address, Attributes.ModifyTime, from.modifyTime);
    memory.set(address, Attributes.ChangeTime, from.changeTime);
    memory.set(address, Attributes.Version, from.modifyTime);
  }

  // Hosts tell nothing of their space: enough for programs that ask first.
  private putStatistics(address: number): void {
    const blocks = 1 << 28;
    const values = { BlockSize: 4096, Blocks: blocks, BlocksFree: blocks, BlocksAvailable: blocks, Files: 1 << 20, FilesFree: 1 << 20, FileSystemId: 1, NameLength: 255 };
    for (const [name, field] of Object.entries(Statistics)) this.memory.set(address, field, values[name as keyof typeof values]);
  }
}
