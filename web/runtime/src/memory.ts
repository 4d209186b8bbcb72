import type { Field } from './layout.js';
import { Ring, RingClosed } from './layout.js';
import { GantryError } from './errors.js';

/** Linear memory with bounds checks and views that survive growth. */
export class LinearMemory {
  private view = new DataView(new ArrayBuffer(0));

  constructor(private readonly memory: WebAssembly.Memory) {}

  /** Bytes there are now. */
  get length(): number { return this.memory.buffer.byteLength; }

  /** A view that is good until the next call into the module. */
  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    const buffer = this.memory.buffer as ArrayBuffer;
    if (!(address >= 0 && length >= 0 && address + length <= buffer.byteLength)) {
      throw new GantryError('guest', `The machine names memory it does not have (${address} + ${length}). The file may be damaged: load it again.`);
    }
    return new Uint8Array(buffer, address, length);
  }

  /** A field's value; u64 beyond 2^53 are rounded. */
  get(base: number, field: Field): number {
    const view = this.current(), at = base + field.offset;
    switch (field.type) {
      case 'u16': return view.getUint16(at, true);
      case 'u32': return view.getUint32(at, true);
      case 'i32': return view.getInt32(at, true);
      case 'u64': return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
      case 'i64': return Number(view.getBigInt64(at, true));
      case 'Ring': return at;
    }
  }

  /** A field of 64 bits, exactly. */
  getBig(base: number, field: Field): bigint {
    return field.type === 'i64' ? this.current().getBigInt64(base + field.offset, true) : this.current().getBigUint64(base + field.offset, true);
  }

  set(base: number, field: Field, value: number | bigint): void {
    const view = this.current(), at = base + field.offset;
    switch (field.type) {
      case 'u16': view.setUint16(at, Number(value), true); break;
      case 'u32': view.setUint32(at, Number(value), true); break;
      case 'i32': view.setInt32(at, Number(value), true); break;
      case 'u64': view.setBigUint64(at, BigInt(value), true); break;
      case 'i64': view.setBigInt64(at, BigInt(value), true); break;
      case 'Ring': throw new TypeError('a ring is no number');
    }
  }

  private current(): DataView {
    if (this.view.buffer !== this.memory.buffer) this.view = new DataView(this.memory.buffer);
    return this.view;
  }
}

/** One end of a byte queue in linear memory. */
export class RingBuffer {
  constructor(private readonly memory: LinearMemory, private readonly address: number) {}

  /** Bytes to read. */
  get count(): number {
    const { memory, address } = this;
    const count = (memory.get(address, Ring.Head) - memory.get(address, Ring.Tail)) >>> 0;
    if (count > this.capacity) throw new GantryError('guest', 'A queue of the machine is out of step. Please report it with the log.');
    return count;
  }

  /** Bytes that can be written. */
  get space(): number { return this.capacity - this.count; }

  get closed(): boolean { return (this.memory.get(this.address, Ring.Flags) & RingClosed) !== 0; }

  set closed(value: boolean) {
    const flags = this.memory.get(this.address, Ring.Flags);
    this.memory.set(this.address, Ring.Flags, value ? flags | RingClosed : flags & ~RingClosed);
  }

  /** Takes at most `limit` bytes out, as a copy. */
  read(limit = Infinity): Uint8Array<ArrayBuffer> {
    const length = Math.min(this.count, limit), capacity = this.capacity, tail = this.memory.get(this.address, Ring.Tail);
    const target = new Uint8Array(length), bytes = this.memory.bytes(this.memory.get(this.address, Ring.Base), capacity);
    const at = tail % capacity, first = Math.min(length, capacity - at);
    target.set(bytes.subarray(at, at + first));
    target.set(bytes.subarray(0, length - first), first);
    this.memory.set(this.address, Ring.Tail, (tail + length) >>> 0);
    return target;
  }

  /** Puts in what fits and says how much that was. */
  write(source: Uint8Array): number {
    const length = Math.min(source.length, this.space), capacity = this.capacity, head = this.memory.get(this.address, Ring.Head);
    const bytes = this.memory.bytes(this.memory.get(this.address, Ring.Base), capacity);
    const at = head % capacity, first = Math.min(length, capacity - at);
    bytes.set(source.subarray(0, first), at);
    bytes.set(source.subarray(first, length), 0);
    this.memory.set(this.address, Ring.Head, (head + length) >>> 0);
    return length;
  }

  /** Takes back what the consumer has not read. */
  withdraw(): void { this.memory.set(this.address, Ring.Head, this.memory.get(this.address, Ring.Tail)); }

  private get capacity(): number { return this.memory.get(this.address, Ring.Capacity); }
}

/** Bytes on their way into a ring that is not always free. */
export class InputQueue {
  private readonly waiting: Uint8Array[] = [];
  private closing = false;

  constructor(readonly ring: RingBuffer) {}

  /** There is something to be written as soon as there is room. */
  get pending(): boolean { return this.waiting.length > 0; }

  push(bytes: Uint8Array): void { if (bytes.length > 0) this.waiting.push(bytes); }

  /** After what was pushed, the guest reads end of file. */
  close(): void { this.closing = true; }

  /** Forgets what was not read and opens the port again, for the next process on it. */
  reset(): void {
    this.waiting.length = 0;
    this.closing = false;
    this.ring.withdraw();
    this.ring.closed = false;
  }

  /** Moves what fits; true when anything moved. */
  pump(): boolean {
    let moved = false;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const count = this.ring.write(next);
      moved ||= count > 0;
      if (count < next.length) { this.waiting[0] = next.subarray(count); break; }
      this.waiting.shift();
    }
    if (this.closing && !this.pending && !this.ring.closed) { this.ring.closed = true; moved = true; }
    return moved;
  }
}
