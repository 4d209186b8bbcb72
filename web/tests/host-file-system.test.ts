import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Errno, FileError, FileType } from '../runtime/src/files/file-system.js';
import type { FileSystem, OpenOptions } from '../runtime/src/files/file-system.js';
import { HostFileSystem } from '../runtime/src/files/host-file-system.js';
import { MemoryFileSystem } from '../runtime/src/files/memory-file-system.js';
import { PoorHost } from './support/poor-host.js';

// The file system over a poor host must behave as the one in memory does.

const options = (more: Partial<OpenOptions> = {}): OpenOptions => ({ create: false, exclusive: false, truncate: false, directory: false, write: true, mode: 0o644, owner: 0, group: 0, ...more });

test('random operations have the same results as in memory', async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`# seed ${seed}`);
  let state = seed;
  const random = (limit: number): number => { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % limit; };
  const poor = new HostFileSystem(new PoorHost()), memory = new MemoryFileSystem();
  const names = ['a', 'b', 'd', 'd/a', 'd/b', 'd/d', 'e', 'e/f'];
  const name = (): string => names[random(names.length)] ?? '';
  // Below what is no folder a poor host finds nothing; the guest's kernel, which walks, never asks there.
  const result = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error instanceof FileError ? `errno ${error.errno === Errno.ENOTDIR ? Errno.ENOENT : error.errno}` : Promise.reject(error));
  for (let i = 0; i < 4000; i++) {
    const kind = random(8), first = name(), second = name(), offset = random(50), data = new Uint8Array(random(40)).fill(random(256)), mode = random(512), flags = { create: random(2) === 0, truncate: random(3) === 0, exclusive: random(4) === 0 };
    const step = async (files: FileSystem): Promise<unknown> => {
      switch (kind) {
        case 0: return result(files.makeDirectory(first, { mode, owner: 1, group: 2 }));
        case 1: return result(files.remove(first, true));
        case 2: return result(files.remove(first, false));
        case 3: return result(files.rename(first, second));
        case 4: return result(files.symlink(first, `target ${offset}`, { mode, owner: 0, group: 0 }));
        case 5: return result(files.setAttributes(first, { mode }));
        case 6: return result(files.readLink(first));
        default: return result((async () => {
          const node = await files.open(first, options(flags));
          await node.write(offset, data);
          const bytes = Array.from(await node.read(0, 1000));
          await node.close();
          return bytes;
        })());
      }
    };
    const expected = await step(memory), actual = await step(poor);
    assert.deepEqual(actual, expected, `step ${i}, kind ${kind}, ${first}, ${second}`);
    const check = async (files: FileSystem): Promise<unknown> => result(files.attributes(first).then(({ mode: all, size }) => [all, (all & FileType.Mask) === FileType.Directory ? 0 : size]));
    assert.deepEqual(await check(poor), await check(memory), `after step ${i}, kind ${kind}, ${first}, ${second}`);
  }
});

test('what was written and closed is with the host, also under a new name', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host);
  const node = await files.open('new', options({ create: true }));
  await node.write(0, new Uint8Array([1, 2, 3]));
  await files.rename('new', 'final');
  await node.write(3, new Uint8Array([4]));
  await node.close();
  assert.deepEqual([...host.nodes.keys()], ['', 'final']);
  assert.deepEqual(host.nodes.get('final'), new Uint8Array([1, 2, 3, 4]));
});

test('an open file stays usable after it was removed, and does not come back', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host);
  const node = await files.open('gone', options({ create: true }));
  await files.remove('gone', false);
  await node.write(0, new Uint8Array([7]));
  assert.deepEqual([Array.from(await node.read(0, 10)), (await node.attributes()).links], [[7], 0]);
  await node.close();
  assert.deepEqual([...host.nodes.keys()], ['']);
});

test('a change made by the host is seen through an open file', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host);
  host.nodes.set('file', new Uint8Array([1]));
  const node = await files.open('file', options({ write: false }));
  host.nodes.set('file', new Uint8Array([1, 2]));
  await files.changed('file');
  assert.deepEqual(Array.from(await node.read(0, 10)), [1, 2]);
});

test('a read-only host refuses every change', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host);
  host.nodes.set('file', new Uint8Array([1]));
  host.readOnly = true;
  for (const change of [files.open('file', options()), files.remove('file', false), files.rename('file', 'x'), files.makeDirectory('d', { mode: 0o755, owner: 0, group: 0 }), files.setAttributes('file', { size: 0 })]) {
    await assert.rejects(change, (error: unknown) => error instanceof FileError && error.errno === Errno.EROFS);
  }
});

test('events of the guest\'s own changes are known from the host\'s', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host);
  const node = await files.open('file', options({ create: true, mode: 0o755 }));
  await node.write(0, new Uint8Array([1]));
  await node.close();
  await files.setAttributes('file', { modifyTime: 5_000_000_000n });
  assert.equal(await files.changed('file'), false);
  // A time that was set (tar, cp -p, touch) stays, and so does the inode, which git compares.
  const { modifyTime, inode, mode } = await files.attributes('file');
  assert.deepEqual([modifyTime, mode & 0o7777], [5_000_000_000n, 0o755]);
  await host.write('file', new Uint8Array([1, 2, 3]));
  assert.equal(await files.changed('file'), true);
  const after = await files.attributes('file');
  assert.deepEqual([after.size, after.inode, after.mode & 0o7777, after.modifyTime === modifyTime], [3, inode, 0o755, false]);
  assert.equal(await files.changed('file'), false, 'the same change told twice');
  await host.remove('file');
  assert.equal(await files.changed('file'), true);
  await host.write('file', new Uint8Array([1]));
  assert.equal(await files.changed('file'), true);
  assert.equal((await files.attributes('file')).mode & 0o7777, 0o644, 'another file of the same name has no mode yet');
});

test('contents that the host refuses are told, kept and written later', async () => {
  const host = new PoorHost(), unsaved: string[] = [], files = new HostFileSystem(host, path => unsaved.push(path));
  const node = await files.open('file', options({ create: true }));
  await node.write(0, new Uint8Array([1, 2]));
  host.full = true;
  await assert.rejects(node.close(), (error: unknown) => error instanceof FileError && error.errno === Errno.ENOSPC);
  assert.deepEqual(unsaved, ['file']);
  assert.equal((await files.attributes('file')).size, 2);
  host.full = false;
  await files.flush();
  assert.deepEqual(host.nodes.get('file'), new Uint8Array([1, 2]));
});

test('a write on its way does not bring back the name that a rename takes away', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host);
  const node = await files.open('old', options({ create: true }));
  await node.write(0, new Uint8Array([1]));
  const renamed = files.rename('old', 'new');
  for (let i = 0; i < 20; i++) {
    await node.write(i, new Uint8Array([i]));
    await Promise.all([node.flush(), Promise.resolve()]);
  }
  await Promise.all([renamed, node.close()]);
  assert.deepEqual([...host.nodes.keys()], ['', 'new']);
  assert.equal(host.nodes.get('new')?.length, 20);
});

test('the host is asked once for what it was asked a moment ago, and again after every change', async () => {
  const host = new PoorHost(), clock = { now: 0 }, files = new HostFileSystem(host, undefined, () => clock.now), asked: string[] = [];
  await host.makeDirectory('d');
  await host.write('d/file', new Uint8Array(1));
  const real = host.stat.bind(host);
  host.stat = path => { asked.push(path); return real(path); };
  const size = (path: string): Promise<number | undefined> => files.attributes(path).then(attributes => attributes.size, () => undefined);
  const sizes = async (): Promise<(number | undefined)[]> => [await size('d/file'), await size('d/none'), await size('none/x')];
  for (let i = 0; i < 5; i++) assert.deepEqual(await sizes(), [1, undefined, undefined]);
  assert.deepEqual(asked.splice(0), ['d/file', 'd/none', 'none/x']);
  // The host's changes: those that it tells, of a folder for all that is in it, and those that it does not.
  await host.write('d/none', new Uint8Array(2));
  await files.changed('d/none');
  assert.deepEqual(await sizes(), [1, 2, undefined]);
  await host.rename('d', 'none');
  await host.write('none/x', new Uint8Array(3));
  for (const path of ['d', 'none']) await files.changed(path);
  assert.deepEqual(await sizes(), [undefined, undefined, 3]);
  await host.write('none/x', new Uint8Array(4));
  clock.now += 1999;
  assert.deepEqual(await sizes(), [undefined, undefined, 3]);
  clock.now += 1;
  assert.deepEqual(await sizes(), [undefined, undefined, 4]);
  // Ours.
  await files.rename('none', 'd');
  assert.deepEqual(await sizes(), [1, 2, undefined]);
  await files.remove('d/none', false);
  const node = await files.open('d/file', options());
  await node.write(0, new Uint8Array(9));
  await node.close();
  assert.deepEqual(await sizes(), [9, undefined, undefined]);
});

test('an answer of the host that was on its way while something changed is not kept', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host), held: (() => void)[] = [];
  await host.write('file', new Uint8Array(1));
  const real = host.stat.bind(host);
  host.stat = async path => {
    const stat = await real(path);
    if (held.length === 0) await new Promise<void>(resolve => held.push(resolve));
    return stat;
  };
  const early = files.attributes('file');
  await new Promise(resolve => setTimeout(resolve, 1));
  await host.write('file', new Uint8Array(2));
  await files.changed('file');
  for (const release of held) release();
  assert.equal((await early).size, 1);
  assert.equal((await files.attributes('file')).size, 2);
});

/** Counts what the host is asked to read. */
function countReads(host: PoorHost): string[] {
  const reads: string[] = [], real = host.read.bind(host);
  host.read = path => { reads.push(path); return real(path); };
  return reads;
}

test('a file that was closed a moment ago is not read again, unless it changed', async () => {
  const host = new PoorHost(), clock = { now: 0 }, files = new HostFileSystem(host, undefined, () => clock.now), reads = countReads(host);
  const text = async (): Promise<string> => {
    const node = await files.open('file', options({ write: false })), bytes = await node.read(0, 100);
    await node.close();
    return new TextDecoder().decode(bytes);
  };
  const write = (value: string): Promise<void> => host.write('file', new TextEncoder().encode(value));
  await write('one');
  assert.deepEqual([await text(), await text(), reads.length], ['one', 'one', 1]);
  await write('two');
  await files.changed('file');
  assert.deepEqual([await text(), await text(), reads.length], ['two', 'two', 2]);
  // Not told: seen when the host is asked again.
  await write('three');
  clock.now += 2000;
  assert.deepEqual([await text(), (await files.attributes('file')).size, reads.length], ['three', 5, 3]);
  // What the guest itself wrote need not be read, neither under another name.
  const node = await files.open('file', options());
  await node.write(0, new TextEncoder().encode('THREE and more'));
  await node.close();
  assert.equal(await text(), 'THREE and more');
  await files.rename('file', 'other');
  await write('new');
  await files.changed('file');
  assert.equal(await text(), 'new');
  await files.rename('other', 'file');
  assert.equal(await text(), 'THREE and more');
});

test('a read that was on its way while the file changed is made again', async () => {
  const host = new PoorHost(), files = new HostFileSystem(host), real = host.read.bind(host);
  await host.write('file', new Uint8Array([1]));
  let release = (): void => undefined;
  host.read = async path => {
    const bytes = await real(path);
    host.read = real;
    await new Promise<void>(resolve => { release = resolve; });
    return bytes;
  };
  const opening = files.open('file', options({ write: false }));
  await new Promise(resolve => setTimeout(resolve, 1));
  await host.write('file', new Uint8Array([2]));
  await files.changed('file');
  release();
  assert.deepEqual(Array.from(await (await opening).read(0, 10)), [2]);
});
