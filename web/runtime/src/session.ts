import * as control from './control.js';
import { Frame } from './control.js';
import type { ChunkCache } from './disk.js';
import { BrowserChunkCache, ChunkedDisk } from './disk.js';
import { compileEngine, readMemory } from './engine.js';
import { GantryError } from './errors.js';
import { HaltKind, Mailbox, RunReason } from './layout.js';
import { Machine } from './machine.js';
import type { InputQueue, RingBuffer } from './memory.js';
import type { Endpoint, FromWorker, Progress, StartSettings, ToWorker } from './messages.js';
import type { ModuleIndex } from './module-index.js';
import { readIndex } from './module-index.js';
import { RequestServer } from './requests.js';
import { BytesSource, openUrl } from './source.js';
import { verify } from './digest.js';

const SliceMilliseconds = 8;
const DefaultCapabilities = 0xa80425fb;
const TicksPerSecond = 1e7;
const LongestSleep = 2 ** 31 - 1;

/** A port with a name, both ways. */
interface PortPair { readonly output: RingBuffer; readonly input: InputQueue }

/** The worker's side of one container: loads the image, drives the machine in slices, answers the mailbox. */
export class Session {
  private machine: Machine | undefined;
  private requests: RequestServer | undefined;
  private disk: ChunkedDisk | undefined;
  private index: ModuleIndex | undefined;
  private settings: StartSettings | undefined;
  private readonly early: Exclude<ToWorker, { type: 'start' }>[] = [];
  private readonly inputs: InputQueue[] = [];
  private readonly outputs: { readonly ring: RingBuffer; readonly stream: 'stdout' | 'stderr' }[] = [];
  private readonly frames = new control.FrameReader();
  private control: PortPair | undefined;
  private stdin: InputQueue | undefined;
  private readonly yielding = new MessageChannel();
  private sleeping: ReturnType<typeof setTimeout> | undefined;
  private scheduled = false;
  private over = false;
  private budget = 1_000_000;
  private exited: { status: number; signal: number } | undefined;
  private downloaded = 0;
  private phase: Progress['phase'] = 'index';
  private needed: number | undefined;

  /** @param cache where chunks are kept between visits; by default the browser's */
  constructor(private readonly page: Endpoint<FromWorker, ToWorker>, private readonly cache: () => Promise<ChunkCache | undefined> = BrowserChunkCache.open) {
    page.onmessage = event => this.receive(event.data);
    this.yielding.port1.onmessage = () => { this.scheduled = false; this.slice(); };
  }

  private receive(message: ToWorker): void {
    if (message.type === 'start') {
      this.start(message.image, message.settings).catch((error: unknown) => this.fail(error));
      return;
    }
    if (message.type === 'resize' && this.settings !== undefined) this.settings = { ...this.settings, window: message.window };
    // What comes before there is a machine has to wait for it: people type ahead.
    if (this.machine === undefined && message.type !== 'statistics') this.early.push(message);
    else this.handle(message);
  }

  private handle(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'input': this.stdin?.push(message.bytes); break;
      case 'closeInput': this.stdin?.close(); break;
      case 'resize': this.resize(message.window); break;
      case 'signal': this.send(control.signalFrame(0, message.signal)); break;
      case 'shutdown': this.send(control.shutdownFrame(0, message.grace)); break;
      case 'filesChanged': this.send(control.frame(Frame.DropCaches, 0)); break;
      case 'fileReply': if (!this.over) this.requests?.completeFile(message.slot, message.reply); return;
      case 'statistics': this.postStatistics(); return;
    }
    this.wake();
  }

  private async start(image: string | Uint8Array<ArrayBuffer>, settings: StartSettings): Promise<void> {
    if (typeof WebAssembly === 'undefined') throw new GantryError('unsupported', 'The browser has no WebAssembly, or it is switched off. Switch it on, or use another browser.');
    this.settings = settings;
    const source = typeof image === 'string' ? await openUrl(image, { progress: bytes => this.progress(this.phase, bytes) }) : new BytesSource(image);
    const index = this.index = await readIndex(source);
    const { engine, snapshot, kernelImage, initrd, disk } = index;
    this.needed = engine.length + (snapshot?.length ?? 0) + (kernelImage?.length ?? 0) + (initrd?.length ?? 0) + disk.digests.length;
    this.progress('engine', 0);
    const bootFiles = async () => {
      if (snapshot !== null || kernelImage === null || initrd === null) return undefined;
      const [kernel, initramfs] = await Promise.all([source.read(kernelImage.offset, kernelImage.length), source.read(initrd.offset, initrd.length)]);
      await Promise.all([verify(kernel, kernelImage.sha256, 'The kernel in the file'), verify(initramfs, initrd.sha256, 'The initrd in the file')]);
      return { kernel, initrd: initramfs };
    };
    const [module, segments, boot, opened] = await Promise.all([
      compileEngine(source, index), readMemory(source, index), bootFiles(), this.cache().then(cache => ChunkedDisk.open(source, index, cache)),
    ]);
    this.progress('memory', 0);
    this.disk = opened;
    const machine = await Machine.start(module, index, segments, boot, this.settings.window);
    this.requests = new RequestServer(machine.memory, machine.mailbox, opened,
      (slot, mount, request) => this.page.postMessage({ type: 'file', slot, mount, request }), () => this.wake(), error => this.fail(error));
    this.openPorts(machine, index, settings);
    this.machine = machine;
    this.progress('starting', 0);
    // A snapshot was taken after READY; a guest that boots says so itself.
    if (snapshot !== null) this.sendSettings();
    for (const message of this.early.splice(0)) this.handle(message);
    this.wake();
  }

  private openPorts(machine: Machine, index: ModuleIndex, settings: StartSettings): void {
    const named = (name: string): PortPair => {
      const number = index.machine.ports.indexOf(name) + 1;
      if (number === 0) throw new GantryError('format', `The image has no port ${name}. Convert it again.`);
      const input = machine.input(number);
      this.inputs.push(input);
      return { output: machine.output(number), input };
    };
    this.control = named('gantry.control');
    this.inputs.push(machine.consoleIn);
    this.outputs.push({ ring: machine.output(0), stream: 'stdout' });
    if (settings.terminal) {
      this.stdin = machine.consoleIn;
    } else {
      this.stdin = named('gantry.stdin').input;
      this.outputs.push({ ring: named('gantry.stdout').output, stream: 'stdout' }, { ring: named('gantry.stderr').output, stream: 'stderr' });
    }
  }

  private sendSettings(): void {
    const { index, settings } = this;
    if (index === undefined || settings === undefined) return;
    const { container } = index, args = [...container.entrypoint, ...settings.args ?? container.cmd];
    if (args.length === 0) throw new GantryError('settings', 'The image names no program to run: give one in args.');
    if (settings.mounts.length > index.machine.mounts.length) throw new GantryError('settings', `The image can mount ${index.machine.mounts.length} folders, not ${settings.mounts.length}.`);
    this.send(control.timeFrame(performance.timeOrigin + performance.now()));
    this.send(control.entropyFrame());
    if (container.hostname !== '') this.send(control.textFrame(Frame.Hostname, 0, container.hostname));
    for (const argument of args) this.send(control.textFrame(Frame.Argument, 0, argument));
    for (const variable of [...container.env, ...settings.terminal ? ['TERM=xterm-256color'] : [], ...settings.env]) this.send(control.textFrame(Frame.Environment, 0, variable));
    const workdir = settings.workdir ?? container.workdir, user = settings.user ?? container.user;
    if (workdir !== '') this.send(control.textFrame(Frame.Folder, 0, workdir));
    if (user !== '') this.send(control.textFrame(Frame.User, 0, user));
    const capabilities = new Uint8Array(8);
    new DataView(capabilities.buffer).setUint32(0, DefaultCapabilities, true);
    this.send(control.frame(Frame.Capabilities, 0, capabilities));
    settings.mounts.forEach((mount, i) => this.send(control.mountFrame(index.machine.mounts[i] ?? '', mount.path, mount.readOnly)));
    for (const file of settings.files) this.send(control.fileFrame(file));
    this.send(control.stdioFrame(0, settings.terminal, settings.window.rows, settings.window.columns));
    this.send(control.frame(Frame.Run, 0));
  }

  private send(bytes: Uint8Array): void { this.control?.input.push(bytes); }

  private resize(window: { columns: number; rows: number }): void {
    if (this.machine !== undefined) this.machine.window = window;
    if (this.settings?.terminal === true) this.send(control.resizeFrame(0, window.rows, window.columns));
  }

  /** Runs a slice soon, ending a sleep. */
  private wake(): void {
    if (this.machine === undefined || this.over || this.scheduled) return;
    clearTimeout(this.sleeping);
    this.scheduled = true;
    this.yielding.port2.postMessage(0);
  }

  private slice(): void {
    const { machine, requests } = this;
    if (machine === undefined || requests === undefined || this.over) return;
    try {
      let busy = false;
      for (const input of this.inputs) busy = input.pump() || busy;
      const begin = performance.now(), reason = machine.run(this.budget), took = performance.now() - begin;
      // Slices stay short so that input, answers and timers of the worker get their turn.
      if (reason === RunReason.Budget) this.budget = Math.min(Math.max(this.budget * Math.min(Math.max(SliceMilliseconds / Math.max(took, 0.1), 0.5), 2), 50_000), 1e9);
      busy = requests.serve() || busy;
      busy = this.pumpOutput(machine) || busy;
      if (reason === RunReason.Halted) return this.halted(machine);
      if (reason !== RunReason.Idle || busy) return this.wake();
      this.sleep(machine.memory.get(machine.mailbox, Mailbox.IdleNanoseconds));
    } catch (error) {
      this.fail(error);
    }
  }

  private sleep(nanoseconds: number): void {
    if (this.scheduled) return;
    const milliseconds = Math.ceil(nanoseconds / 1e6);
    if (milliseconds <= LongestSleep) this.sleeping = setTimeout(() => this.wake(), milliseconds);
  }

  private pumpOutput(machine: Machine): boolean {
    let moved = false;
    for (const { ring, stream } of this.outputs) {
      if (ring.count === 0) continue;
      const bytes = ring.read();
      this.page.postMessage({ type: 'output', stream, bytes }, [bytes.buffer]);
      moved = true;
    }
    for (const ring of [machine.ring(Mailbox.Log), machine.ring(Mailbox.UartToHost)]) {
      if (ring.count > 0) this.page.postMessage({ type: 'log', text: new TextDecoder().decode(ring.read()) });
    }
    // There is no network in the browser yet: frames of a guest that tries go nowhere.
    machine.ring(Mailbox.NetToHost).read();
    if (this.control !== undefined && this.control.output.count > 0) {
      for (const frame of this.frames.push(this.control.output.read())) this.onFrame(frame);
      moved = true;
    }
    return moved || this.inputs.some(input => input.pending && input.ring.space > 0);
  }

  private onFrame({ type, process, payload }: control.GuestFrame): void {
    if (type === Frame.Ready) this.sendSettings();
    else if (type === Frame.Started && process === 0) this.page.postMessage({ type: 'started' });
    else if (type === Frame.Exited && process === 0) this.exited = control.exitOf(payload);
    else if (type === Frame.Error) this.page.postMessage({ type: 'output', stream: 'stderr', bytes: new TextEncoder().encode(`${new TextDecoder().decode(payload)}\r\n`) });
  }

  private halted(machine: Machine): void {
    this.over = true;
    this.yielding.port1.close();
    if (this.exited !== undefined) {
      this.page.postMessage({ type: 'exit', ...this.exited });
      return;
    }
    const { kind, message } = machine.halt;
    const why = message !== '' ? message : kind === HaltKind.Reset ? 'it asked for a restart' : 'it switched itself off';
    this.page.postMessage({ type: 'failed', code: 'guest', message: `The guest ended without an exit status: ${why}. The log has its last messages; start it again.` });
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.sleeping);
    this.yielding.port1.close();
    const { code, message } = GantryError.of(error);
    this.page.postMessage({ type: 'failed', code, message });
  }

  private progress(phase: Progress['phase'], bytes: number): void {
    this.phase = phase;
    this.downloaded += bytes;
    if (this.exited === undefined && !this.over) this.page.postMessage({ type: 'progress', progress: { phase, bytes: this.downloaded, total: this.needed } });
  }

  private postStatistics(): void {
    const { machine, disk } = this, at = (field: typeof Mailbox.Instructions | typeof Mailbox.IdleTicks) => machine?.memory.get(machine.mailbox, field) ?? 0;
    this.page.postMessage({
      type: 'statistics', statistics: {
        instructions: at(Mailbox.Instructions), idleSeconds: at(Mailbox.IdleTicks) / TicksPerSecond, downloadedBytes: this.downloaded,
        diskFetches: disk?.statistics.fetches ?? 0, chunksFromCache: disk?.statistics.cachedChunks ?? 0, memoryBytes: machine?.memory.length ?? 0,
      },
    });
  }
}
