// Mixed work (bench/soak/guest.sh) in a Debian for some minutes, translated, in Node or in Chromium: npm --prefix web run bench-soak -- [MINUTES [chromium]]. Prints each minute what the
// translation holds, and checks that every round computes the same. Wasmtime's: bench/soak.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Container } from '../../web/runtime/src/index.js';
import type { Statistics } from '../../web/runtime/src/index.js';
import { developerImage, root } from '../../web/tests/support/assets.js';
import { launchApart } from '../../web/tests/support/browser.js';
import { memoryBytes } from '../../web/tests/support/processes.js';
import { serve } from '../../web/tests/support/server.js';
import { localWorker } from '../../web/tests/support/worker.js';

/** A container at work somewhere. */
interface Soaked {
  stats(): Promise<Statistics>;
  output(): Promise<string>;
  ended(): Promise<unknown>;
  /** The process that it and all that serves it is in. */
  readonly process: number;
}

const minutes = Number(process.argv[2] ?? 10), minute = 60_000;
const server = await serve(path.join(root, 'web/runtime/dist'), developerImage());
const args = ['/bin/sh', '-c', readFileSync(path.join(root, 'bench/soak/guest.sh'), 'utf8')], image = `${server.url}dev.wasm`;

function inNode(): Soaked {
  const decoder = new TextDecoder();
  let output = '';
  const container = Container.start({ image, worker: localWorker, translate: true, args, onOutput: bytes => { output += decoder.decode(bytes, { stream: true }); } });
  return { stats: () => container.stats(), output: () => Promise.resolve(output), ended: () => container.exit, process: process.pid };
}

async function inChromium(): Promise<Soaked> {
  const { browser, id } = await launchApart(), page = await browser.newPage();
  // Any file: what matters is where it is from.
  await page.goto(`${server.url}index.js`);
  const soaked = await page.evaluateHandle(async ({ module, image, args }) => {
    const { Container } = await import(module) as typeof import('../../web/runtime/src/index.js'), decoder = new TextDecoder();
    const held = { output: '', container: Container.start({ image, translate: true, args, onOutput: bytes => { held.output += decoder.decode(bytes, { stream: true }); } }) };
    return held;
  }, { module: `${server.url}index.js`, image, args });
  return {
    stats: () => soaked.evaluate(held => held.container.stats()), output: () => soaked.evaluate(held => held.output), ended: () => soaked.evaluate(held => held.container.exit),
    process: id,
  };
}

const soaked = process.argv[3] === 'chromium' ? await inChromium() : inNode();
const rounds = async (): Promise<string[]> => [...(await soaked.output()).matchAll(/^round \d+ (\w+)\r?$/gm)].map(([, digest = '']) => digest);

console.log('| minute | rounds | million instructions | regions | KiB of functions | given up | modules | KiB of modules | host memory, MiB |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|');
const begin = Date.now(), ended = soaked.ended().then(() => true);
for (let number = 0; number <= minutes; number++) {
  if (await Promise.race([ended, new Promise<boolean>(resolve => { setTimeout(() => resolve(false), begin + number * minute - Date.now()); })])) throw new Error(`the guest ended:\n${await soaked.output()}`);
  const { instructions, translation } = await soaked.stats();
  const figures = [number, (await rounds()).length, instructions / 1e6, translation.regions, translation.codeBytes / 1024, translation.regionsDropped, translation.modules, translation.totalBytes / 1024, memoryBytes(soaked.process) / 2 ** 20];
  console.log(`| ${figures.map(figure => Math.floor(figure)).join(' | ')} |`);
}
if (new Set(await rounds()).size !== 1) throw new Error(`rounds differ, or there was none:\n${await soaked.output()}`);
process.exit(0);
