import * as vscode from 'vscode';
import type { MountOptions, Progress } from '../../runtime/src/index.js';
import { Container, HostFileSystem } from '../../runtime/src/index.js';
import { WorkspaceFiles } from './workspace-files.js';

/** A terminal with a container of its own. */
export class ContainerTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly closed = new vscode.EventEmitter<number | void>();
  private readonly watchers: vscode.Disposable[] = [];
  private readonly abort = new AbortController();
  private container: Container | undefined;
  private report: ((progress: Progress) => void) | undefined;
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.closed.event;

  constructor(private readonly log: vscode.LogOutputChannel, private readonly args: readonly string[] | undefined, private readonly ended: () => void) {}

  open(size: vscode.TerminalDimensions | undefined): void {
    const settings = vscode.workspace.getConfiguration('container'), image = settings.get('imageLocation', '');
    if (image === '') {
      this.written.fire('No image: set "container.imageLocation" in the settings to the URL of an image that `gantry convert` made.\r\n');
      this.ended();
      return;
    }
    const decoder = new TextDecoder(), configured = settings.get<string[]>('args', []), args = this.args ?? (configured.length > 0 ? configured : undefined);
    this.log.info(`starting ${image}`);
    const container = this.container = Container.start({
      image, env: settings.get<Record<string, string>>('env', {}), mounts: this.mounts(settings.get('workspaceMountpoint', '/workspace')), ...(args !== undefined && { args }),
      // A character's bytes may come in two pieces.
      terminal: { cols: size?.columns ?? 80, rows: size?.rows ?? 24, write: bytes => this.written.fire(decoder.decode(bytes, { stream: true })) },
      onProgress: progress => this.report?.(progress), onLog: text => this.log.info(text.trimEnd()), signal: this.abort.signal,
    });
    this.showProgress(container);
    container.exit.then(({ status }) => {
      this.log.info(`ended with status ${status}`);
      this.closed.fire(status);
    }, (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      this.log.error(message);
      this.written.fire(`\r\n${message}\r\n`);
    }).finally(() => this.dispose());
  }

  close(): void { void this.stop(); }
  handleInput(data: string): void { this.container?.write(data); }
  setDimensions(size: vscode.TerminalDimensions): void { this.container?.resize(size.columns, size.rows); }

  /** Ends the container; what it wrote is with the host afterwards. */
  async stop(): Promise<void> { await this.container?.stop(); }

  // One root is the mount point itself; several are folders in it.
  private mounts(point: string): MountOptions[] {
    const folders = vscode.workspace.workspaceFolders ?? [];
    return folders.slice(0, 8).map(folder => {
      const host = new WorkspaceFiles(folder.uri), fileSystem = new HostFileSystem(host);
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**'));
      const changed = (uri: vscode.Uri): void => {
        if (uri.path.startsWith(`${folder.uri.path.replace(/\/$/, '')}/`)) void fileSystem.changed(uri.path.slice(folder.uri.path.replace(/\/$/, '').length + 1));
      };
      this.watchers.push(watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed), watcher.onDidDelete(changed));
      return { path: folders.length === 1 ? point : `${point}/${folder.name}`, fileSystem, readOnly: host.readOnly };
    });
  }

  private showProgress(container: Container): void {
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Container', cancellable: true }, (progress, cancel) => new Promise<void>(resolve => {
      cancel.onCancellationRequested(() => this.abort.abort());
      this.report = ({ phase, bytes }) => {
        progress.report({ message: phase === 'starting' ? 'starting' : `loading ${(bytes / 1e6).toFixed(1)} MB` });
        if (phase === 'starting') { this.report = undefined; resolve(); }
      };
      container.exit.finally(resolve).catch(() => undefined);
    }));
  }

  private dispose(): void {
    for (const watcher of this.watchers.splice(0)) watcher.dispose();
    this.ended();
  }
}
