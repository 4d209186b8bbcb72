import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Ingredients } from './pack.js';
import { pack } from './pack.js';

/** The clone's root. */
export const root = path.resolve(import.meta.dirname, '../../..');

const lastLine = (script: string, ...parameters: string[]): string =>
  execFileSync(path.join(root, script), parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim().split('\n').at(-1) ?? '';

let made: Uint8Array<ArrayBuffer> | undefined;

/** Debian's root file system of one of guest/rootfs's recipes as EROFS; made once. */
function rootDisk(recipe: string): Uint8Array {
  const tar = lastLine('guest/rootfs/build.sh', recipe), disk = path.join(path.dirname(tar), 'web-tests.erofs');
  if (!existsSync(disk)) {
    const folder = mkdtempSync(path.join(path.dirname(tar), 'web-'));
    try {
      execFileSync('tar', ['--exclude=./dev/*', '-xf', tar, '-C', folder], { stdio: 'ignore' });
      execFileSync('mkfs.erofs', [`${disk}.${process.pid}`, folder], { stdio: 'ignore' });
      renameSync(`${disk}.${process.pid}`, disk);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return readFileSync(disk);
}

function parts(): Pick<Ingredients, 'engine' | 'kernel' | 'initrd'> {
  const engine = process.env['GANTRY_ENGINE'] ?? path.join(root, 'artifacts/engine/engine.wasm');
  if (!existsSync(engine)) throw new Error(`${engine} is missing: run eng/build.sh`);
  return { engine: readFileSync(engine), kernel: readFileSync(lastLine('guest/kernel/build.sh', 'riscv64')), initrd: readFileSync(lastLine('guest/init/build.sh', 'riscv64')) };
}

/** A Debian with a C compiler, git and the like, as the files of a server: the module, and its root file system beside it. */
export function developerImage(): Record<string, Uint8Array> {
  const disk = rootDisk('dev');
  return { 'dev.wasm': pack({ ...parts(), disk, external: 'dev.erofs', cmd: ['/bin/bash', '--norc'], memory: 512 << 20 }), 'dev.erofs': disk };
}

/** An image with Debian's small root file system, made of what eng/build.sh and guest/ build. */
export function image(): Uint8Array<ArrayBuffer> {
  made ??= pack({ ...parts(), disk: rootDisk('small'), cmd: ['/bin/sh'] });
  return made;
}
