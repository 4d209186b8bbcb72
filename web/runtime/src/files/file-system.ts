/** A Linux errno as an exception; thrown by file systems, sent to the guest. */
export class FileError extends Error {
  constructor(readonly errno: number) { super(`errno ${errno}`); }
}

export const Errno = {
  EPERM: 1, ENOENT: 2, EIO: 5, EBADF: 9, EACCES: 13, EEXIST: 17, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, EFBIG: 27, ENOSPC: 28, EROFS: 30, ENOTEMPTY: 39, ELOOP: 40, EILSEQ: 84, ENOTSUP: 95,
} as const;

export const FileType = { Fifo: 0o010000, Character: 0o020000, Directory: 0o040000, Block: 0o060000, File: 0o100000, Link: 0o120000, Socket: 0o140000, Mask: 0o170000 } as const;

/** Flags of Open, as Linux has them. */
export const OpenFlag = { WriteOnly: 1, ReadWrite: 2, Create: 0o100, Exclusive: 0o200, Truncate: 0o1000, Directory: 0o200000 } as const;

/** What lstat tells; times are nanoseconds since 1970. */
export interface NodeAttributes {
  readonly mode: number; readonly owner: number; readonly group: number; readonly inode: number; readonly size: number; readonly links: number; readonly device: bigint;
  readonly accessTime: bigint; readonly modifyTime: bigint; readonly changeTime: bigint;
}

/** What SetAttributes changes; undefined: stays. */
export interface AttributeChange {
  readonly mode?: number; readonly owner?: number; readonly group?: number; readonly size?: number; readonly accessTime?: bigint; readonly modifyTime?: bigint;
}

export interface DirectoryEntry { readonly name: string; readonly inode: number; readonly type: number }

export interface OpenOptions {
  readonly create: boolean; readonly exclusive: boolean; readonly truncate: boolean; readonly directory: boolean; readonly write: boolean;
  readonly mode: number; readonly owner: number; readonly group: number;
}

/** Who makes a node, and with which permissions. */
export interface Creation { readonly mode: number; readonly owner: number; readonly group: number }

/** An open file or directory: usable after its path was renamed or removed. */
export interface OpenNode {
  /** What {@link attributes} would say right after the opening, where that is known without asking. */
  readonly opened?: NodeAttributes;
  attributes(): Promise<NodeAttributes>;
  setAttributes(change: AttributeChange): Promise<void>;
  /** Fewer bytes only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  list(): Promise<DirectoryEntry[]>;
  /** All that was written is with the host. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A folder that is mounted in a container. Paths have no leading slash; the empty one is the root. No method follows a symbolic link. */
export interface FileSystem {
  attributes(path: string): Promise<NodeAttributes>;
  open(path: string, options: OpenOptions): Promise<OpenNode>;
  /** A file of at most so many bytes will probably be opened soon, for reading. */
  readAhead?(path: string, largest: number): Promise<void>;
  setAttributes(path: string, change: AttributeChange): Promise<void>;
  makeDirectory(path: string, creation: Creation): Promise<void>;
  symlink(path: string, target: string, creation: Creation): Promise<void>;
  readLink(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string, directory: boolean): Promise<void>;
}

/** Parent folder and name of a path. */
export function split(path: string): { parent: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { parent: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) };
}

/** A path is another one or lies below it. */
export const isWithin = (path: string, folder: string): boolean => folder === '' || path === folder || path.startsWith(`${folder}/`);

/** The present in nanoseconds. */
export const now = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
