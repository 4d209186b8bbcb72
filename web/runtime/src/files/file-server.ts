import { RequestKind } from '../layout.js';
import type { AttributeChange, DirectoryEntry, FileSystem, NodeAttributes, OpenNode } from './file-system.js';
import { Errno, FileError, FileType, OpenFlag, split } from './file-system.js';

/** A file request (docs/host-interface.md, kinds 16 to 31) as it travels from the worker. */
export interface FileRequest {
  readonly kind: number; readonly path: string; readonly path2: string; readonly handle: number; readonly offset: number; readonly length: number;
  readonly flags: number; readonly mode: number; readonly owner: number; readonly group: number;
  readonly data: Uint8Array<ArrayBuffer> | undefined; readonly change: AttributeChange | undefined;
}

/** A node of which the guest did not ask, but probably will. */
export interface KnownNode { readonly path: string; readonly attributes: NodeAttributes }

/** Its answer. `others` and `contents` (of a file that was opened for reading, when it is small) spare the guest a way to the page each. */
export interface FileReply {
  readonly status: number; readonly result?: number; readonly data?: Uint8Array; readonly attributes?: NodeAttributes;
  readonly others?: readonly KnownNode[]; readonly contents?: Uint8Array;
}

/**
 * A folder that was listed: entries from `next` on were not told of yet, `batch` are told of the next time.
 * The last one opened was number `opened`, as one of `run` in a row; those before `read` were read in advance.
 */
interface Listed { readonly names: readonly string[]; readonly places: ReadonlyMap<string, number>; next: number; batch: number; opened: number; run: number; read: number }

const RemoveDirectory = 0x200;
const EntryHeader = 20;
const LargestContents = 65536;
const FoldersListed = 16;
const LargestBatch = 128;
const LargestReadAhead = 8;
// Whoever asked for one waits no longer than that for the others.
const BatchMilliseconds = 20;

/** Answers the requests of one mount from a file system. */
export class FileServer {
  private readonly handles = new Map<number, { readonly node: OpenNode; readonly path: string; entries: DirectoryEntry[] | undefined }>();
  private readonly listed = new Map<string, Listed>();
  private readonly writing = new Set<Promise<FileReply>>();
  private lastHandle = 0;

  constructor(private readonly files: FileSystem) {}

  /** Never throws: what goes wrong is in the status. Writes are done before what comes after them begins, since the guest does not wait for them. */
  async serve(request: FileRequest): Promise<FileReply> {
    const before = [...this.writing], work = before.length === 0 ? this.perform(request) : Promise.all(before).then(() => this.perform(request));
    if (request.kind === RequestKind.Write) {
      this.writing.add(work);
      void work.then(() => this.writing.delete(work));
    }
    return work;
  }

  private async perform(request: FileRequest): Promise<FileReply> {
    try {
      return { status: 0, ...await this.answer(request) };
    } catch (error) {
      return { status: error instanceof FileError ? error.errno : Errno.EIO };
    }
  }

  /** Writes everything back and forgets the handles. */
  async close(): Promise<void> {
    const open = [...this.handles.values()];
    this.handles.clear();
    await Promise.allSettled(open.map(({ node }) => node.close()));
  }

  private async answer(request: FileRequest): Promise<Omit<FileReply, 'status'>> {
    const { files } = this, { path, mode, owner, group } = request;
    const open = request.handle === 0 ? undefined : this.handles.get(request.handle);
    if (request.handle !== 0 && open === undefined) throw new FileError(Errno.EBADF);
    switch (request.kind) {
      case RequestKind.Stat: {
        if (open !== undefined) return { attributes: await open.node.attributes() };
        const [attributes, others] = await Promise.all([files.attributes(path), this.others(path)]);
        return { attributes, others };
      }
      case RequestKind.Open: {
        const { flags } = request, write = (flags & (OpenFlag.WriteOnly | OpenFlag.ReadWrite)) !== 0;
        const node = await files.open(path, {
          create: (flags & OpenFlag.Create) !== 0, exclusive: (flags & OpenFlag.Exclusive) !== 0, truncate: (flags & OpenFlag.Truncate) !== 0,
          directory: (flags & OpenFlag.Directory) !== 0, write, mode: mode & 0o7777, owner, group,
        });
        const handle = ++this.lastHandle;
        this.handles.set(handle, { node, path, entries: undefined });
        const attributes = node.opened ?? await node.attributes();
        if (write || (attributes.mode & FileType.Mask) !== FileType.File || attributes.size > LargestContents) return { result: handle, attributes };
        this.readOn(path);
        // It is open, whatever becomes of its contents: reading it tells the guest of that.
        const contents = await node.read(0, LargestContents + 1).catch(() => undefined);
        return contents?.length === attributes.size ? { result: handle, attributes, contents } : { result: handle, attributes };
      }
      case RequestKind.Close:
        this.handles.delete(request.handle);
        await open?.node.close();
        return {};
      case RequestKind.MakeDirectory:
        await files.makeDirectory(path, { mode: mode & 0o7777, owner, group });
        return { attributes: await files.attributes(path) };
      case RequestKind.Symlink:
        await files.symlink(path, request.path2, { mode: 0o777, owner, group });
        return { attributes: await files.attributes(path) };
      case RequestKind.ReadLink: {
        const data = new TextEncoder().encode(await files.readLink(path));
        return { data: data.subarray(0, request.length), result: Math.min(data.length, request.length) };
      }
      case RequestKind.Rename: await files.rename(path, request.path2); return {};
      case RequestKind.Unlink: await files.remove(path, (request.flags & RemoveDirectory) !== 0); return {};
      case RequestKind.SetAttributes:
        await (open === undefined ? files.setAttributes(path, request.change ?? {}) : open.node.setAttributes(request.change ?? {}));
        return {};
      case RequestKind.StatFileSystem: return {};
      case RequestKind.Link: case RequestKind.MakeNode: throw new FileError(Errno.EPERM);
    }
    if (open === undefined) throw new FileError(Errno.EBADF);
    switch (request.kind) {
      case RequestKind.List: return this.list(open, request);
      case RequestKind.Read: {
        const data = await open.node.read(request.offset, request.length);
        return { data, result: data.length };
      }
      case RequestKind.Write: {
        const data = request.data ?? new Uint8Array(0);
        await open.node.write(request.offset, data);
        return { result: data.length };
      }
      case RequestKind.Fsync: await open.node.flush(); return {};
      default: throw new FileError(Errno.ENOTSUP);
    }
  }

  /**
   * Entries of a folder that was listed, when one of it is asked for: more with each question, so that whoever asks for few pays for few,
   * and no more than the host tells in a moment.
   * The order does not matter: names are sorted by some (ls), by inode number by others.
   */
  private async others(path: string): Promise<KnownNode[]> {
    const { parent } = split(path), listed = this.listed.get(parent);
    if (listed === undefined) return [];
    if (listed.next >= listed.names.length) listed.next = 0;
    const names = listed.names.slice(listed.next, listed.next + listed.batch);
    listed.next += listed.batch;
    const found: KnownNode[] = [];
    const all = Promise.all(names.map(async name => {
      const other = parent === '' ? name : `${parent}/${name}`;
      await this.files.attributes(other).then(attributes => { found.push({ path: other, attributes }); }, () => undefined);
    })).then(() => true);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const inTime = await Promise.race([all, new Promise<boolean>(resolve => { timer = setTimeout(() => resolve(false), BatchMilliseconds); })]);
    clearTimeout(timer);
    listed.batch = inTime ? Math.min(LargestBatch, Math.max(4, listed.batch * 4)) : Math.max(4, Math.ceil(listed.batch / 2));
    return found.slice();
  }

  // Whoever reads a folder's files one after another (grep, tar) finds the next ones read: hosts answer slowly, but several at a time.
  private readOn(path: string): void {
    const { parent, name } = split(path), listed = this.listed.get(parent), at = listed?.places.get(name);
    if (listed === undefined || at === undefined) return;
    const isNext = at > listed.opened && at <= listed.opened + 4;
    listed.run = isNext ? listed.run + 1 : 0;
    listed.opened = at;
    if (listed.run < 2) listed.read = at + 1;
    else for (listed.read = Math.max(listed.read, at + 1); listed.read <= Math.min(at + Math.min(listed.run, LargestReadAhead), listed.names.length - 1); listed.read++) {
      this.files.readAhead?.(`${parent === '' ? '' : `${parent}/`}${listed.names[listed.read] ?? ''}`, LargestContents).catch(() => undefined);
    }
  }

  private remember(path: string, entries: readonly DirectoryEntry[]): void {
    this.listed.delete(path);
    const names = entries.map(({ name }) => name);
    this.listed.set(path, { names, places: new Map(names.map((name, place) => [name, place])), next: 0, batch: 0, opened: -1, run: 0, read: 0 });
    const oldest = this.listed.keys().next().value;
    if (this.listed.size > FoldersListed && oldest !== undefined) this.listed.delete(oldest);
  }

  // The list is taken when it begins, so that the folder may change while it is read; a cookie is the number of entries before it.
  private async list(open: { readonly node: OpenNode; readonly path: string; entries: DirectoryEntry[] | undefined }, request: FileRequest): Promise<Omit<FileReply, 'status'>> {
    if (request.offset === 0 || open.entries === undefined) {
      open.entries = await open.node.list();
      this.remember(open.path, open.entries);
    }
    const data = new Uint8Array(request.length), view = new DataView(data.buffer);
    let used = 0;
    for (let i = request.offset; i < open.entries.length; i++) {
      const entry = open.entries[i];
      if (entry === undefined) break;
      const name = new TextEncoder().encode(entry.name);
      if (used + EntryHeader + name.length > data.length) break;
      view.setBigUint64(used, BigInt(entry.inode), true);
      view.setBigUint64(used + 8, BigInt(i + 1), true);
      data[used + 16] = entry.type >> 12;
      view.setUint16(used + 18, name.length, true);
      data.set(name, used + EntryHeader);
      used += EntryHeader + name.length;
    }
    return { data: data.subarray(0, used), result: used };
  }
}
