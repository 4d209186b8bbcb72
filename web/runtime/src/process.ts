import type { GantryError } from './errors.js';
import type { ToWorker } from './messages.js';

/** What output goes to. `write` may return a promise: no more than 256 KiB (without a terminal 1 MiB) are sent before the first is taken, the guest's writers wait. */
export interface TerminalLike { write(bytes: Uint8Array): void | Promise<void>; readonly cols: number; readonly rows: number }

/** How a process ended. Status is the exit code, or 128 + signal. */
export interface ExitStatus { readonly status: number; readonly signal: number }

/** Called with output and the stream it came from; a terminal has only stdout. */
export type OutputHandler = (bytes: Uint8Array, stream: 'stdout' | 'stderr') => void | Promise<void>;

/** Where a process's output goes, and who hears of its life. */
export interface ProcessEvents {
  /** Where the process's terminal is shown; without one it has pipes. */
  readonly terminal?: TerminalLike | undefined;
  /** Output without a terminal, or beside it. */
  readonly onOutput?: OutputHandler | undefined;
  readonly onStarted?: (() => void) | undefined;
  readonly onExit?: ((exit: ExitStatus) => void) | undefined;
}

/** A process beside the container's own, as `container.exec` starts it. */
export interface ExecOptions extends ProcessEvents {
  /** The program and its arguments; the image's entry point is not put before. */
  readonly args: readonly string[];
  /** Variables beside those of the image and of the container's start. */
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
}

/** A process of a container. */
export class Process {
  /** Resolves when it has ended; rejects with a {@link GantryError}. */
  readonly exit: Promise<ExitStatus>;
  private over = false;
  private resolve: (exit: ExitStatus) => void = () => undefined;
  private reject: (error: GantryError) => void = () => undefined;

  /** @internal */
  constructor(private readonly id: number, private readonly events: ProcessEvents, private readonly post: (message: ToWorker) => void) {
    this.exit = new Promise((resolve, reject) => { this.resolve = resolve; this.reject = reject; });
    // Whoever does not ask for the exit is told by events; a rejection must not end the page.
    this.exit.catch(() => undefined);
  }

  /** Sends input: keys of the terminal, or standard input. */
  write(input: Uint8Array | string): void { this.send({ type: 'input', process: this.id, bytes: typeof input === 'string' ? new TextEncoder().encode(input) : input }); }

  /** Ends standard input (without a terminal). */
  closeInput(): void { this.send({ type: 'closeInput', process: this.id }); }

  /** Tells the terminal's size in characters. */
  resize(columns: number, rows: number): void { this.send({ type: 'resize', process: this.id, window: { columns, rows } }); }

  /** Sends a signal (Linux number). */
  kill(signal = 15): void { this.send({ type: 'signal', process: this.id, signal }); }

  /** @internal */
  started(): void { this.events.onStarted?.(); }

  /** @internal Gives output to whom it belongs; tells when it was taken, whatever they threw. */
  async output(bytes: Uint8Array, stream: 'stdout' | 'stderr'): Promise<void> {
    // They may transfer the bytes elsewhere.
    const { length } = bytes;
    try {
      await Promise.all([this.events.onOutput?.(bytes, stream), this.events.terminal?.write(bytes)]);
    } finally {
      this.post({ type: 'outputTaken', process: this.id, bytes: length });
    }
  }

  /** @internal */
  end(exit: ExitStatus): void {
    if (this.over) return;
    this.over = true;
    this.resolve(exit);
    this.events.onExit?.(exit);
  }

  /** @internal */
  fail(error: GantryError): void {
    if (this.over) return;
    this.over = true;
    this.reject(error);
  }

  private send(message: ToWorker): void { if (!this.over) this.post(message); }
}
