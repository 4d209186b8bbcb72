import type { FileReply, FileRequest } from './files/file-server.js';
import type { NodeAttributes } from './files/file-system.js';
import { OpenFlag } from './files/file-system.js';
import { RequestKind } from './layout.js';

// As long as a host may take to tell of a change, and no longer: what it does tell is forgotten at once.
const FreshMilliseconds = 500;
const MaximumNodes = 16_384;

interface Fresh { readonly attributes: NodeAttributes; readonly until: number }
interface OpenFile extends Fresh { readonly contents: Uint8Array }
interface Asked { readonly mount: number; readonly request: FileRequest; readonly generation: number }

/** Requests after which attributes or contents may be others. */
const changes = ({ kind, flags }: FileRequest): boolean => {
  switch (kind) {
    case RequestKind.Stat: case RequestKind.List: case RequestKind.Read: case RequestKind.ReadLink: case RequestKind.StatFileSystem: return false;
    case RequestKind.Open: return (flags & (OpenFlag.WriteOnly | OpenFlag.ReadWrite | OpenFlag.Create | OpenFlag.Truncate)) !== 0;
    default: return true;
  }
};

/**
 * What the page told beyond what it was asked: attributes of a folder's other entries, contents of a small file with its opening. From it come answers that cost no way to the page.
 * Everything is forgotten with each change, the guest's (when it is asked for and when it is done) or the host's, and half a second after it was told.
 */
export class LookAhead {
  private readonly nodes = new Map<string, Fresh>();
  private readonly files = new Map<string, OpenFile>();
  /** Handles that were opened for reading only: to close one changes nothing, and nobody has to wait for it. */
  private readonly reading = new Set<string>();
  private readonly asked = new Map<number, Asked>();
  private generation = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The answer, if it is known; else the page has to be asked, for this request in this slot. */
  take(slot: number, mount: number, request: FileRequest): FileReply | undefined {
    const { kind, path, handle, offset, length } = request, open = `${mount} ${handle}`;
    const known = handle === 0 ? this.fresh(this.nodes, `${mount} ${path}`) : this.fresh(this.files, open);
    if (kind === RequestKind.Stat && known !== undefined) return { status: 0, attributes: known.attributes };
    if (kind === RequestKind.Read) {
      const bytes = this.fresh(this.files, open)?.contents.subarray(offset, offset + length);
      if (bytes !== undefined) return { status: 0, data: bytes, result: bytes.length };
    }
    if (kind === RequestKind.Close && this.reading.delete(open)) {
      this.files.delete(open);
      return { status: 0 };
    }
    if (changes(request)) this.forget();
    this.asked.set(slot, { mount, request, generation: this.generation });
    return undefined;
  }

  /** Hears what the page answered to {@link take}'s request. */
  answered(slot: number, reply: FileReply): void {
    const asked = this.asked.get(slot);
    this.asked.delete(slot);
    if (asked === undefined) return;
    const { mount, request, generation } = asked;
    if (changes(request)) return this.forget();
    if (reply.status !== 0) return;
    const open = `${mount} ${reply.result ?? 0}`;
    if (request.kind === RequestKind.Open && (request.flags & OpenFlag.Directory) === 0) this.reading.add(open);
    // What was asked before a change may have been found before it, too.
    if (generation !== this.generation) return;
    const until = this.now() + FreshMilliseconds;
    if (reply.contents !== undefined && reply.attributes !== undefined) this.files.set(open, { attributes: reply.attributes, contents: reply.contents, until });
    if (this.nodes.size > MaximumNodes) this.nodes.clear();
    for (const { path, attributes } of reply.others ?? []) this.nodes.set(`${mount} ${path}`, { attributes, until });
  }

  /** Something changed. */
  forget(): void {
    this.generation++;
    this.nodes.clear();
    this.files.clear();
  }

  private fresh<T extends Fresh>(map: Map<string, T>, key: string): T | undefined {
    const found = map.get(key);
    if (found === undefined || this.now() < found.until) return found;
    map.delete(key);
    return undefined;
  }
}
