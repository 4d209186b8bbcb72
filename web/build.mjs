// Bundles everything: runtime (package), page, VS Code extension; with --tests the tests too, with --bench bench/web.
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const here = import.meta.dirname;
const at = (...parts) => path.join(here, ...parts);
const common = { bundle: true, target: 'es2022', sourcemap: 'linked', logLevel: 'warning', absWorkingDir: here };

await rm(at('runtime/dist'), { recursive: true, force: true });
// The worker is a part of the bundle that starts it: one file to load, and no cross-origin worker to be refused.
const worker = await build({ ...common, entryPoints: ['runtime/src/worker.ts'], format: 'iife', minify: true, sourcemap: false, write: false });
const workerText = worker.outputFiles[0].text;
const inlineWorker = {
  name: 'gantry-worker',
  setup(plugins) {
    plugins.onResolve({ filter: /^gantry:worker$/ }, () => ({ path: 'worker', namespace: 'gantry' }));
    plugins.onLoad({ filter: /.*/, namespace: 'gantry' }, () => ({ contents: workerText, loader: 'text' }));
  },
};
const options = { ...common, plugins: [inlineWorker] };
const jobs = [
  build({ ...options, entryPoints: ['runtime/src/index.ts'], format: 'esm', outfile: 'runtime/dist/index.js' }),
  build({ ...common, entryPoints: ['runtime/src/worker.ts'], format: 'iife', outfile: 'runtime/dist/worker.js' }),
  promisify(execFile)('node', [at('node_modules/typescript/bin/tsc'), '-p', at('runtime')]),
];
if (existsSync(at('page/src/main.ts'))) {
  await mkdir(at('page/dist'), { recursive: true });
  jobs.push(
    build({ ...options, entryPoints: ['page/src/main.ts'], format: 'esm', minify: true, outfile: 'page/dist/main.js' }),
    cp(at('page/src/index.html'), at('page/dist/index.html')),
  );
}
if (existsSync(at('vscode/src/extension.ts'))) {
  jobs.push(build({ ...options, entryPoints: ['vscode/src/extension.ts'], format: 'cjs', external: ['vscode'], minify: true, outfile: 'vscode/dist/extension.js' }));
}
if (process.argv.includes('--tests')) {
  await rm(at('tests/dist'), { recursive: true, force: true });
  const tests = (await readdir(at('tests'))).filter(name => name.endsWith('.test.ts')).map(name => `tests/${name}`);
  jobs.push(build({ ...options, entryPoints: tests, format: 'esm', platform: 'node', packages: 'external', outdir: 'tests/dist', outExtension: { '.js': '.mjs' } }));
}
if (process.argv.includes('--bench')) {
  jobs.push(build({ ...options, entryPoints: { 'bench-workspace': '../bench/web/workspace.ts', 'bench-soak': '../bench/web/soak.ts' }, format: 'esm', platform: 'node', external: ['playwright-core'], outdir: 'tests/dist', outExtension: { '.js': '.mjs' } }));
}
await Promise.all(jobs);
if (process.argv.includes('--vsix')) {
  const { createVSIX } = await import('@vscode/vsce');
  await cp(at('../LICENSE'), at('vscode/LICENSE'));
  await createVSIX({ cwd: at('vscode'), packagePath: at('vscode/dist/gantry-container.vsix'), dependencies: false, allowMissingRepository: true });
}
