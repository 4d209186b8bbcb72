import { Errno, FileError } from '../../runtime/src/files/file-system.js';
import type { HostFiles } from '../../runtime/src/files/host-file-system.js';

/** What VS Code's workspace.fs offers, in memory: whole files, no inodes, modes or links. */
export class PoorHost implements HostFiles {
  readOnly = false;
  full = false;
  private clock = 1_000_000;
  private readonly times = new Map<string, number>();
  readonly nodes = new Map<string, Uint8Array | null>([['', null]]);
  async stat(path: string) {
    const node = this.nodes.get(path);
    return node === undefined ? undefined : { directory: node === null, size: node?.length ?? 0, modified: this.times.get(path) ?? 1 };
  }
  async list(path: string) {
    return [...this.nodes].filter(([name]) => name !== '' && (name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '') === path)
      .map(([name, node]) => ({ name: name.slice(name.lastIndexOf('/') + 1), directory: node === null }));
  }
  async read(path: string) { const node = this.nodes.get(path); if (node == null) throw new FileError(Errno.ENOENT); return node.slice(); }
  async write(path: string, bytes: Uint8Array) {
    this.parent(path);
    if (this.full) throw new FileError(Errno.ENOSPC);
    this.nodes.set(path, bytes.slice());
    this.times.set(path, ++this.clock);
  }
  async makeDirectory(path: string) { this.parent(path); this.nodes.set(path, null); }
  async rename(from: string, to: string) {
    this.parent(to);
    await this.remove(to).catch(() => undefined);
    for (const [path, node] of [...this.nodes]) if (path === from || path.startsWith(`${from}/`)) { this.nodes.delete(path); this.nodes.set(to + path.slice(from.length), node); }
  }
  async remove(path: string) { for (const name of [...this.nodes.keys()]) if (name === path || name.startsWith(`${path}/`)) this.nodes.delete(name); }
  private parent(path: string) { if (this.nodes.get(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '') !== null) throw new FileError(Errno.ENOENT); }
}
