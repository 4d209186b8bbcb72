import * as vscode from 'vscode';
import type { MountOptions, Progress } from '../../runtime/src/index.js';
import { Container, GantryError, HostFileSystem } from '../../runtime/src/index.js';
import type { ImageSettings } from './image-location.js';
import { imageSettings, loadImage } from './image-location.js';
import type { TerminalProcess } from './process-terminal.js';
import { ProcessTerminal } from './process-terminal.js';
import { WorkspaceFiles } from './workspace-files.js';

// /bin/sh -c: all process numbers of the container's, then the name of its first.
const ListProcesses = 'cd /proc && echo $$ [0-9]* && cat 1/comm';
const Shells = /^(ba|da|a|z|k|fi)?sh$/;
const AnswerMilliseconds = 5000;

/** A container and its terminals. */
export class RunningContainer {
  readonly terminal = new ProcessTerminal(terminal => this.start(terminal), () => void this.askToStop());
  private readonly others = new Set<ProcessTerminal>();
  private readonly watchers: vscode.Disposable[] = [];
  private readonly abort = new AbortController();
  private readonly early: ((container: Container) => void)[] = [];
  private container: Container | undefined;
  private over = false;
  private stopping = false;
  private report: ((progress: Progress) => void) | undefined;

  constructor(private readonly log: vscode.LogOutputChannel, private readonly args: readonly string[] | undefined, private readonly ended: () => void) {}

  /** Another terminal of the same container, with a shell. */
  openTerminal(): ProcessTerminal {
    const terminal: ProcessTerminal = new ProcessTerminal(shown => {
      const { container } = this;
      if (container === undefined || this.over) { shown.fail('The container has not started, or has ended. Run it first.'); return undefined; }
      const process = container.exec({ args: ['/bin/sh', '-c', 'if [ -x /bin/bash ]; then exec /bin/bash; else exec /bin/sh; fi'], terminal: shown });
      process.exit.then(({ status }) => shown.end(status, this.over || this.stopping), (error: unknown) => this.fail(shown, error)).finally(() => this.others.delete(shown));
      hangUp = () => process.kill(1);
      return process;
    }, () => hangUp());
    let hangUp = (): void => undefined;
    this.others.add(terminal);
    return terminal;
  }

  /** Ends the container; what it wrote is with the host afterwards. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.container === undefined) this.abort.abort();
    await this.container?.stop();
  }

  private start(terminal: ProcessTerminal): TerminalProcess | undefined {
    let image: ImageSettings;
    const settings = vscode.workspace.getConfiguration('container');
    try { image = imageSettings(settings); } catch (error) { this.failed(error); return undefined; }
    this.log.info(`starting ${image.location}`);
    this.showProgress();
    let bytes = 0;
    loadImage(image, more => { bytes += more; this.report?.({ phase: 'index', bytes, total: undefined }); }, this.abort.signal)
      .then(loaded => this.run(loaded, terminal, settings)).catch((error: unknown) => this.failed(error));
    const whenThere = (action: (container: Container) => void): void => { if (this.container === undefined) this.early.push(action); else action(this.container); };
    return { write: input => whenThere(container => container.write(input)), resize: (columns, rows) => whenThere(container => container.resize(columns, rows)) };
  }

  private async run(image: string | Uint8Array<ArrayBuffer>, terminal: ProcessTerminal, settings: vscode.WorkspaceConfiguration): Promise<void> {
    const configured = settings.get<string[]>('args', []), args = this.args ?? (configured.length > 0 ? configured : undefined), memory = settings.get('memory', 0);
    const container = this.container = Container.start({
      image, terminal, env: settings.get<Record<string, string>>('env', {}), mounts: this.mounts(settings.get('workspaceMountpoint', '/workspace')),
      ...(args !== undefined && { args }), ...(memory > 0 && { memory: memory * 2 ** 20 }),
      onProgress: progress => this.report?.(progress), onLog: text => this.log.info(text.trimEnd()), signal: this.abort.signal,
    });
    for (const action of this.early.splice(0)) action(container);
    const { status } = await container.exit;
    this.log.info(`ended with status ${status}`);
    this.dispose();
    terminal.end(status, this.stopping);
  }

  // One root is the mount point itself; several are folders in it.
  private mounts(point: string): MountOptions[] {
    const folders = vscode.workspace.workspaceFolders ?? [];
    // As in the extension whose settings these are: an empty mount point means none.
    if (point === '') return [];
    const names = mountNames(folders.map(({ name }) => name));
    return folders.map((folder, i) => {
      const host = new WorkspaceFiles(folder.uri), fileSystem = new HostFileSystem(host, (path, error) => this.unsaved(`${folder.name}/${path}`, error)), root = folder.uri.path.replace(/\/$/, '');
      const changed = async (uri: vscode.Uri): Promise<void> => {
        if (uri.scheme !== folder.uri.scheme || uri.authority !== folder.uri.authority || !uri.path.startsWith(`${root}/`)) return;
        // The guest's own changes come back as events, too: only others make its kernel forget what it has read.
        if (await fileSystem.changed(uri.path.slice(root.length + 1))) this.container?.filesChanged();
      };
      this.watchers.push(...watch(folder, uri => { changed(uri).catch((error: unknown) => this.log.warn(`${uri.path} changed, but cannot be looked at: ${String(error)}`)); }));
      return { path: folders.length === 1 ? point : `${point}/${names[i]}`, fileSystem, readOnly: host.readOnly };
    });
  }

  private unsaved(path: string, error: unknown): void {
    const message = `${path} was written in the container, but could not be saved (${error instanceof Error ? error.message : String(error)}). Save it again, or copy it to another folder, before the container ends.`;
    this.log.error(message);
    void vscode.window.showErrorMessage(message);
  }

  // A terminal that is closed is gone before an extension hears of it: the process goes on until the question is answered, and its terminal can come back.
  private async askToStop(): Promise<void> {
    if (this.container === undefined || !await this.isBusy(this.container)) return this.stop();
    if (this.over) return;
    const stop = 'Stop Container';
    const answer = await vscode.window.showWarningMessage('Something still runs in the container whose terminal was closed. Stop it?', { modal: true, detail: 'Cancel brings the terminal back.' }, stop);
    if (answer === stop) await this.stop();
    else this.terminal.show();
  }

  /** Anything but a shell that waits for a command; also when the container has no shell to tell. */
  private async isBusy(container: Container): Promise<boolean> {
    let output = '';
    const decoder = new TextDecoder(), process = container.exec({ args: ['/bin/sh', '-c', ListProcesses], onOutput: (bytes, stream) => { if (stream === 'stdout') output += decoder.decode(bytes, { stream: true }); } });
    const status = await Promise.race([process.exit.then(exit => exit.status, () => -1), new Promise<number>(resolve => setTimeout(() => resolve(-1), AnswerMilliseconds))]);
    const [numbers = '', name = ''] = output.split('\n'), [own, ...all] = numbers.split(' ');
    return status !== 0 || !Shells.test(name) || all.some(number => number !== own && number !== '1');
  }

  private showProgress(): void {
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Container', cancellable: true }, (progress, cancel) => new Promise<void>(resolve => {
      cancel.onCancellationRequested(() => this.abort.abort());
      this.abort.signal.addEventListener('abort', () => resolve());
      this.watchers.push({ dispose: resolve });
      this.report = ({ phase, bytes }) => {
        progress.report({ message: phase === 'starting' ? 'starting' : `loading ${(bytes / 1e6).toFixed(1)} MB` });
        if (phase === 'starting') { this.report = undefined; resolve(); }
      };
    }));
  }

  private failed(error: unknown): void {
    this.dispose();
    this.fail(this.terminal, error);
    const { code, message } = GantryError.of(error), open = code === 'settings' ? 'Open Settings' : 'Show Log';
    // Who cancels knows it.
    if (code !== 'cancelled') void vscode.window.showErrorMessage(message, open).then(choice => choice === undefined ? undefined : code === 'settings' ? vscode.commands.executeCommand('workbench.action.openSettings', 'container.') : this.log.show());
  }

  private fail(terminal: ProcessTerminal, error: unknown): void {
    const { code, message } = GantryError.of(error);
    this.log.error(`${code}: ${message}`);
    terminal.fail(message);
  }

  private dispose(): void {
    this.over = true;
    for (const watcher of this.watchers.splice(0)) watcher.dispose();
    this.ended();
  }
}

/** Tells of changes in a folder. Not every host's watcher tells of what the editor itself does (a local folder in the browser), so that is listened to as well; who hears of a change twice sees that it is the same. */
function watch(folder: vscode.WorkspaceFolder, changed: (uri: vscode.Uri) => void): vscode.Disposable[] {
  const { workspace } = vscode, watcher = workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**'));
  const all = (event: { readonly files: readonly vscode.Uri[] }): void => event.files.forEach(changed);
  return [
    watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed), watcher.onDidDelete(changed),
    workspace.onDidSaveTextDocument(({ uri }) => changed(uri)), workspace.onDidSaveNotebookDocument(({ uri }) => changed(uri)),
    workspace.onDidCreateFiles(all), workspace.onDidDeleteFiles(all), workspace.onDidRenameFiles(({ files }) => files.forEach(({ oldUri, newUri }) => { changed(oldUri); changed(newUri); })),
  ];
}

/** Roots as folders of the mount point: the names that the editor shows, made different and possible. */
function mountNames(names: readonly string[]): string[] {
  const made: string[] = [];
  for (const name of names) {
    const possible = name.replaceAll('/', '-').replace(/^\.{0,2}$/, 'folder');
    let unique = possible;
    for (let number = 2; made.includes(unique); number++) unique = `${possible}-${number}`;
    made.push(unique);
  }
  return made;
}
