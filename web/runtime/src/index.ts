export { Container } from './container.js';
export type { ExitStatus, MountOptions, StartOptions, TerminalLike, WorkerLike } from './container.js';
export type { InitialFile } from './control.js';
export type { ErrorCode } from './errors.js';
export { GantryError } from './errors.js';
export type { AttributeChange, Creation, DirectoryEntry, FileSystem, NodeAttributes, OpenNode, OpenOptions } from './files/file-system.js';
export { Errno, FileError, FileType } from './files/file-system.js';
export { MemoryFileSystem } from './files/memory-file-system.js';
export type { Progress, Statistics } from './messages.js';
