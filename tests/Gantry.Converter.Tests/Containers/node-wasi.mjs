// Runs a module in Node's WASI: node node-wasi.mjs MODULE JSON-of-preopens ARGUMENT...
import { WASI } from 'node:wasi';
import { readFile } from 'node:fs/promises';

const [file, preopens, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: ['out.wasm', ...args], env: { FROM_RUNTIME: 'node' }, preopens: JSON.parse(preopens) });
const module = await WebAssembly.compile(await readFile(file));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
// Not process.exit: Node 20 crashes in it when there are preopens.
process.exitCode = wasi.start(instance);
