import type { FileReply, FileRequest } from './files/file-server.js';
import { RequestKind } from './layout.js';

const LargestBatch = 1 << 20;
// A page that is slower than the guest: so much may be on its way before the guest's writers wait.
const LargestInFlight = 4 << 20;

/** Writes of one handle that follow each other, not sent yet. */
interface Batch { readonly mount: number; readonly first: FileRequest; readonly pieces: Uint8Array[]; length: number }

/** A batch on its way, and the guest's requests that wait for room. */
interface Flight { readonly key: string; readonly length: number }

/**
 * Puts a handle's writes together before they travel to the page: Linux's copy_file_range and splice send 4 KiB at a time (iov_iter_get_pages
 * gives one page of a pipe), each of which would cost the guest a way to the page and back.
 * A write is answered when it is taken; an error of the host's is the answer of the next request for the handle. Every other request of the mount, and
 * {@link flush}, send what waits first, and the page serves in order, so that no one sees the file without it.
 */
export class WriteBehind {
  private readonly batches = new Map<string, Batch>();
  private readonly flights = new Map<number, Flight>();
  private readonly errors = new Map<string, number>();
  private readonly waiting: { readonly slot: number; readonly length: number }[] = [];
  private inFlight = 0;
  private lastFlight = 0;

  /**
   * @param send sends a request to the page; numbers below 0 are ours and come back to {@link acknowledge}
   * @param complete answers a request of the guest
   */
  constructor(private readonly send: (slot: number, mount: number, request: FileRequest) => void, private readonly complete: (slot: number, reply: FileReply) => void) {}

  /** Takes a request; true when it has been answered. */
  take(slot: number, mount: number, request: FileRequest): boolean {
    const key = `${mount} ${request.handle}`, error = this.errors.get(key);
    if (error !== undefined && (request.kind === RequestKind.Write || request.kind === RequestKind.Fsync)) {
      this.errors.delete(key);
      this.complete(slot, { status: error });
      return true;
    }
    if (request.kind !== RequestKind.Write || request.data === undefined) {
      this.flush();
      if (request.kind === RequestKind.Close) this.errors.delete(key);
      this.send(slot, mount, request);
      return false;
    }
    this.add(key, mount, request, request.data);
    if (this.inFlight <= LargestInFlight) {
      this.complete(slot, { status: 0, result: request.data.length });
      return true;
    }
    this.waiting.push({ slot, length: request.data.length });
    return false;
  }

  /** Sends what waits. */
  flush(): void { for (const key of [...this.batches.keys()]) this.fly(key); }

  /** The page has served a batch; true when requests of the guest were answered. */
  acknowledge(flight: number, reply: FileReply): boolean {
    const done = this.flights.get(flight);
    if (done === undefined) return false;
    this.flights.delete(flight);
    this.inFlight -= done.length;
    if (reply.status !== 0) this.errors.set(done.key, reply.status);
    if (this.inFlight > LargestInFlight) return false;
    const ready = this.waiting.splice(0);
    for (const { slot, length } of ready) this.complete(slot, { status: 0, result: length });
    return ready.length > 0;
  }

  private add(key: string, mount: number, request: FileRequest, data: Uint8Array): void {
    let batch = this.batches.get(key);
    if (batch !== undefined && (batch.first.offset + batch.length !== request.offset || batch.length + data.length > LargestBatch)) {
      this.fly(key);
      batch = undefined;
    }
    if (batch === undefined) this.batches.set(key, batch = { mount, first: request, pieces: [], length: 0 });
    batch.pieces.push(data);
    batch.length += data.length;
    if (batch.length >= LargestBatch) this.fly(key);
  }

  private fly(key: string): void {
    const batch = this.batches.get(key);
    if (batch === undefined) return;
    this.batches.delete(key);
    const data = new Uint8Array(batch.length);
    let at = 0;
    for (const piece of batch.pieces) {
      data.set(piece, at);
      at += piece.length;
    }
    const flight = ++this.lastFlight;
    this.flights.set(flight, { key, length: batch.length });
    this.inFlight += batch.length;
    this.send(-flight, batch.mount, { ...batch.first, data, length: batch.length });
  }
}
