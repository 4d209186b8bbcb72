import { GantryError } from './errors.js';
import { FileServer } from './files/file-server.js';
import type { FileSystem } from './files/file-system.js';
import type { InitialFile } from './control.js';
import type { Endpoint, FromWorker, Progress, Statistics, ToWorker } from './messages.js';
import workerSource from 'gantry:worker';

/** What a container's output goes to; xterm.js's Terminal is one. */
export interface TerminalLike { write(bytes: Uint8Array): void; readonly cols: number; readonly rows: number }

/** A folder of the page's that the container sees. */
export interface MountOptions { readonly path: string; readonly fileSystem: FileSystem; readonly readOnly?: boolean }

/** How a container ended. Status is the exit code, or 128 + signal. */
export interface ExitStatus { readonly status: number; readonly signal: number }

export interface StartOptions {
  /** URL of an out.wasm or of `gantry site`'s manifest, or the file's bytes. */
  readonly image: string | URL | Uint8Array<ArrayBuffer>;
  /** In place of the image's command, behind its entry point. */
  readonly args?: readonly string[];
  /** Variables beside the image's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
  /** Files to be there before the process starts, at most 128 KiB each. */
  readonly files?: readonly InitialFile[];
  readonly mounts?: readonly MountOptions[];
  /** Where the process's terminal is shown; without one it has pipes. */
  readonly terminal?: TerminalLike;
  /** Output without a terminal, or beside it. */
  readonly onOutput?: (bytes: Uint8Array, stream: 'stdout' | 'stderr') => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStarted?: () => void;
  readonly onExit?: (exit: ExitStatus) => void;
  /** Kernel and engine messages. */
  readonly onLog?: (text: string) => void;
  /** Ends the container, also while it starts. */
  readonly signal?: AbortSignal;
  /** Makes the worker; by default from a blob. A page whose Content-Security-Policy forbids blobs gives its own of `worker.js`. */
  readonly worker?: () => WorkerLike;
}

/** A Worker, or what stands for one. */
export interface WorkerLike extends Endpoint<ToWorker, FromWorker> { terminate(): void }

/** A running container. */
export class Container {
  /** Resolves when the process has ended; rejects with a {@link GantryError}. */
  readonly exit: Promise<ExitStatus>;
  private readonly worker: WorkerLike;
  private readonly servers: readonly FileServer[];
  private readonly serving = new Set<Promise<void>>();
  private readonly waiting: ((statistics: Statistics) => void)[] = [];
  private ended = false;
  private resolve: (exit: ExitStatus) => void = () => undefined;
  private reject: (error: GantryError) => void = () => undefined;

  private constructor(private readonly options: StartOptions) {
    this.exit = new Promise((resolve, reject) => { this.resolve = resolve; this.reject = reject; });
    // Whoever does not ask for the exit is told by events; a rejection must not end the page.
    this.exit.catch(() => undefined);
    this.servers = (options.mounts ?? []).map(mount => new FileServer(mount.fileSystem));
    this.worker = (options.worker ?? blobWorker)();
    this.worker.onmessage = event => this.receive(event.data);
    options.signal?.addEventListener('abort', () => this.end(new GantryError('cancelled', 'The container was cancelled.')), { once: true });
  }

  /** Starts a container; returns at once, progress and failures come by events and by {@link exit}. */
  static start(options: StartOptions): Container {
    const container = new Container(options), { image, terminal } = options;
    if (options.signal?.aborted === true) { container.end(new GantryError('cancelled', 'The container was cancelled.')); return container; }
    container.post({
      type: 'start', image: image instanceof Uint8Array ? image : new URL(image, globalThis.location?.href).href,
      settings: {
        args: options.args, env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`), workdir: options.workdir, user: options.user,
        files: options.files ?? [], terminal: terminal !== undefined, window: { columns: terminal?.cols ?? 80, rows: terminal?.rows ?? 24 },
        mounts: (options.mounts ?? []).map(({ path, readOnly }) => ({ path, readOnly: readOnly ?? false })),
      },
    });
    return container;
  }

  /** Sends input: keys of the terminal, or standard input. */
  write(input: Uint8Array | string): void { this.post({ type: 'input', bytes: typeof input === 'string' ? new TextEncoder().encode(input) : input }); }

  /** Ends standard input (without a terminal). */
  closeInput(): void { this.post({ type: 'closeInput' }); }

  /** Tells the terminal's size in characters. */
  resize(columns: number, rows: number): void { this.post({ type: 'resize', window: { columns, rows } }); }

  /** Sends a signal (Linux number) to the container's process. */
  kill(signal = 15): void { this.post({ type: 'signal', signal }); }

  /** Asks the process to end, and ends everything after the grace. Open files are written back. */
  async stop(graceMilliseconds = 2000): Promise<void> {
    this.post({ type: 'shutdown', grace: graceMilliseconds });
    await Promise.race([this.exit.catch(() => undefined), new Promise(resolve => setTimeout(resolve, graceMilliseconds + 1000))]);
    this.end(new GantryError('cancelled', 'The container was stopped.'));
    await Promise.allSettled(this.servers.map(server => server.close()));
  }

  /** The host changed files behind a mount: the guest forgets what it has cached. */
  filesChanged(): void { this.post({ type: 'filesChanged' }); }

  /** Figures so far. */
  stats(): Promise<Statistics> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(new GantryError('cancelled', 'The container has ended.'));
      this.waiting.push(resolve);
      this.post({ type: 'statistics' });
    });
  }

  private post(message: ToWorker): void { if (!this.ended) this.worker.postMessage(message); }

  private receive(message: FromWorker): void {
    const { options } = this;
    switch (message.type) {
      case 'progress': options.onProgress?.(message.progress); break;
      case 'started': options.onStarted?.(); break;
      case 'output':
        options.onOutput?.(message.bytes, message.stream);
        options.terminal?.write(message.bytes);
        break;
      case 'log': options.onLog?.(message.text); break;
      case 'file': this.serve(message); break;
      case 'statistics': this.waiting.shift()?.(message.statistics); break;
      case 'exit': void this.finish({ status: message.status, signal: message.signal }); break;
      case 'failed': this.end(new GantryError(message.code, message.message)); break;
    }
  }

  private serve(message: Extract<FromWorker, { type: 'file' }>): void {
    const server = this.servers[message.mount];
    if (server === undefined) return this.post({ type: 'fileReply', slot: message.slot, reply: { status: 5 } });
    const work = server.serve(message.request).then(reply => this.post({ type: 'fileReply', slot: message.slot, reply }));
    this.serving.add(work);
    void work.finally(() => this.serving.delete(work));
  }

  // What the guest wrote is with the host before anyone hears of the end.
  private async finish(exit: ExitStatus): Promise<void> {
    await Promise.allSettled(this.serving);
    await Promise.allSettled(this.servers.map(server => server.close()));
    this.end(undefined);
    this.resolve(exit);
    this.options.onExit?.(exit);
  }

  private end(error: GantryError | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.worker.terminate();
    if (error !== undefined) this.reject(error);
  }
}

function blobWorker(): WorkerLike {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'gantry' });
  // The browser has taken the source by the time the first message comes back.
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return worker as unknown as WorkerLike;
}
