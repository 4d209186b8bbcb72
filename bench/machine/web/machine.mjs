import { translations } from "./translations.mjs";

// The smallest host of docs/host-interface.md: a kernel, an initrd, a UART. Nothing else is served.
const decoder = new TextDecoder();
const halted = 3, idle = 1;

// WASI functions the engine calls while it runs; all others answer ENOSYS.
function imports(module, view) {
  const given = {
    clock_time_get(clock, _precision, result) {
      const now = clock === 0 ? Date.now() : performance.now();
      view().setBigUint64(result, BigInt(Math.round(now * 1e6)), true);
      return 0;
    },
    random_get(address, length) {
      const bytes = new Uint8Array(view().buffer, address, length);
      for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65536, length)));
      return 0;
    },
  };
  const wasi = {};
  for (const entry of WebAssembly.Module.imports(module)) wasi[entry.name] = given[entry.name] ?? (() => 52);
  return { wasi_snapshot_preview1: wasi };
}

// Runs a machine to its end. output(text, boot): what the guest prints; with the first line of the benchmark, seconds and instructions so far.
// mode: translations.mjs. mebibytes: the machine's memory. keep: gets each module the engine makes.
export async function run(wasm, kernel, initrd, commandLine, output, mode = 0, mebibytes = 256n, keep = undefined) {
  const module = await WebAssembly.compile(wasm);
  let memory;
  const view = () => new DataView(memory.buffer);
  const instance = await WebAssembly.instantiate(module, imports(module, view));
  const engine = instance.exports;
  memory = engine.memory;
  if (engine.gantry_interface_version() !== 1) throw new Error("the engine speaks another version of the host interface");
  const start = performance.now();

  const copy = (address, bytes) => new Uint8Array(memory.buffer).set(bytes, address);
  const text = new TextEncoder().encode(commandLine);
  const textAt = engine.gantry_alloc(text.length) >>> 0;
  copy(textAt, text);
  const config = engine.gantry_alloc(136) >>> 0;
  const fields = view();
  fields.setUint32(config, 0x46435447, true);
  fields.setUint32(config + 4, 1, true);
  fields.setBigUint64(config + 8, mebibytes << 20n, true);
  fields.setBigUint64(config + 16, BigInt(kernel.length), true);
  fields.setBigUint64(config + 24, BigInt(initrd.length), true);
  fields.setBigUint64(config + 32, BigInt(textAt), true);
  fields.setUint32(config + 40, text.length, true);
  fields.setUint16(config + 96, 80, true);
  fields.setUint16(config + 98, 24, true);
  const machine = engine.gantry_create(config);
  const mailbox = engine.gantry_mailbox(machine) >>> 0;
  const message = () => {
    const at = Number(view().getBigUint64(mailbox + 48, true));
    return decoder.decode(new Uint8Array(memory.buffer, at, view().getUint32(mailbox + 56, true)));
  };
  if (view().getUint32(mailbox + 40, true) !== 0) throw new Error(message());
  copy(Number(view().getBigUint64(mailbox + 280, true)), kernel);
  copy(Number(view().getBigUint64(mailbox + 288, true)), initrd);
  if (engine.gantry_boot(machine) !== 0) throw new Error(message());

  const drain = (ring) => {
    const data = view();
    const base = Number(data.getBigUint64(ring, true)), capacity = data.getUint32(ring + 8, true), head = data.getUint32(ring + 12, true);
    let tail = data.getUint32(ring + 16, true), result = "";
    for (; tail !== head; tail = (tail + 1) >>> 0) result += String.fromCharCode(data.getUint8(base + (tail % capacity)));
    data.setUint32(ring + 16, tail, true);
    return result;
  };

  const channel = new MessageChannel();
  const made = mode === 0 ? undefined : translations(engine, machine, mode, keep?.module);
  let booted = false, seen = "";
  for (;;) {
    const reason = engine.gantry_run(machine, booted ? 1_000_000n : 200_000n);
    made?.pump();
    const printed = drain(mailbox + 120) + drain(mailbox + 152);
    let boot;
    if (printed !== "" && !booted && (seen += printed).includes("bench: start")) {
      booted = true;
      boot = { seconds: (performance.now() - start) / 1000, instructions: Number(view().getBigUint64(mailbox + 24, true)) };
    }
    if (printed !== "") output(printed, boot);
    if (reason === halted) keep?.counts(made?.counts() ?? "");
    if (reason === halted) return view().getUint32(mailbox + 40, true) === 1 ? "" : message();
    if (reason === idle) {
      const nanoseconds = view().getBigUint64(mailbox + 16, true);
      await new Promise((resolve) => setTimeout(resolve, Math.min(Number(nanoseconds / 1_000_000n), 1000)));
    } else if (made !== undefined) {
      // What was compiled meanwhile arrives as a task. (Node serves messages that are posted meanwhile before all else.)
      await new Promise((resolve) => {
        if (globalThis.setImmediate) setImmediate(resolve);
        else { channel.port1.onmessage = resolve; channel.port2.postMessage(0); }
      });
    }
  }
}
