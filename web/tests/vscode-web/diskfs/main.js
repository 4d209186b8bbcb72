// Test extension: diskfs://mount/ is a folder of the test server's disk (support/vscode-server.ts).
const vscode = require('vscode');

const errors = { ENOENT: 'FileNotFound', EEXIST: 'FileExists', EISDIR: 'FileIsADirectory', ENOTDIR: 'FileNotADirectory' };
const Piece = 1 << 20;

class DiskFileSystem {
  constructor(base) {
    this.base = base;
    this.changes = new vscode.EventEmitter();
    this.onDidChangeFile = this.changes.event;
  }
  async ask(method, uri, query, body) {
    const response = await fetch(`${this.base}${uri.path.split('/').map(encodeURIComponent).join('/')}?${query}`, { method, body });
    if (response.ok) return response;
    throw vscode.FileSystemError[errors[(await response.text()).trim()] ?? 'Unavailable'](uri);
  }
  told(type, uri) { this.changes.fire([{ type, uri }]); }
  watch() { return new vscode.Disposable(() => {}); }
  async stat(uri) { return (await this.ask('GET', uri, 'stat')).json(); }
  async readDirectory(uri) { return (await this.ask('GET', uri, 'readdir')).json(); }
  async readFile(uri) { return new Uint8Array(await (await this.ask('GET', uri, '')).arrayBuffer()); }
  async writeFile(uri, bytes, { create, overwrite }) {
    // In pieces: whoever drives the browser is told of every request with its body, and one of 200 MB is more than it can take.
    const { created } = await (await this.ask('PUT', uri, `create=${+create}&overwrite=${+overwrite}`, bytes.subarray(0, Piece))).json();
    for (let at = Piece; at < bytes.length; at += Piece) await this.ask('PUT', uri, 'append', bytes.subarray(at, at + Piece));
    this.told(created ? vscode.FileChangeType.Created : vscode.FileChangeType.Changed, uri);
  }
  async createDirectory(uri) { await this.ask('PUT', uri, 'mkdir'); this.told(vscode.FileChangeType.Created, uri); }
  async delete(uri, { recursive }) { await this.ask('DELETE', uri, `recursive=${+recursive}`); this.told(vscode.FileChangeType.Deleted, uri); }
  async rename(from, to, { overwrite }) {
    await this.ask('PUT', from, `rename=${encodeURIComponent(to.path)}&overwrite=${+overwrite}`);
    this.told(vscode.FileChangeType.Deleted, from);
    this.told(vscode.FileChangeType.Created, to);
  }
}

exports.activate = async context => {
  const base = context.extensionUri.with({ path: '/mount' }).toString(true), { isReadonly } = await (await fetch(`${base}-options`)).json();
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider('diskfs', new DiskFileSystem(base), { isCaseSensitive: true, isReadonly }));
};
