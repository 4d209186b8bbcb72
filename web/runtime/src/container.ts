import { GantryError } from './errors.js';
import { FileServer } from './files/file-server.js';
import type { FileSystem } from './files/file-system.js';
import type { InitialFile } from './control.js';
import type { Endpoint, FromWorker, ProcessSettings, Progress, Statistics, ToWorker } from './messages.js';
import type { ExecOptions, ExitStatus, ProcessEvents } from './process.js';
import { Process } from './process.js';
import workerSource from 'gantry:worker';

/** A folder of the page's that the container sees. */
export interface MountOptions { readonly path: string; readonly fileSystem: FileSystem; readonly readOnly?: boolean }

/** What a container starts with; only the image is needed. */
export interface StartOptions extends ProcessEvents {
  /** URL of an out.wasm or of `gantry site`'s manifest, or the file's bytes. */
  readonly image: string | URL | Uint8Array<ArrayBuffer>;
  /** In place of the image's command, behind its entry point. */
  readonly args?: readonly string[];
  /** Variables beside the image's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Memory in bytes, in place of what the image was converted with; impossible with a snapshot, which is of a machine of that size. */
  readonly memory?: number;
  /** False interprets all guest code: slower, for who looks for a fault. */
  readonly translate?: boolean;
  readonly workdir?: string;
  readonly user?: string;
  /** Files to be there before the process starts, at most 128 KiB each. */
  readonly files?: readonly InitialFile[];
  readonly mounts?: readonly MountOptions[];
  readonly onProgress?: (progress: Progress) => void;
  /** Kernel and engine messages. */
  readonly onLog?: (text: string) => void;
  /** Ends the container, also while it starts. */
  readonly signal?: AbortSignal;
  /** Makes the worker; by default from a blob. A page whose Content-Security-Policy forbids blobs gives its own of `worker.js`. */
  readonly worker?: () => WorkerLike;
}

/** A Worker, or what stands for one. */
export interface WorkerLike extends Endpoint<ToWorker, FromWorker> { terminate(): void; onerror?: ((event: ErrorEvent) => void) | null }

interface StatisticsWaiter { readonly resolve: (statistics: Statistics) => void; readonly reject: (error: GantryError) => void }
const Killed: ExitStatus = { status: 137, signal: 9 };

/** A running container. */
export class Container {
  private readonly worker: WorkerLike;
  private readonly servers: readonly FileServer[];
  private readonly serving = new Set<Promise<void>>();
  private readonly waiting: StatisticsWaiter[] = [];
  private readonly main: Process;
  private readonly others = new Map<number, Process>();
  private lastProcess = 0;
  private ended = false;

  private readonly abort = (): void => this.end(new GantryError('cancelled', 'The container was cancelled.'));

  private constructor(private readonly options: StartOptions) {
    this.main = new Process(0, options, message => this.post(message));
    this.servers = (options.mounts ?? []).map(mount => new FileServer(mount.fileSystem));
    this.worker = (options.worker ?? blobWorker)();
    this.worker.onmessage = event => this.receive(event.data);
    // A worker that could not be made never answers.
    this.worker.onerror = event => this.end(new GantryError('unsupported',
      `The container's worker cannot run (${event.message || 'the page\'s Content-Security-Policy may forbid it'}). Allow worker-src blob:, or give a worker of worker.js.`));
    options.signal?.addEventListener('abort', this.abort, { once: true });
  }

  /** Starts a container; returns at once, progress and failures come by events and by {@link exit}. */
  static start(options: StartOptions): Container {
    const container = new Container(options), { image } = options;
    if (options.signal?.aborted === true) { container.abort(); return container; }
    let bytesOrAddress: string | Uint8Array<ArrayBuffer>;
    try {
      bytesOrAddress = image instanceof Uint8Array ? image : new URL(image, globalThis.location?.href).href;
    } catch (error) {
      container.end(new GantryError('settings', `"${String(image)}" is not the address of an image: give a URL, or a path on this server.`, error));
      return container;
    }
    container.post({
      type: 'start', image: bytesOrAddress,
      settings: {
        ...processSettings(options), args: options.args, files: options.files ?? [], memory: options.memory, translate: options.translate ?? true,
        mounts: (options.mounts ?? []).map(({ path, readOnly }) => ({ path, readOnly: readOnly ?? false })),
      },
    });
    return container;
  }

  /** Resolves when the container's process has ended; rejects with a {@link GantryError}. */
  get exit(): Promise<ExitStatus> { return this.main.exit; }

  /** Starts another process in the container, a second terminal for instance. It ends with the container. */
  exec(options: ExecOptions): Process {
    const id = ++this.lastProcess, process = new Process(id, options, message => this.post(message));
    if (this.ended) {
      process.fail(new GantryError('cancelled', 'The container has ended: start it again.'));
      return process;
    }
    this.others.set(id, process);
    const env = { ...this.options.env, ...options.env };
    this.post({ type: 'exec', process: id, settings: { ...processSettings({ ...options, env }), args: options.args } });
    return process;
  }

  /** Sends input: keys of the terminal, or standard input. */
  write(input: Uint8Array | string): void { this.main.write(input); }

  /** Ends standard input (without a terminal). */
  closeInput(): void { this.main.closeInput(); }

  /** Tells the terminal's size in characters. */
  resize(columns: number, rows: number): void { this.main.resize(columns, rows); }

  /** Sends a signal (Linux number) to the container's process. */
  kill(signal = 15): void { this.main.kill(signal); }

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
      this.waiting.push({ resolve, reject });
      this.post({ type: 'statistics' });
    });
  }

  private post(message: ToWorker, transfer: Transferable[] = []): void { if (!this.ended) this.worker.postMessage(message, transfer); }

  private receive(message: FromWorker): void {
    const { options } = this;
    switch (message.type) {
      case 'progress': options.onProgress?.(message.progress); break;
      case 'started': this.process(message.process)?.started(); break;
      case 'output': void this.process(message.process)?.output(message.bytes, message.stream); break;
      case 'processExit': this.process(message.process)?.end({ status: message.status, signal: message.signal }); this.others.delete(message.process); break;
      case 'processFailed': this.process(message.process)?.fail(new GantryError(message.code, message.message)); this.others.delete(message.process); break;
      case 'log': options.onLog?.(message.text); break;
      case 'file': this.serve(message); break;
      case 'statistics': this.waiting.shift()?.resolve(message.statistics); break;
      case 'exit': void this.finish({ status: message.status, signal: message.signal }); break;
      case 'failed': this.end(new GantryError(message.code, message.message)); break;
    }
  }

  private serve(message: Extract<FromWorker, { type: 'file' }>): void {
    const server = this.servers[message.mount];
    if (server === undefined) return this.post({ type: 'fileReply', slot: message.slot, reply: { status: 5 } });
    const work = server.serve(message.request).then(reply => {
      // A message with a view carries the whole buffer behind it: a file system's view of a large file must not travel with each read.
      const data = reply.data && new Uint8Array(reply.data), contents = reply.contents && new Uint8Array(reply.contents);
      this.post({ type: 'fileReply', slot: message.slot, reply: { ...reply, ...data && { data }, ...contents && { contents } } }, [data, contents].flatMap(bytes => bytes === undefined ? [] : [bytes.buffer]));
    });
    this.serving.add(work);
    void work.finally(() => this.serving.delete(work));
  }

  // What the guest wrote is with the host before anyone hears of the end.
  private async finish(exit: ExitStatus): Promise<void> {
    await Promise.allSettled(this.serving);
    await Promise.allSettled(this.servers.map(server => server.close()));
    this.end(undefined);
    // Whatever else ran went with it.
    for (const process of this.others.values()) process.end(Killed);
    this.main.end(exit);
  }

  private end(error: GantryError | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.options.signal?.removeEventListener('abort', this.abort);
    this.worker.terminate();
    const ended = error ?? new GantryError('cancelled', 'The container has ended.');
    for (const { reject } of this.waiting.splice(0)) reject(ended);
    if (error === undefined) return;
    for (const process of [this.main, ...this.others.values()]) process.fail(error);
  }

  private process(id: number): Process | undefined { return id === 0 ? this.main : this.others.get(id); }
}

function processSettings(options: Pick<StartOptions, 'env' | 'workdir' | 'user' | 'terminal'>): Omit<ProcessSettings, 'args'> {
  const { terminal } = options;
  return {
    env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`), workdir: options.workdir, user: options.user,
    terminal: terminal !== undefined, window: { columns: terminal?.cols ?? 80, rows: terminal?.rows ?? 24 },
  };
}

function blobWorker(): WorkerLike {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'gantry' });
  // The browser has taken the source by the time the first message comes back.
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return worker as unknown as WorkerLike;
}
