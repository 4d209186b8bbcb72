// Modules that the engine makes at run time (docs/host-interface.md): compiled while the machine goes on, or at once.
const ready = 1, taken = 2, installed = 3, failed = 4;
export const modes = { off: 0, hot: 1, all: 2 };

export function translations(engine, machine, mode, keep) {
  const table = engine.table, memory = engine.memory;
  const first = table.length;
  const mailbox = engine.gantry_translate(machine, mode, first) >>> 0;
  if (mailbox === 0) return { pump() {}, counts: () => "" };
  const view = () => new DataView(memory.buffer);
  const probe = new Uint8Array(memory.buffer, Number(view().getBigUint64(mailbox + 96, true)), view().getUint32(mailbox + 104, true)).slice();
  const fuses = WebAssembly.validate(probe) && new WebAssembly.Instance(new WebAssembly.Module(probe)).exports.fuses(0) === 1;
  view().setUint32(mailbox + 108, fuses ? 1 : 0, true);
  table.grow(view().getUint32(mailbox + 16, true));
  let modules = 0;
  const install = (module) => {
    new WebAssembly.Instance(module, { engine: { memory, table } });
    view().setUint32(mailbox, installed, true);
  };
  return {
    // After a run, before the next.
    pump() {
      const data = view(), cleared = data.getUint32(mailbox + 20, true), entries = Number(data.getBigUint64(mailbox + 24, true));
      for (let i = 0; i < cleared; i++) table.set(data.getUint32(entries + 4 * i, true), null);
      data.setUint32(mailbox + 20, 0, true);
      if (data.getUint32(mailbox, true) !== ready) return;
      const bytes = new Uint8Array(memory.buffer, Number(data.getBigUint64(mailbox + 8, true)), data.getUint32(mailbox + 4, true)).slice();
      keep?.(bytes, modules++);
      data.setUint32(mailbox, taken, true);
      if (mode === modes.all) install(new WebAssembly.Module(bytes));
      else WebAssembly.compile(bytes).then(install, (problem) => { view().setUint32(mailbox, failed, true); console.error(String(problem)); });
    },
    counts() {
      const data = view(), u64 = (at) => Number(data.getBigUint64(mailbox + at, true));
      return `regions ${data.getUint32(mailbox + 32, true)} made ${u64(56)} dropped ${u64(64)} modules ${data.getUint32(mailbox + 36, true)} bytes ${u64(40)} of ${u64(48)}`;
    },
  };
}
