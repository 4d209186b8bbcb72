// Runs a module in Node's WASI: node node-wasi.mjs MODULE JSON-of-preopens ARGUMENT...
import { setFlagsFromString } from 'node:v8';
import { WASI } from 'node:wasi';
import { readFile } from 'node:fs/promises';

// Node's WASI functions can start a garbage collection, which V8 forbids in fast calls: nodejs/node#46777, see docs/converter.md.
setFlagsFromString('--no-turbo-fast-api-calls');
const [file, preopens, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: ['out.wasm', ...args], env: { FROM_RUNTIME: 'node' }, preopens: JSON.parse(preopens) });
const module = await WebAssembly.compile(await readFile(file));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
