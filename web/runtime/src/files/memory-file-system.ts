import type { AttributeChange, Creation, DirectoryEntry, FileSystem, NodeAttributes, OpenNode, OpenOptions } from './file-system.js';
import { Errno, FileError, FileType, isWithin, now, split } from './file-system.js';
import { resized } from './resized.js';

class MemoryNode implements OpenNode {
  readonly entries = new Map<string, MemoryNode>();
  links = 1;
  content: Uint8Array = new Uint8Array(0);
  size = 0;
  target = '';
  accessTime = now();
  modifyTime = now();
  changeTime = now();

  constructor(readonly inode: number, public mode: number, public owner: number, public group: number) {}

  get isDirectory(): boolean { return (this.mode & FileType.Mask) === FileType.Directory; }

  async attributes(): Promise<NodeAttributes> {
    const { mode, owner, group, inode, links, accessTime, modifyTime, changeTime } = this;
    const size = (mode & FileType.Mask) === FileType.Link ? new TextEncoder().encode(this.target).length : this.size;
    return { mode, owner, group, inode, size, links: this.isDirectory ? 2 : links, device: 0n, accessTime, modifyTime, changeTime };
  }

  async setAttributes(change: AttributeChange): Promise<void> {
    if (change.mode !== undefined && (this.mode & FileType.Mask) !== FileType.Link) this.mode = (this.mode & FileType.Mask) | (change.mode & 0o7777);
    this.owner = change.owner ?? this.owner;
    this.group = change.group ?? this.group;
    if (change.size !== undefined) this.resize(change.size);
    this.accessTime = change.accessTime ?? this.accessTime;
    this.modifyTime = change.modifyTime ?? this.modifyTime;
    this.changeTime = now();
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.content.slice(offset, Math.max(offset, Math.min(this.size, offset + length)));
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (offset + bytes.length > this.size) this.resize(offset + bytes.length);
    this.content.set(bytes, offset);
    this.modifyTime = this.changeTime = now();
  }

  async list(): Promise<DirectoryEntry[]> {
    return [...this.entries].map(([name, node]) => ({ name, inode: node.inode, type: node.mode & FileType.Mask }));
  }

  async flush(): Promise<void> { /* memory is where it lives */ }
  async close(): Promise<void> { /* nothing is held */ }

  resize(size: number): void {
    this.content = resized(this.content, this.size, size);
    this.size = size;
    this.modifyTime = now();
  }
}

/** A folder in memory: for demonstrations and tests, gone with the page. */
export class MemoryFileSystem implements FileSystem {
  private lastInode = 1;
  private readonly root = new MemoryNode(1, FileType.Directory | 0o755, 0, 0);

  async attributes(path: string): Promise<NodeAttributes> { return this.find(path).attributes(); }

  async open(path: string, options: OpenOptions): Promise<OpenNode> {
    let node = this.lookUp(path);
    if (node === undefined) {
      if (!options.create) throw new FileError(Errno.ENOENT);
      node = this.make(path, FileType.File, options);
    } else if (options.create && options.exclusive) {
      throw new FileError(Errno.EEXIST);
    }
    if ((node.mode & FileType.Mask) === FileType.Link) throw new FileError(Errno.ELOOP);
    if (options.directory && !node.isDirectory) throw new FileError(Errno.ENOTDIR);
    if (options.write && node.isDirectory) throw new FileError(Errno.EISDIR);
    if (options.truncate) node.resize(0);
    return node;
  }

  async setAttributes(path: string, change: AttributeChange): Promise<void> { await this.find(path).setAttributes(change); }

  async makeDirectory(path: string, creation: Creation): Promise<void> { this.make(path, FileType.Directory, creation); }

  async symlink(path: string, target: string, creation: Creation): Promise<void> { this.make(path, FileType.Link, { ...creation, mode: 0o777 }).target = target; }

  async readLink(path: string): Promise<string> {
    const node = this.find(path);
    if ((node.mode & FileType.Mask) !== FileType.Link) throw new FileError(Errno.EINVAL);
    return node.target;
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.find(from), old = this.lookUp(to);
    if (old === node) return;
    if (isWithin(to, from)) throw new FileError(Errno.EINVAL);
    if (old !== undefined) {
      if (node.isDirectory && !old.isDirectory) throw new FileError(Errno.ENOTDIR);
      if (!node.isDirectory && old.isDirectory) throw new FileError(Errno.EISDIR);
      if (old.entries.size > 0) throw new FileError(Errno.ENOTEMPTY);
      old.links = 0;
    }
    const target = split(to), parent = this.directory(target.parent), source = split(from);
    this.directory(source.parent).entries.delete(source.name);
    parent.entries.set(target.name, node);
    node.changeTime = now();
  }

  async remove(path: string, directory: boolean): Promise<void> {
    const node = this.find(path), { parent, name } = split(path);
    if (node === this.root) throw new FileError(Errno.EACCES);
    if (directory && !node.isDirectory) throw new FileError(Errno.ENOTDIR);
    if (!directory && node.isDirectory) throw new FileError(Errno.EISDIR);
    if (node.entries.size > 0) throw new FileError(Errno.ENOTEMPTY);
    this.directory(parent).entries.delete(name);
    node.links = 0;
  }

  private make(path: string, type: number, creation: Creation): MemoryNode {
    const { parent, name } = split(path), folder = this.directory(parent);
    if (path === '' || folder.entries.has(name)) throw new FileError(Errno.EEXIST);
    const node = new MemoryNode(++this.lastInode, type | (creation.mode & 0o7777), creation.owner, creation.group);
    folder.entries.set(name, node);
    folder.modifyTime = now();
    return node;
  }

  private lookUp(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.root;
    for (const name of path === '' ? [] : path.split('/')) {
      if (node === undefined) return undefined;
      if (!node.isDirectory) throw new FileError(Errno.ENOTDIR);
      node = node.entries.get(name);
    }
    return node;
  }

  private find(path: string): MemoryNode {
    const node = this.lookUp(path);
    if (node === undefined) throw new FileError(Errno.ENOENT);
    return node;
  }

  private directory(path: string): MemoryNode {
    const node = this.find(path);
    if (!node.isDirectory) throw new FileError(Errno.ENOTDIR);
    return node;
  }
}
