import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pack } from './pack.js';

/** The clone's root. */
export const root = path.resolve(import.meta.dirname, '../../..');

const lastLine = (script: string, ...parameters: string[]): string =>
  execFileSync(path.join(root, script), parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim().split('\n').at(-1) ?? '';

let made: Uint8Array<ArrayBuffer> | undefined;

/** An image with Debian's small root file system, made of what eng/build.sh and guest/ build. */
export function image(): Uint8Array<ArrayBuffer> {
  if (made !== undefined) return made;
  const engine = process.env['GANTRY_ENGINE'] ?? path.join(root, 'artifacts/engine/engine.wasm');
  if (!existsSync(engine)) throw new Error(`${engine} is missing: run eng/build.sh`);
  const tar = lastLine('guest/rootfs/build.sh', 'small'), disk = path.join(path.dirname(tar), 'web-tests.erofs');
  if (!existsSync(disk)) {
    const folder = mkdtempSync(path.join(path.dirname(tar), 'web-'));
    try {
      execFileSync('tar', ['-xf', tar, '-C', folder], { stdio: 'ignore' });
      execFileSync('mkfs.erofs', [disk, folder], { stdio: 'ignore' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  made = pack({
    engine: readFileSync(engine), kernel: readFileSync(lastLine('guest/kernel/build.sh', 'riscv64')), initrd: readFileSync(lastLine('guest/init/build.sh', 'riscv64')),
    disk: readFileSync(disk), cmd: ['/bin/sh'],
  });
  return made;
}
