import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { root } from './support/assets.js';

// The npm package as an embedder has it: packed, installed elsewhere, type-checked and bundled by its public names alone.

const example = `
import { Container, GantryError, MemoryFileSystem } from '@gantry/runtime';
import type { ExitStatus, Process, Progress, Statistics } from '@gantry/runtime';

const abort = new AbortController();
const container: Container = Container.start({
  image: 'out.wasm', args: ['/bin/bash'], env: { NAME: 'value' }, files: [{ path: '/etc/motd', contents: 'hello' }], signal: abort.signal,
  terminal: { cols: 80, rows: 24, write: (bytes: Uint8Array) => { console.log(bytes.length); } },
  mounts: [{ path: '/workspace', fileSystem: new MemoryFileSystem() }],
  onProgress: (progress: Progress) => console.log(progress.phase, progress.bytes), onExit: (exit: ExitStatus) => console.log(exit.status),
});
const shell: Process = container.exec({ args: ['/bin/sh'], onOutput: (bytes, stream) => console.log(stream, bytes) });
shell.resize(100, 30);
container.write('ls');
container.stats().then((statistics: Statistics) => console.log(statistics.instructions));
container.exit.catch((error: unknown) => { if (error instanceof GantryError && error.code === 'not-found') abort.abort(); });
// @ts-expect-error the types are checked, not any
container.resize('wide');
`;

test('the package installs, type-checks and bundles outside of this tree', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gantry-package-')), web = path.join(root, 'web');
  const run = (command: string, ...parameters: string[]): void => {
    const { status, stdout, stderr } = spawnSync(command, parameters, { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, `${command} ${parameters.join(' ')}\n${stdout}${stderr}`);
  };
  try {
    run('npm', 'pack', '--silent', path.join(web, 'runtime'));
    const tarball = fs.readdirSync(folder).find(name => name.endsWith('.tgz')) ?? '';
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    fs.writeFileSync(path.join(folder, 'example.ts'), example);
    run('npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`);
    fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { noEmit: true, strict: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom', 'dom.iterable'], types: [] }, files: ['example.ts'],
    }));
    run('node', path.join(web, 'node_modules/typescript/bin/tsc'), '-p', '.');
    run(path.join(web, 'node_modules/.bin/esbuild'), 'example.ts', '--bundle', '--format=esm', '--outfile=example.js');
    assert.match(fs.readFileSync(path.join(folder, 'example.js'), 'utf8'), /new Worker\(/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
