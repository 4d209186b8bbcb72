import * as control from './control.js';
import { Frame } from './control.js';
import { GantryError } from './errors.js';
import type { Machine } from './machine.js';
import type { InputQueue, RingBuffer } from './memory.js';
import type { FromWorker, ProcessSettings, StartSettings, Window } from './messages.js';
import type { ModuleIndex } from './module-index.js';
import type { ExitStatus } from './process.js';

const DefaultCapabilities = 0xa80425fb;
const MaximumExtra = 15;
// A page that is slower than the guest: so much of a process may be on its way before its writers block.
// A terminal's is what is still shown after Ctrl-C.
const MaximumUnread = 1 << 20, MaximumUnreadTerminal = 256 << 10;

interface OutputRing { readonly ring: RingBuffer; readonly stream: 'stdout' | 'stderr' }

/** A process of the guest: its number in control frames and its ports. */
interface GuestProcess {
  readonly id: number; readonly number: number; readonly terminal: boolean; readonly stdin: InputQueue; readonly outputs: readonly OutputRing[];
  /** Bytes the page was sent and has not taken. */
  unread: number;
  /** How it ended, as long as the page has not all of its output. */
  exit: ExitStatus | undefined;
}

/**
 * The guest's processes as the control protocol has them (docs/guest.md): 0 is the container's, extra ones take free ports.
 * The page names processes by numbers of its own, which are never used twice.
 */
export class ProcessTable {
  private readonly control: { readonly output: RingBuffer; readonly input: InputQueue };
  private readonly running = new Map<number, GuestProcess>();
  private readonly frames = new control.FrameReader();

  /**
   * @param terminal the container's process has one; its input is kept from now on, for people type ahead
   * @param onMain hears of the main process and of READY, which no process has
   */
  constructor(
    private readonly machine: Machine, private readonly index: ModuleIndex, terminal: boolean, private readonly post: (message: FromWorker, transfer?: Transferable[]) => void,
    private readonly onMain: (frame: control.GuestFrame) => void) {
    const number = this.portNumber('gantry.control');
    this.control = { output: machine.output(number), input: machine.input(number) };
    this.add(0, 0, terminal);
  }

  /** Starts the container's process. */
  startMain(settings: StartSettings): void {
    const { container, machine } = this.index, args = [...container.entrypoint, ...settings.args ?? container.cmd];
    if (args.length === 0) throw new GantryError('settings', 'The image names no program to run: give one in args.');
    if (settings.mounts.length > machine.mounts.length) throw new GantryError('settings', `The image can mount ${machine.mounts.length} folders, not ${settings.mounts.length}.`);
    this.send(control.timeFrame(performance.timeOrigin + performance.now()));
    this.send(control.entropyFrame());
    if (container.hostname !== '') this.send(control.textFrame(Frame.Hostname, 0, container.hostname));
    const mounts = settings.mounts.map((mount, i) => control.mountFrame(machine.mounts[i] ?? '', mount.path, mount.readOnly));
    for (const frame of this.startFrames(0, { ...settings, args }, [...mounts, ...settings.files.map(control.fileFrame)])) this.send(frame);
  }

  /** Starts another process beside the container's; a failure is told to the page. */
  start(id: number, settings: ProcessSettings): void {
    try {
      if (settings.args.length === 0) throw new GantryError('settings', 'No program to run: give one in args.');
      const number = this.freeNumber(settings.terminal);
      // All frames are made before one is sent: a setting that is refused leaves nothing behind.
      const frames = this.startFrames(number, settings, []);
      this.add(id, number, settings.terminal);
      for (const frame of frames) this.send(frame);
    } catch (error) {
      const { code, message } = GantryError.of(error);
      this.post({ type: 'processFailed', process: id, code, message });
    }
  }

  /** Adds input; ids that have ended are ignored, since their end can cross with a message. */
  input(id: number, bytes: Uint8Array): void { this.find(id)?.stdin.push(bytes); }

  closeInput(id: number): void { this.find(id)?.stdin.close(); }

  resize(id: number, window: Window): void {
    const process = this.find(id);
    if (id === 0) this.machine.window = window;
    if (process?.terminal === true) this.send(control.resizeFrame(process.number, window.rows, window.columns));
  }

  signal(id: number, signal: number): void {
    const process = this.find(id);
    if (process !== undefined) this.send(control.signalFrame(process.number, signal));
  }

  /** Sends a control frame. */
  send(bytes: Uint8Array): void { this.control.input.push(bytes); }

  /** The page has taken so many bytes of a process's output. */
  outputTaken(id: number, bytes: number): void {
    const process = this.find(id);
    if (process !== undefined) process.unread -= bytes;
  }

  /** There is output of the container's process that waits for the page. */
  get blocked(): boolean {
    const main = this.running.get(0);
    return main !== undefined && waits(main);
  }

  /** Moves what fits into the guest; true when anything moved. */
  pumpInput(): boolean {
    let moved = this.control.input.pump();
    for (const { stdin } of this.running.values()) moved = stdin.pump() || moved;
    return moved;
  }

  /**
   * Moves what the guest wrote to the page; true when there may be more to do at once.
   * @param hasRun the machine ran since the last time, so that an empty ring means that the guest's own queue is empty
   */
  pumpOutput(hasRun: boolean): boolean {
    let moved = false;
    for (const process of this.running.values()) {
      // A process's end must not overtake its output.
      if (hasRun && process.exit !== undefined && process.outputs.every(({ ring }) => ring.count === 0)) this.remove(process, process.exit);
      for (const { ring, stream } of process.outputs) {
        if (isFull(process) || ring.count === 0) continue;
        this.postOutput(process, stream, ring.read());
        moved = true;
      }
    }
    if (this.control.output.count > 0) {
      for (const frame of this.frames.push(this.control.output.read())) this.onFrame(frame);
      moved = true;
    }
    return moved || [this.control.input, ...[...this.running.values()].map(({ stdin }) => stdin)].some(input => input.pending && input.ring.space > 0);
  }

  private onFrame(frame: control.GuestFrame): void {
    const process = this.running.get(frame.process);
    switch (frame.type) {
      case Frame.Error:
        if (process !== undefined) this.postOutput(process, 'stderr', new TextEncoder().encode(`${new TextDecoder().decode(frame.payload)}\r\n`));
        return;
      case Frame.Ready:
        this.onMain(frame);
        return;
      case Frame.Started:
        if (process !== undefined) this.post({ type: 'started', process: process.id });
        break;
      case Frame.Exited:
        if (process !== undefined && process.number !== 0) {
          process.exit = control.exitOf(frame.payload);
        }
        break;
    }
    if (frame.process === 0) this.onMain(frame);
  }

  private startFrames(number: number, settings: ProcessSettings, more: readonly Uint8Array[]): Uint8Array[] {
    const { container } = this.index;
    const capabilities = new Uint8Array(8), workdir = settings.workdir ?? container.workdir, user = settings.user ?? container.user;
    new DataView(capabilities.buffer).setUint32(0, DefaultCapabilities, true);
    return [
      ...settings.args.map(argument => control.textFrame(Frame.Argument, number, argument)),
      ...[...container.env, ...settings.terminal ? ['TERM=xterm-256color'] : [], ...settings.env].map(variable => control.textFrame(Frame.Environment, number, variable)),
      ...workdir === '' ? [] : [control.textFrame(Frame.Folder, number, workdir)],
      ...user === '' ? [] : [control.textFrame(Frame.User, number, user)],
      control.frame(Frame.Capabilities, number, capabilities), ...more,
      control.stdioFrame(number, settings.terminal, settings.window.rows, settings.window.columns), control.frame(Frame.Run, number),
    ];
  }

  private add(id: number, number: number, terminal: boolean): void {
    const suffix = number === 0 ? '' : `.${number}`, port = (name: string): number => this.portNumber(`gantry.${name}${suffix}`);
    const input = !terminal ? port('stdin') : number === 0 ? 0 : port('terminal'), stdin = this.machine.input(input);
    stdin.reset();
    // The console shows what the guest says before and beside the process's own output.
    const outputs: OutputRing[] = number === 0 ? [{ ring: this.machine.output(0), stream: 'stdout' }] : terminal ? [{ ring: this.machine.output(input), stream: 'stdout' }] : [];
    if (!terminal) outputs.push({ ring: this.machine.output(port('stdout')), stream: 'stdout' }, { ring: this.machine.output(port('stderr')), stream: 'stderr' });
    this.running.set(number, { id, number, terminal, stdin, outputs, unread: 0, exit: undefined });
  }

  private freeNumber(terminal: boolean): number {
    const { ports } = this.index.machine;
    for (let number = 1; number <= MaximumExtra; number++) {
      if (!this.running.has(number) && ports.includes(`gantry.${terminal ? 'terminal' : 'stdin'}.${number}`)) return number;
    }
    throw new GantryError('settings', `The image has no ${terminal ? 'terminal' : 'pipes'} left for another process. Close one that runs.`);
  }

  private find(id: number): GuestProcess | undefined { return [...this.running.values()].find(process => process.id === id); }

  private portNumber(name: string): number {
    const number = this.index.machine.ports.indexOf(name) + 1;
    if (number === 0) throw new GantryError('format', `The image has no port ${name}. Convert it again.`);
    return number;
  }

  private remove(process: GuestProcess, exit: ExitStatus): void {
    this.running.delete(process.number);
    process.stdin.reset();
    this.post({ type: 'processExit', process: process.id, ...exit });
  }

  private postOutput(process: GuestProcess, stream: 'stdout' | 'stderr', bytes: Uint8Array<ArrayBuffer>): void {
    process.unread += bytes.length;
    this.post({ type: 'output', process: process.id, stream, bytes }, [bytes.buffer]);
  }
}

const isFull = ({ terminal, unread }: GuestProcess): boolean => unread >= (terminal ? MaximumUnreadTerminal : MaximumUnread);

/** There is output that the page has to make room for. */
const waits = (process: GuestProcess): boolean => isFull(process) && process.outputs.some(({ ring }) => ring.count > 0);
