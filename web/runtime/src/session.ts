import * as control from './control.js';
import { Frame } from './control.js';
import type { Caches } from './caches.js';
import { browserCaches, readPart } from './caches.js';
import { ChunkedDisk } from './disk.js';
import { compileEngine, readMemory } from './engine.js';
import { GantryError } from './errors.js';
import { HaltKind, Mailbox, RunReason } from './layout.js';
import { Machine } from './machine.js';
import { NoTranslation } from './translations.js';
import type { Endpoint, FromWorker, Progress, StartSettings, ToWorker } from './messages.js';
import { readIndex, withMemory } from './module-index.js';
import { ProcessTable } from './processes.js';
import { RequestServer } from './requests.js';
import { BytesSource, openUrl } from './source.js';

const SliceMilliseconds = 8;
// What a process reads of the disk in its first moments, it will read the next time, too.
const StartMilliseconds = 3000;
const TicksPerSecond = 1e7;
const DropMilliseconds = 100;
const LongestSleep = 2 ** 31 - 1;

type Running = Exclude<ToWorker, { type: 'start' }>;

/** The worker's side of one container: loads the image, drives the machine in slices, answers the mailbox. */
export class Session {
  private machine: Machine | undefined;
  private requests: RequestServer | undefined;
  private disk: ChunkedDisk | undefined;
  private processes: ProcessTable | undefined;
  private settings: StartSettings | undefined;
  private readonly early: Running[] = [];
  private readonly beforeStarted: Running[] = [];
  private mainStarted = false;
  private readonly yielding = new MessageChannel();
  private sleeping: ReturnType<typeof setTimeout> | undefined;
  private remembering: ReturnType<typeof setTimeout> | undefined;
  private dropping: ReturnType<typeof setTimeout> | undefined;
  private dropAgain = false;
  private scheduled = false;
  private over = false;
  private budget = 1_000_000;
  private exited: { status: number; signal: number } | undefined;
  private downloaded = 0;
  private phase: Progress['phase'] = 'index';
  private needed: number | undefined;

  /**
   * @param caches where bytes are kept between visits; by default the browser's
   * @param clock milliseconds, for tests; by default the time
   */
  constructor(private readonly page: Endpoint<FromWorker, ToWorker>, private readonly caches: () => Promise<Caches> = browserCaches, private readonly clock?: () => number) {
    page.onmessage = event => this.receive(event.data);
    this.yielding.port1.onmessage = this.turn;
  }

  /** Runs nothing any more. */
  close(): void {
    this.over = true;
    clearTimeout(this.sleeping);
    clearTimeout(this.remembering);
    clearTimeout(this.dropping);
    this.yielding.port1.close();
  }

  private receive(message: ToWorker): void {
    if (message.type === 'start') {
      this.start(message.image, message.settings).catch((error: unknown) => this.fail(error));
      return;
    }
    if (message.type === 'resize' && message.process === 0 && this.settings !== undefined) this.settings = { ...this.settings, window: message.window };
    // What comes before there is a machine has to wait for it: people type ahead.
    if (this.machine === undefined && message.type !== 'statistics') this.early.push(message);
    else this.handle(message);
  }

  private handle(message: Running): void {
    const { processes } = this;
    // Other processes run beside the container's, so not before it.
    if (!this.mainStarted && 'process' in message && message.process !== 0) { this.beforeStarted.push(message); return; }
    switch (message.type) {
      case 'exec': processes?.start(message.process, message.settings); break;
      case 'input': processes?.input(message.process, message.bytes); break;
      case 'closeInput': processes?.closeInput(message.process); break;
      case 'resize': processes?.resize(message.process, message.window); break;
      case 'signal': processes?.signal(message.process, message.signal); break;
      case 'outputTaken': processes?.outputTaken(message.process, message.bytes); break;
      case 'shutdown': processes?.send(control.shutdownFrame(0, message.grace)); break;
      case 'filesChanged': this.requests?.filesChanged(); this.dropCaches(); break;
      case 'fileReply': if (!this.over) this.requests?.completeFile(message.slot, message.reply); return;
      case 'statistics': this.postStatistics(); return;
    }
    this.wake();
  }

  // A thousand files that change at once (another branch in the editor) are two messages to the guest.
  private dropCaches(): void {
    if (this.dropping !== undefined) {
      this.dropAgain = true;
      return;
    }
    this.dropAgain = false;
    this.processes?.send(control.frame(Frame.DropCaches, 0));
    this.dropping = setTimeout(() => {
      this.dropping = undefined;
      if (!this.dropAgain) return;
      this.dropCaches();
      this.wake();
    }, DropMilliseconds);
  }

  private async start(image: string | Uint8Array<ArrayBuffer>, settings: StartSettings): Promise<void> {
    if (typeof WebAssembly === 'undefined') throw new GantryError('unsupported', 'The browser has no WebAssembly, or it is switched off. Switch it on, or use another browser.');
    this.settings = settings;
    const opening = this.caches();
    const source = typeof image === 'string' ? await openUrl(image, { progress: bytes => this.progress(this.phase, bytes) }) : new BytesSource(image);
    const index = withMemory(await readIndex(source), settings.memory);
    const { engine, snapshot, kernelImage, initrd, disk } = index;
    this.needed = engine.length + ((snapshot?.packed ?? snapshot)?.length ?? 0) + (kernelImage?.length ?? 0) + (initrd?.length ?? 0) + disk.digests.length;
    this.progress('engine', 0);
    const caches = await opening;
    const bootFiles = async () => {
      if (snapshot !== null || kernelImage === null || initrd === null) return undefined;
      const [kernel, initramfs] = await Promise.all([readPart(source, kernelImage, 'The kernel in the file', caches.parts), readPart(source, initrd, 'The initrd in the file', caches.parts)]);
      return { kernel, initrd: initramfs };
    };
    const [module, segments, boot, opened] = await Promise.all([
      compileEngine(source, index, caches.parts), readMemory(source, index, caches.parts), bootFiles(), ChunkedDisk.open(source, index, caches),
    ]);
    this.progress('memory', 0);
    this.disk = opened;
    const machine = await Machine.start(module, index, segments, boot, this.settings.window);
    if (settings.translate) machine.translate(text => this.page.postMessage({ type: 'log', text }));
    this.requests = new RequestServer(machine.memory, machine.mailbox, opened,
      (slot, mount, request) => this.page.postMessage({ type: 'file', slot, mount, request }, request.data === undefined ? [] : [request.data.buffer]), () => this.wake(), error => this.fail(error), this.clock);
    this.processes = new ProcessTable(machine, index, settings.terminal, (message, transfer) => this.page.postMessage(message, transfer), frame => this.onMainFrame(frame));
    this.machine = machine;
    this.progress('starting', 0);
    // A snapshot was taken after READY; a guest that boots says so itself.
    if (snapshot !== null) this.processes.startMain(this.settings);
    for (const message of this.early.splice(0)) this.handle(message);
    this.wake();
  }

  /** Runs a slice soon, ending a sleep. */
  private wake(): void {
    if (this.machine === undefined || this.over || this.scheduled) return;
    clearTimeout(this.sleeping);
    this.scheduled = true;
    // In Node messages that are posted meanwhile go before all else: modules that were compiled, timers and answers would wait until the guest is idle.
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate !== undefined) setImmediate(this.turn);
    else this.yielding.port2.postMessage(0);
  }

  private slice(): void {
    const { machine, requests, processes } = this;
    if (machine === undefined || requests === undefined || processes === undefined || this.over) return;
    try {
      // The machine never runs while output of its main process waits: it could switch itself off before the last of it has left.
      // What the page has made room for is moved first.
      let busy = processes.pumpOutput(false);
      if (processes.blocked) return requests.flush();
      busy = processes.pumpInput() || busy;
      let begin: number, reason: number, served: boolean;
      const end = performance.now() + SliceMilliseconds;
      do {
        begin = performance.now();
        reason = machine.run(this.budget);
        served = requests.serve();
        busy = processes.pumpOutput(true) || busy;
        // What was answered at once (a cached chunk, a write that waits for more) needs no turn of the event loop.
      } while (served && reason === RunReason.Attention && !processes.blocked && performance.now() < end);
      const took = performance.now() - begin;
      // Slices stay short so that input, answers and timers of the worker get their turn.
      if (reason === RunReason.Budget) this.budget = Math.min(Math.max(this.budget * Math.min(Math.max(SliceMilliseconds / Math.max(took, 0.1), 0.5), 2), 50_000), 1e9);
      busy = served || busy;
      if (reason !== RunReason.Attention) requests.flush();
      this.pumpLog(machine);
      if (processes.blocked && reason === RunReason.Halted) return;
      if (reason === RunReason.Halted) return this.halted(machine);
      if (reason !== RunReason.Idle || busy) return this.wake();
      this.sleep(machine.memory.get(machine.mailbox, Mailbox.IdleNanoseconds));
    } catch (error) {
      this.fail(error);
    }
  }

  private readonly turn = (): void => { this.scheduled = false; this.slice(); };

  private sleep(nanoseconds: number): void {
    if (this.scheduled) return;
    const milliseconds = Math.ceil(nanoseconds / 1e6);
    if (milliseconds <= LongestSleep) this.sleeping = setTimeout(() => this.wake(), milliseconds);
  }

  private pumpLog(machine: Machine): void {
    for (const ring of [machine.ring(Mailbox.Log), machine.ring(Mailbox.UartToHost)]) {
      if (ring.count > 0) this.page.postMessage({ type: 'log', text: new TextDecoder().decode(ring.read()) });
    }
    // There is no network in the browser yet: frames of a guest that tries go nowhere.
    machine.ring(Mailbox.NetToHost).read();
  }

  private onMainFrame({ type, payload }: control.GuestFrame): void {
    if (type === Frame.Ready && this.settings !== undefined) this.processes?.startMain(this.settings);
    else if (type === Frame.Exited) this.exited = control.exitOf(payload);
    else if (type === Frame.Started) {
      this.mainStarted = true;
      this.remembering = setTimeout(() => this.disk?.rememberFirst(), StartMilliseconds);
      for (const message of this.beforeStarted.splice(0)) this.handle(message);
    }
  }

  private halted(machine: Machine): void {
    this.disk?.rememberFirst();
    this.close();
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
    this.close();
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
        translation: machine?.translation ?? NoTranslation,
      },
    });
  }
}
