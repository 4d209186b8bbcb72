import { ModuleMailbox, ModuleState } from './layout.js';
import type { LinearMemory } from './memory.js';
import type { TranslationFigures } from './messages.js';

/** What the engine's exports offer to a host that can instantiate modules. */
export interface TranslatingEngine {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly gantry_translate: (machine: number, mode: number, firstEntry: number) => number;
}

/** Of a container that is not translated. */
export const NoTranslation: TranslationFigures = { regions: 0, codeBytes: 0, regionsDropped: 0, modules: 0, totalBytes: 0 };

/** TranslationMode.Hot: what runs often. */
const Hot = 1;

/** Modules that the engine makes at run time (docs/host-interface.md): compiled off the worker's thread while the machine goes on, then put into its table. */
export class Translations {
  private constructor(private readonly engine: TranslatingEngine, private readonly memory: LinearMemory, private readonly mailbox: number, private readonly log: (text: string) => void) {}

  /** Begins to translate; undefined when the engine is an older one, or has no room. */
  static start(exports: WebAssembly.Exports, memory: LinearMemory, machine: number, log: (text: string) => void): Translations | undefined {
    const { memory: raw, table, gantry_translate: translate } = exports;
    if (!(raw instanceof WebAssembly.Memory) || !(table instanceof WebAssembly.Table) || typeof translate !== 'function') return undefined;
    const engine: TranslatingEngine = { memory: raw, table, gantry_translate: translate as TranslatingEngine['gantry_translate'] };
    const mailbox = engine.gantry_translate(machine, Hot, table.length) >>> 0;
    if (mailbox === 0) return undefined;
    const probe = memory.bytes(memory.get(mailbox, ModuleMailbox.Probe), memory.get(mailbox, ModuleMailbox.ProbeLength)).slice();
    memory.set(mailbox, ModuleMailbox.Fuses, fuses(probe) ? 1 : 0);
    try {
      table.grow(memory.get(mailbox, ModuleMailbox.TableEntries));
    } catch {
      memory.set(mailbox, ModuleMailbox.State, ModuleState.Failed);
      return undefined;
    }
    return new Translations(engine, memory, mailbox, log);
  }

  /** What there is. */
  get figures(): TranslationFigures {
    const at = (field: typeof ModuleMailbox[keyof typeof ModuleMailbox]) => this.memory.get(this.mailbox, field);
    return {
      regions: at(ModuleMailbox.Regions), codeBytes: at(ModuleMailbox.CodeBytes), regionsDropped: at(ModuleMailbox.RegionsDropped),
      modules: at(ModuleMailbox.Modules), totalBytes: at(ModuleMailbox.TotalBytes),
    };
  }

  /** Between two runs: takes a module, clears what was given up. */
  pump(): void {
    const { memory, mailbox, engine } = this, cleared = memory.get(mailbox, ModuleMailbox.ClearCount);
    if (cleared > 0) {
      const entries = memory.bytes(memory.get(mailbox, ModuleMailbox.Clear), cleared * 4), view = new DataView(entries.buffer, entries.byteOffset);
      for (let i = 0; i < cleared; i++) engine.table.set(view.getUint32(i * 4, true), null);
      memory.set(mailbox, ModuleMailbox.ClearCount, 0);
    }
    if (memory.get(mailbox, ModuleMailbox.State) !== ModuleState.Ready) return;
    const bytes = memory.bytes(memory.get(mailbox, ModuleMailbox.Module), memory.get(mailbox, ModuleMailbox.Length)).slice();
    memory.set(mailbox, ModuleMailbox.State, ModuleState.Taken);
    // A browser that can't take more code is no reason to end the container: what there is goes on.
    WebAssembly.compile(bytes).then(module => this.install(module)).catch((error: unknown) => {
      memory.set(mailbox, ModuleMailbox.State, ModuleState.Failed);
      this.log(`translation ended: ${String(error)}\n`);
    });
  }

  private install(module: WebAssembly.Module): void {
    const { memory, table } = this.engine;
    new WebAssembly.Instance(module, { engine: { memory, table } });
    this.memory.set(this.mailbox, ModuleMailbox.State, ModuleState.Installed);
  }
}

/** Whether the host has a multiply-add that rounds once: the engine's probe says so, where it is understood. */
function fuses(probe: Uint8Array<ArrayBuffer>): boolean {
  if (!WebAssembly.validate(probe)) return false;
  const { fuses: answer } = new WebAssembly.Instance(new WebAssembly.Module(probe)).exports;
  return typeof answer === 'function' && answer(0) === 1;
}
