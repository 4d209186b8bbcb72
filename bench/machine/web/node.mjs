// node node.mjs ENGINE KERNEL INITRD COMMAND-LINE: runs a machine and prints what it prints.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { run } from "./machine.mjs";

globalThis.crypto ??= webcrypto;
const [engine, kernel, initrd, commandLine] = process.argv.slice(2);
const failure = await run(readFileSync(engine), readFileSync(kernel), readFileSync(initrd), commandLine, (text, boot) => {
  if (boot) process.stdout.write(`host: boot ${boot.instructions}\n`);
  process.stdout.write(text);
});
if (failure) console.error(failure);
process.exitCode = failure ? 1 : 0;
