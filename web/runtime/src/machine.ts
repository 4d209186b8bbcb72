import { GantryError } from './errors.js';
import type { MemorySegment } from './engine.js';
import {
  ConfigMagic, ConfigNetwork, DiskConfig, DiskConfigSize, DiskReadOnly, HaltKind, InterfaceVersion, MachineConfig, MachineConfigMac, MachineConfigSize, Mailbox, MailboxMagic,
  MountConfig, MountConfigSize, Port, PortConfig, PortConfigSize,
} from './layout.js';
import { InputQueue, LinearMemory, RingBuffer } from './memory.js';
import type { TranslationFigures } from './messages.js';
import type { ModuleIndex } from './module-index.js';
import { NoTranslation, Translations } from './translations.js';
import { wasiImports } from './wasi.js';

const PageSize = 65536;

interface EngineExports {
  readonly gantry_interface_version: () => number;
  readonly gantry_alloc: (size: number) => number;
  readonly gantry_create: (config: number) => number;
  readonly gantry_boot: (machine: number) => number;
  readonly gantry_mailbox: (machine: number) => number;
  readonly gantry_machine: () => number;
  readonly gantry_run: (machine: number, budget: bigint) => number;
  readonly gantry_restored: (machine: number) => void;
  readonly trap_message?: () => [number, number];
}

/** Kernel and initrd for a machine that boots. */
export interface BootFiles { readonly kernel: Uint8Array; readonly initrd: Uint8Array }

/** One machine: an instance of the engine and its mailbox. */
export class Machine {
  readonly consoleIn: InputQueue;

  private translations: Translations | undefined;

  private constructor(private readonly engine: EngineExports, readonly memory: LinearMemory, private readonly handle: number, readonly mailbox: number) {
    this.consoleIn = this.input(0);
  }

  /** Instantiates the engine and restores the snapshot in it, or boots. */
  static async start(module: WebAssembly.Module, index: ModuleIndex, segments: readonly MemorySegment[], boot: BootFiles | undefined, window: { columns: number; rows: number }): Promise<Machine> {
    let raw: WebAssembly.Memory | undefined;
    const instance = await WebAssembly.instantiate(module, wasiImports(module, () => {
      if (raw === undefined) throw new GantryError('guest', 'The machine asked for something before it was there.');
      return raw;
    }));
    if (!(instance.exports['memory'] instanceof WebAssembly.Memory)) throw new GantryError('format', 'The engine in the file exports no memory. Convert the image again.');
    raw = instance.exports['memory'];
    const engine = engineExports(instance.exports), memory = new LinearMemory(raw);
    const missing = index.engine.memoryPages - memory.length / PageSize;
    if (missing > 0) {
      try { raw.grow(missing); } catch (error) {
        throw new GantryError('out-of-memory', `The browser gives no ${index.engine.memoryPages >> 4} MiB for the machine. Close other tabs, or convert with less --memory.`, error);
      }
    }
    for (const { address, bytes } of segments) memory.bytes(address, bytes.length).set(bytes);
    if (engine.gantry_interface_version() !== InterfaceVersion) throw new GantryError('format', 'The engine in the file speaks another version of the host interface. Convert the image again.');
    if (boot === undefined) return Machine.restored(engine, memory, window);
    const handle = engine.gantry_create(writeConfig(engine, memory, index, boot, window)) >>> 0;
    if (handle === 0) throw new GantryError('out-of-memory', 'The machine\'s memory could not be had. Close other tabs, or convert with less --memory.');
    const machine = new Machine(engine, memory, handle, engine.gantry_mailbox(handle) >>> 0);
    machine.throwIfFailed();
    memory.bytes(memory.get(machine.mailbox, Mailbox.KernelBuffer), boot.kernel.length).set(boot.kernel);
    memory.bytes(memory.get(machine.mailbox, Mailbox.InitrdBuffer), boot.initrd.length).set(boot.initrd);
    engine.gantry_boot(handle);
    machine.throwIfFailed();
    return machine;
  }

  /** Runs a slice and returns its reason. */
  run(budget: number): number {
    try {
      this.translations?.pump();
      return this.engine.gantry_run(this.handle, BigInt(Math.round(budget)));
    } catch (error) {
      throw new GantryError('guest', `The machine stopped by a fault of its own (${this.trapText() ?? String(error)}). Please report it with the log.`, error);
    }
  }

  /** Translates guest code from now on, if the engine can. */
  translate(log: (text: string) => void): void {
    this.translations = Translations.start(this.engine as unknown as WebAssembly.Exports, this.memory, this.handle, log);
  }

  /** What has been translated. */
  get translation(): TranslationFigures { return this.translations?.figures ?? NoTranslation; }

  set window(size: { columns: number; rows: number }) {
    this.memory.set(this.mailbox, Mailbox.Columns, size.columns);
    this.memory.set(this.mailbox, Mailbox.Rows, size.rows);
  }

  /** What the guest writes on a port. */
  output(port: number): RingBuffer { return new RingBuffer(this.memory, this.port(port) + Port.ToHost.offset); }

  /** What the guest reads on a port. */
  input(port: number): InputQueue { return new InputQueue(new RingBuffer(this.memory, this.port(port) + Port.ToGuest.offset)); }

  /** A ring of the mailbox itself. */
  ring(field: typeof Mailbox.Log | typeof Mailbox.UartToHost | typeof Mailbox.NetToHost): RingBuffer { return new RingBuffer(this.memory, this.mailbox + field.offset); }

  /** Why it halted. */
  get halt(): { kind: number; message: string } {
    const { memory, mailbox } = this, length = memory.get(mailbox, Mailbox.HaltMessageLength);
    const message = length === 0 ? '' : new TextDecoder().decode(memory.bytes(memory.get(mailbox, Mailbox.HaltMessage), length));
    return { kind: memory.get(mailbox, Mailbox.HaltKind), message };
  }

  private static restored(engine: EngineExports, memory: LinearMemory, window: { columns: number; rows: number }): Machine {
    const handle = engine.gantry_machine() >>> 0;
    const mailbox = handle === 0 ? 0 : engine.gantry_mailbox(handle) >>> 0;
    if (handle === 0 || memory.get(mailbox, Mailbox.Magic) !== MailboxMagic) throw new GantryError('format', 'The snapshot in the file has no machine in it. Convert the image again.');
    const machine = new Machine(engine, memory, handle, mailbox);
    engine.gantry_restored(handle);
    machine.window = window;
    return machine;
  }

  private port(number: number): number {
    const { memory, mailbox } = this;
    if (number >= memory.get(mailbox, Mailbox.PortCount)) throw new GantryError('format', `The image has no port ${number}. Convert it again.`);
    return memory.get(mailbox, Mailbox.Ports) + number * memory.get(mailbox, Mailbox.PortStride);
  }

  // Compiled code leaves the text of the exception it could not throw.
  private trapText(): string | undefined {
    const place = this.engine.trap_message?.();
    return place === undefined || place[0] < 8 ? undefined : new TextDecoder().decode(this.memory.bytes(place[0], place[1]));
  }

  private throwIfFailed(): void {
    const { kind, message } = this.halt;
    if (kind !== HaltKind.Running) throw new GantryError('guest', `The machine could not be made: ${message}. Convert the image again.`);
  }
}

function engineExports(exports: WebAssembly.Exports): EngineExports {
  const names = ['gantry_interface_version', 'gantry_alloc', 'gantry_create', 'gantry_boot', 'gantry_mailbox', 'gantry_machine', 'gantry_run', 'gantry_restored'];
  const missing = names.find(name => typeof exports[name] !== 'function');
  if (missing !== undefined) throw new GantryError('format', `The engine in the file has no ${missing}. Convert the image again.`);
  return exports as unknown as EngineExports;
}

function writeConfig(engine: EngineExports, memory: LinearMemory, index: ModuleIndex, boot: BootFiles, window: { columns: number; rows: number }): number {
  const alloc = (size: number): number => {
    const address = engine.gantry_alloc(size) >>> 0;
    if (address === 0) throw new GantryError('out-of-memory', 'The machine has no memory for its own configuration.');
    return address;
  };
  const text = (value: string): { address: number; length: number } => {
    const bytes = new TextEncoder().encode(value), address = alloc(Math.max(1, bytes.length));
    memory.bytes(address, bytes.length).set(bytes);
    return { address, length: bytes.length };
  };
  const disks = alloc(DiskConfigSize);
  memory.set(disks, DiskConfig.Size, index.disk.size);
  memory.set(disks, DiskConfig.Flags, DiskReadOnly);
  const tags = index.machine.mounts.map(text), names = index.machine.ports.map(text), commandLine = text(index.machine.commandLine);
  const mounts = alloc(Math.max(1, tags.length) * MountConfigSize), ports = alloc(Math.max(1, names.length) * PortConfigSize);
  tags.forEach(({ address, length }, i) => {
    memory.set(mounts + i * MountConfigSize, MountConfig.Tag, address);
    memory.set(mounts + i * MountConfigSize, MountConfig.TagLength, length);
  });
  names.forEach(({ address, length }, i) => {
    memory.set(ports + i * PortConfigSize, PortConfig.Name, address);
    memory.set(ports + i * PortConfigSize, PortConfig.NameLength, length);
  });
  const config = alloc(MachineConfigSize);
  const values: [typeof MachineConfig[keyof typeof MachineConfig], number][] = [
    [MachineConfig.Magic, ConfigMagic], [MachineConfig.Version, InterfaceVersion], [MachineConfig.RamSize, index.machine.memory],
    [MachineConfig.KernelSize, boot.kernel.length], [MachineConfig.InitrdSize, boot.initrd.length],
    [MachineConfig.CommandLine, commandLine.address], [MachineConfig.CommandLineLength, commandLine.length], [MachineConfig.Flags, index.machine.network ? ConfigNetwork : 0],
    [MachineConfig.Disks, disks], [MachineConfig.DiskCount, 1], [MachineConfig.Mounts, mounts], [MachineConfig.MountCount, tags.length],
    [MachineConfig.Ports, ports], [MachineConfig.PortCount, names.length], [MachineConfig.Columns, window.columns], [MachineConfig.Rows, window.rows],
  ];
  for (const [field, value] of values) memory.set(config, field, value);
  if (index.machine.network) memory.bytes(config + MachineConfigMac, 6).set(index.machine.mac.split(':').map(part => parseInt(part, 16)));
  return config;
}
