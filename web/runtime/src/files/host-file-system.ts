import type { AttributeChange, Creation, DirectoryEntry, FileSystem, NodeAttributes, OpenNode, OpenOptions } from './file-system.js';
import { Errno, FileError, FileType, isWithin, now, split } from './file-system.js';
import { Content } from './host-content.js';
import type { HostStat } from './host-stats.js';
import { HostStats } from './host-stats.js';

/** What a host without inodes, modes and ranges offers (VS Code's workspace.fs). Failures are {@link FileError}s. */
export interface HostFiles {
  readonly readOnly: boolean;
  /** Undefined when there is nothing. */
  stat(path: string): Promise<HostStat | undefined>;
  list(path: string): Promise<readonly { readonly name: string; readonly directory: boolean }[]>;
  read(path: string): Promise<Uint8Array>;
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** In a folder that is there. */
  makeDirectory(path: string): Promise<void>;
  /** Replaces what is there. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

// Contents of files that nobody has open any more.
const MaximumIdle = 32 << 20;
const MostReads = 3;

/** What the host does not keep, for the session. */
interface Extra { readonly inode: number; mode: number | undefined; owner: number; group: number; accessTime: bigint | undefined; modifyTime: bigint | undefined; target: string | undefined }

const describe = (stat: HostStat | undefined): string => stat === undefined ? 'nothing' : stat.directory ? 'folder' : `${stat.size} bytes of ${stat.modified}`;

/** A folder of a {@link HostFiles}, with inode numbers, modes, owners, times and symbolic links kept for the session. */
export class HostFileSystem implements FileSystem {
  private readonly extras = new Map<string, Extra>();
  private readonly contents = new Map<string, Content>();
  private readonly idle = new Set<Content>();
  private readonly reading = new Map<string, Promise<Uint8Array>>();
  private idleBytes = 0;
  private lastInode = 1;

  // What the host had after changes of ours, by which its events that tell of them are known from others.
  private readonly ours = new Map<string, string>();
  private readonly changing = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();
  private readonly stats: HostStats;

  /**
   * @param onUnsaved hears of contents that the host refused; they are kept, and given to it again by {@link flush}. A guest ignores errors of close.
   * @param clock milliseconds, by which what the host said gets too old
   */
  constructor(private readonly host: HostFiles, private readonly onUnsaved: (path: string, error: unknown) => void = () => undefined, clock: () => number = () => performance.now()) {
    this.stats = new HostStats(host, clock);
  }

  /** The host tells that a node changed: it is read again unless the guest has written it. False when the change was ours. */
  async changed(path: string): Promise<boolean> {
    const extra = this.extras.get(path);
    if (this.changing.has(path)) return false;
    const stat = await this.host.stat(path), state = describe(stat);
    // It may have become ours meanwhile.
    if (this.changing.has(path) || this.ours.get(path) === state || this.extras.get(path) !== extra) return false;
    this.ours.set(path, state);
    this.stats.forget(path, true);
    this.stats.set(path, stat);
    this.reading.delete(path);
    if (stat === undefined) {
      // Links go with their folder; one of this name was made after the file went.
      for (const [known, { target }] of [...this.extras]) if (isWithin(known, path) && (known !== path || target === undefined)) this.extras.delete(known);
    }
    const content = this.contents.get(path);
    if (content?.dirty === true) return true;
    if (extra !== undefined) extra.modifyTime = undefined;
    if (content?.idle === true) this.drop(content);
    else if (content !== undefined) await this.host.read(path).then(bytes => { if (!content.dirty) content.replace(bytes, state); }, () => undefined);
    return true;
  }

  /** Everything written is with the host. */
  async flush(): Promise<void> { await Promise.all([...this.contents.values()].map(content => this.store(content))); }

  async attributes(path: string): Promise<NodeAttributes> {
    const extra = this.extras.get(path);
    if (extra?.target !== undefined) return this.make(path, FileType.Link | 0o777, new TextEncoder().encode(extra.target).length, extra.modifyTime ?? 0n);
    const stat = await this.stats.get(path);
    if (stat === undefined) throw new FileError(Errno.ENOENT);
    const known = this.contents.get(path), content = known?.idle === true ? undefined : known;
    if (stat.directory) return this.make(path, FileType.Directory | (extra?.mode ?? 0o755), 4096, BigInt(Math.round(stat.modified)) * 1_000_000n);
    return this.make(path, FileType.File | (extra?.mode ?? 0o644), content?.size ?? stat.size, content?.dirty === true ? content.modifyTime : extra?.modifyTime ?? BigInt(Math.round(stat.modified)) * 1_000_000n);
  }

  async open(path: string, options: OpenOptions): Promise<OpenNode> {
    const present = await this.attributes(path).catch((error: unknown) => {
      if (error instanceof FileError && error.errno === Errno.ENOENT && options.create) return undefined;
      throw error;
    });
    if (present === undefined) {
      this.checkWritable();
      await this.checkFolder(split(path).parent);
      await this.modify([path], false, async () => { await this.host.write(path, new Uint8Array(0)); this.create(path, options); });
    } else {
      if (options.create && options.exclusive) throw new FileError(Errno.EEXIST);
      const type = present.mode & FileType.Mask;
      if (type === FileType.Link) throw new FileError(Errno.ELOOP);
      if (type === FileType.Directory) {
        if (options.write) throw new FileError(Errno.EISDIR);
        return this.openDirectory(path);
      }
      if (options.directory) throw new FileError(Errno.ENOTDIR);
      if (options.write || options.truncate) this.checkWritable();
    }
    const state = describe(await this.stats.get(path));
    let content = this.contents.get(path);
    if (content?.idle === true && content.state !== state) {
      this.drop(content);
      content = undefined;
    }
    if (content === undefined) {
      const loaded = options.truncate || present === undefined ? new Content(path, new Uint8Array(0), state) : await this.load(path, state);
      // Someone else may have opened it meanwhile.
      content = this.contents.get(path) ?? loaded;
      this.contents.set(path, content);
    }
    this.take(content);
    content.opens++;
    if (options.truncate && present !== undefined && present.size > 0) content.resize(0);
    return this.openFile(content, { ...present ?? await this.attributes(path), size: content.size }, present === undefined || content.dirty);
  }

  async readAhead(path: string, largest: number): Promise<void> {
    if (this.contents.has(path)) return;
    const { mode, size } = await this.attributes(path);
    if ((mode & FileType.Mask) !== FileType.File || size > largest) return;
    const node = await this.open(path, { create: false, exclusive: false, truncate: false, directory: false, write: false, mode: 0, owner: 0, group: 0 });
    await node.close();
  }

  async setAttributes(path: string, change: AttributeChange): Promise<void> {
    const { mode } = await this.attributes(path);
    this.checkWritable();
    if (change.size !== undefined) {
      if ((mode & FileType.Mask) !== FileType.File) throw new FileError(Errno.EINVAL);
      const node = await this.open(path, { create: false, exclusive: false, truncate: false, directory: false, write: true, mode: 0, owner: 0, group: 0 });
      await node.setAttributes({ size: change.size });
      await node.close();
    }
    this.change(this.extra(path), change);
  }

  async makeDirectory(path: string, creation: Creation): Promise<void> {
    await this.makeRoom(path);
    await this.modify([path], true, async () => { await this.host.makeDirectory(path); this.create(path, creation); });
  }

  async symlink(path: string, target: string, creation: Creation): Promise<void> {
    await this.makeRoom(path);
    Object.assign(this.create(path, creation), { target, modifyTime: now() });
  }

  async readLink(path: string): Promise<string> {
    const target = this.extras.get(path)?.target;
    if (target === undefined) throw new FileError((await this.attributes(path), Errno.EINVAL));
    return target;
  }

  async rename(from: string, to: string): Promise<void> {
    this.checkWritable();
    const node = await this.attributes(from), directory = (node.mode & FileType.Mask) === FileType.Directory;
    if (from === to) return;
    if (directory && isWithin(to, from)) throw new FileError(Errno.EINVAL);
    const old = await this.attributes(to).catch(() => undefined);
    if (old !== undefined) {
      const oldDirectory = (old.mode & FileType.Mask) === FileType.Directory;
      if (directory && !oldDirectory) throw new FileError(Errno.ENOTDIR);
      if (!directory && oldDirectory) throw new FileError(Errno.EISDIR);
      if (oldDirectory && (await this.entries(to)).length > 0) throw new FileError(Errno.ENOTEMPTY);
    }
    await this.checkFolder(split(to).parent);
    const content = this.contents.get(from), link = this.extras.get(from)?.target !== undefined;
    if (content !== undefined) await this.store(content);
    if (link && old !== undefined) await this.remove(to, false);
    await this.modify([from, to], directory, async () => {
      if (!link) await this.host.rename(from, to);
      this.moved(from, to);
    }, from);
  }

  private moved(from: string, to: string): void {
    this.forget(to);
    for (const [path, extra] of [...this.extras]) {
      if (isWithin(path, from)) { this.extras.delete(path); this.extras.set(to + path.slice(from.length), extra); }
    }
    for (const [path, content] of [...this.contents]) {
      if (isWithin(path, from)) { this.contents.delete(path); content.path = to + path.slice(from.length); this.contents.set(content.path, content); }
    }
  }

  async remove(path: string, directory: boolean): Promise<void> {
    this.checkWritable();
    const node = await this.attributes(path), isDirectory = (node.mode & FileType.Mask) === FileType.Directory;
    if (directory && !isDirectory) throw new FileError(Errno.ENOTDIR);
    if (!directory && isDirectory) throw new FileError(Errno.EISDIR);
    if (isDirectory && (await this.entries(path)).length > 0) throw new FileError(Errno.ENOTEMPTY);
    await this.modify([path], isDirectory, async () => {
      if (this.extras.get(path)?.target === undefined) await this.host.remove(path);
      this.forget(path);
    }, path);
  }

  private openFile(content: Content, opened: NodeAttributes, changed: boolean): OpenNode {
    const extra = this.extra(content.path ?? '');
    let closed = false;
    return {
      ...!changed && { opened },
      attributes: async () => content.path !== undefined ? this.attributes(content.path) : { ...opened, mode: FileType.File | (extra.mode ?? 0o644), size: content.size, links: 0, modifyTime: content.modifyTime },
      setAttributes: async change => {
        if (change.size !== undefined) { this.checkWritable(); content.resize(change.size); }
        this.change(extra, change);
      },
      read: async (offset, length) => content.read(offset, length),
      write: async (offset, bytes) => { this.checkWritable(); extra.modifyTime = undefined; content.write(offset, bytes); },
      list: async () => { throw new FileError(Errno.ENOTDIR); },
      flush: () => this.store(content),
      close: async () => {
        if (closed) return;
        closed = true;
        try { await this.store(content); } catch (error) { this.onUnsaved(content.path ?? '', error); throw error; } finally { content.opens--; }
        if (content.idle) this.keep(content);
      },
    };
  }

  private store(content: Content): Promise<void> {
    return this.serially(async () => {
      const { path } = content;
      if (!content.dirty || path === undefined) return;
      content.dirty = false;
      try {
        await this.telling([path], undefined, () => this.host.write(path, content.all));
        content.state = this.ours.get(path) ?? '';
      } catch (error) {
        content.dirty = true;
        throw error;
      }
    });
  }

  /** @param gone what is no longer there afterwards */
  private modify(paths: readonly string[], below: boolean, work: () => Promise<void>, gone?: string): Promise<void> {
    return this.serially(() => this.telling(paths, below, work, gone));
  }

  // One change at a time: an older write never ends last, and none goes to a name that is being taken away.
  private serially(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  private async telling(paths: readonly string[], below: boolean | undefined, work: () => Promise<void>, gone?: string): Promise<void> {
    for (const path of paths) this.changing.add(path);
    let done = false;
    try {
      await work();
      done = true;
    } finally {
      for (const path of paths) {
        // Only what came, went or moved changed its folder, too.
        if (below !== undefined) this.stats.forget(path, below);
        this.reading.delete(path);
        if (done && path === gone) this.stats.set(path, undefined);
        const stat = done && path === gone ? this.stats.get(path) : this.stats.ask(path);
        await stat.then(stat => this.ours.set(path, describe(stat)), () => this.ours.delete(path));
        this.changing.delete(path);
      }
    }
  }

  private openDirectory(path: string): OpenNode {
    const file = async (): Promise<never> => { throw new FileError(Errno.EISDIR); };
    return { attributes: () => this.attributes(path), setAttributes: change => this.setAttributes(path, change), read: file, write: file, list: () => this.entries(path), flush: async () => undefined, close: async () => undefined };
  }

  private async entries(path: string): Promise<DirectoryEntry[]> {
    const at = (name: string): string => path === '' ? name : `${path}/${name}`;
    const entries = (await this.host.list(path)).map(({ name, directory }) => ({ name, inode: this.extra(at(name)).inode, type: directory ? FileType.Directory : FileType.File as number }));
    for (const [link, extra] of this.extras) {
      const { parent, name } = split(link);
      if (extra.target !== undefined && parent === path) entries.push({ name, inode: extra.inode, type: FileType.Link });
    }
    return entries;
  }

  private async makeRoom(path: string): Promise<void> {
    this.checkWritable();
    if (await this.attributes(path).catch(() => undefined) !== undefined) throw new FileError(Errno.EEXIST);
    await this.checkFolder(split(path).parent);
  }

  // A link lives here alone, and hosts make missing parents: neither may put a node where there is no folder.
  private async checkFolder(path: string): Promise<void> {
    if (((await this.attributes(path)).mode & FileType.Mask) !== FileType.Directory) throw new FileError(Errno.ENOTDIR);
  }

  private checkWritable(): void { if (this.host.readOnly) throw new FileError(Errno.EROFS); }

  private extra(path: string): Extra {
    let extra = this.extras.get(path);
    if (extra === undefined) {
      extra = { inode: ++this.lastInode, mode: undefined, owner: 0, group: 0, accessTime: undefined, modifyTime: undefined, target: undefined };
      this.extras.set(path, extra);
    }
    return extra;
  }

  private create(path: string, { mode, owner, group }: Creation): Extra {
    this.extras.delete(path);
    return Object.assign(this.extra(path), { mode: mode & 0o7777, owner, group });
  }

  private change(extra: Extra, change: AttributeChange): void {
    extra.mode = change.mode === undefined ? extra.mode : change.mode & 0o7777;
    extra.owner = change.owner ?? extra.owner;
    extra.group = change.group ?? extra.group;
    extra.accessTime = change.accessTime ?? extra.accessTime;
    extra.modifyTime = change.modifyTime ?? extra.modifyTime;
  }

  private forget(path: string): void {
    const content = this.contents.get(path);
    if (content !== undefined) {
      this.drop(content);
      content.path = undefined;
    }
    this.extras.delete(path);
  }

  // What the host has: read again where it changed meanwhile.
  private async load(path: string, state: string): Promise<Content> {
    for (let attempt = 1; ; attempt++) {
      let reading = this.reading.get(path);
      if (reading === undefined) {
        reading = this.host.read(path);
        this.reading.set(path, reading);
      }
      const own = reading, bytes = await own.finally(() => { if (this.reading.get(path) === own) this.reading.delete(path); });
      const known = await this.stats.get(path), stat = known?.size === bytes.length ? known : await this.stats.ask(path), present = describe(stat);
      if (present === state || attempt === MostReads) return new Content(path, bytes, present);
      state = present;
    }
  }

  // Who reads a file has often just read it (a compiler its headers, git its index), or somebody did in advance.
  private keep(content: Content): void {
    if (content.path === undefined || this.contents.get(content.path) !== content) return;
    this.idle.add(content);
    this.idleBytes += content.size;
    for (const oldest of this.idle) {
      if (this.idleBytes <= MaximumIdle) break;
      this.drop(oldest);
    }
  }

  private take(content: Content): void { if (this.idle.delete(content)) this.idleBytes -= content.size; }

  private drop(content: Content): void {
    this.take(content);
    if (content.path !== undefined && this.contents.get(content.path) === content) this.contents.delete(content.path);
  }

  private make(path: string, mode: number, size: number, modifyTime: bigint): NodeAttributes {
    const extra = this.extra(path);
    return { mode, owner: extra.owner, group: extra.group, inode: extra.inode, size, links: (mode & FileType.Mask) === FileType.Directory ? 2 : 1, device: 0n, accessTime: extra.accessTime ?? modifyTime, modifyTime, changeTime: modifyTime };
  }
}
