// node node.mjs ENGINE KERNEL INITRD COMMAND-LINE [MODE [MIB]]: runs a machine and prints what it prints.
// MODE: off, hot or all: what is translated. GANTRY_MODULES=DIR keeps the modules that the engine makes and prints counts.
import { readFileSync, writeFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { run } from "./machine.mjs";
import { modes } from "./translations.mjs";

globalThis.crypto ??= webcrypto;
const [engine, kernel, initrd, commandLine, mode = "off", memory = "256"] = process.argv.slice(2);
const folder = process.env.GANTRY_MODULES;
const keep = folder && { module: (bytes, number) => writeFileSync(`${folder}/${number}.wasm`, bytes), counts: (text) => console.error(text) };
const failure = await run(readFileSync(engine), readFileSync(kernel), readFileSync(initrd), commandLine, (text, boot) => {
  if (boot) process.stdout.write(`host: boot ${boot.instructions}\n`);
  process.stdout.write(text);
}, modes[mode], BigInt(memory), keep);
if (failure) console.error(failure);
process.exit(failure ? 1 : 0);
