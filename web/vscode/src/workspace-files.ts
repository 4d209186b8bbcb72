import * as vscode from 'vscode';
import type { HostFiles } from '../../runtime/src/index.js';
import { Errno, FileError } from '../../runtime/src/index.js';

/** A workspace folder as the runtime's file server wants it. */
export class WorkspaceFiles implements HostFiles {
  constructor(private readonly folder: vscode.Uri) {}

  get readOnly(): boolean { return vscode.workspace.fs.isWritableFileSystem(this.folder.scheme) === false; }

  async stat(path: string): Promise<{ directory: boolean; size: number; modified: number } | undefined> {
    try {
      const stat = await vscode.workspace.fs.stat(this.uri(path));
      return { directory: (stat.type & vscode.FileType.Directory) !== 0, size: stat.size, modified: stat.mtime };
    } catch (error) {
      if (error instanceof vscode.FileSystemError && (error.code === 'FileNotFound' || error.code === 'FileNotADirectory')) return undefined;
      throw asFileError(error);
    }
  }

  async list(path: string): Promise<{ name: string; directory: boolean }[]> {
    const entries = await told(vscode.workspace.fs.readDirectory(this.uri(path)));
    return entries.map(([name, type]) => ({ name, directory: (type & vscode.FileType.Directory) !== 0 }));
  }

  read(path: string): Promise<Uint8Array> { return told(vscode.workspace.fs.readFile(this.uri(path))); }
  write(path: string, bytes: Uint8Array): Promise<void> { return told(vscode.workspace.fs.writeFile(this.uri(path), bytes)); }
  rename(from: string, to: string): Promise<void> { return told(vscode.workspace.fs.rename(this.uri(from), this.uri(to), { overwrite: true })); }
  remove(path: string): Promise<void> { return told(vscode.workspace.fs.delete(this.uri(path), { recursive: true, useTrash: false })); }

  makeDirectory(path: string): Promise<void> { return told(vscode.workspace.fs.createDirectory(this.uri(path))); }

  private uri(path: string): vscode.Uri { return path === '' ? this.folder : vscode.Uri.joinPath(this.folder, path); }
}

const codes: Record<string, number> = {
  FileNotFound: Errno.ENOENT, FileExists: Errno.EEXIST, FileNotADirectory: Errno.ENOTDIR, FileIsADirectory: Errno.EISDIR, NoPermissions: Errno.EACCES, Unavailable: Errno.EIO,
};

const asFileError = (error: unknown): FileError => new FileError(error instanceof vscode.FileSystemError ? codes[error.code] ?? Errno.EIO : Errno.EIO);

async function told<T>(work: Thenable<T>): Promise<T> {
  try { return await work; } catch (error) { throw asFileError(error); }
}
