// node start.mjs MODULE: runs `echo hi`; last line: seconds for loading (read, compile, instantiate), seconds from then to the first output.
import { setFlagsFromString } from 'node:v8';
import { WASI } from 'node:wasi';
import { readFile } from 'node:fs/promises';

setFlagsFromString('--no-turbo-fast-api-calls'); // See docs/converter.md.
const begin = performance.now();
const wasi = new WASI({ version: 'preview1', args: ['out.wasm', '--no-stdin', '--', 'echo', 'hi'], env: {} });
const imports = wasi.getImportObject();
const write = imports.wasi_snapshot_preview1.fd_write;
let first;
imports.wasi_snapshot_preview1.fd_write = (fd, ...rest) => {
  if (fd === 1) first ??= performance.now();
  return write(fd, ...rest);
};
const module = await WebAssembly.compile(await readFile(process.argv[2]));
const instance = await WebAssembly.instantiate(module, imports);
const loaded = performance.now();
process.exitCode = wasi.start(instance);
console.log(`${(loaded - begin) / 1000} ${(first - loaded) / 1000}`);
