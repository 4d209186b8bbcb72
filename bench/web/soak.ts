// Mixed work (bench/soak/guest.sh) in a Debian for some minutes, translated, in Node: npm --prefix web run bench-soak [MINUTES]. Prints each minute what the translation holds,
// and checks that every round computes the same. Wasmtime's: bench/soak.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Container } from '../../web/runtime/src/index.js';
import { developerImage, root } from '../../web/tests/support/assets.js';
import { serve } from '../../web/tests/support/server.js';
import { localWorker } from '../../web/tests/support/worker.js';

const minutes = Number(process.argv[2] ?? 10), minute = 60_000;
const images = await serve('/nowhere', developerImage()), decoder = new TextDecoder();
let output = '';
const container = Container.start({
  image: `${images.url}dev.wasm`, worker: localWorker, translate: true,
  args: ['/bin/sh', '-c', readFileSync(path.join(root, 'bench/soak/guest.sh'), 'utf8')],
  onOutput: bytes => { output += decoder.decode(bytes, { stream: true }); },
});
const rounds = (): string[] => [...output.matchAll(/^round \d+ (\w+)$/gm)].map(([, digest = '']) => digest);

console.log('| minute | rounds | million instructions | regions | KiB of functions | given up | modules | KiB of modules | host memory, MiB |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|');
const row = async (number: number): Promise<void> => {
  const { instructions, translation } = await container.stats();
  const figures = [number, rounds().length, instructions / 1e6, translation.regions, translation.codeBytes / 1024, translation.regionsDropped, translation.modules, translation.totalBytes / 1024, process.memoryUsage().rss / 2 ** 20];
  console.log(`| ${figures.map(figure => Math.floor(figure)).join(' | ')} |`);
};
const begin = Date.now();
for (let number = 0; number <= minutes; number++) {
  const ended = await Promise.race([container.exit.then(() => true), new Promise<boolean>(resolve => { setTimeout(() => resolve(false), begin + number * minute - Date.now()); })]);
  if (ended) throw new Error(`the guest ended:\n${output}`);
  await row(number);
}
if (new Set(rounds()).size !== 1) throw new Error(`rounds differ, or there was none:\n${output}`);
process.exit(0);
