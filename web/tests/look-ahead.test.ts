import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileReply, FileRequest } from '../runtime/src/files/file-server.js';
import { FileServer } from '../runtime/src/files/file-server.js';
import { OpenFlag } from '../runtime/src/files/file-system.js';
import { HostFileSystem } from '../runtime/src/files/host-file-system.js';
import { RequestKind } from '../runtime/src/layout.js';
import { LookAhead } from '../runtime/src/look-ahead.js';
import { PoorHost } from './support/poor-host.js';

// What the guest is answered without a way to the page, and that it never is anything old.

const request = (kind: number, more: Partial<FileRequest> = {}): FileRequest =>
  ({ kind, path: '', path2: '', handle: 0, offset: 0, length: 65536, flags: 0, mode: 0o644, owner: 0, group: 0, data: undefined, change: undefined, ...more });
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** A folder of files, the page's server of it and the worker's half. */
async function make(files: number) {
  const host = new PoorHost(), clock = { now: 0 };
  await host.makeDirectory('folder');
  for (let i = 0; i < files; i++) await host.write(`folder/${i}`, new TextEncoder().encode(`text ${i}`));
  const files_ = new HostFileSystem(host, undefined, () => clock.now), server = new FileServer(files_), ahead = new LookAhead(() => clock.now);
  let slot = 0, travelled = 0;
  const ask = async (what: FileRequest): Promise<FileReply> => {
    const own = ++slot, known = ahead.take(own, 0, what);
    if (known !== undefined) {
      if (what.kind === RequestKind.Close) void server.serve(what);
      return known;
    }
    travelled++;
    const reply = await server.serve(what);
    ahead.answered(own, reply);
    return reply;
  };
  const list = async (): Promise<void> => {
    const { result } = await ask(request(RequestKind.Open, { path: 'folder', flags: OpenFlag.Directory }));
    await ask(request(RequestKind.List, { handle: result ?? 0, length: 1 << 20 }));
  };
  return { host, files: files_, server, ahead, clock, ask, list, travelled: () => { const count = travelled; travelled = 0; return count; } };
}

test('attributes of a folder that was listed come many at a time, in whatever order they are asked for', async () => {
  for (const order of [(i: number) => i, (i: number) => 999 - i, (i: number) => (i * 377 + 5) % 1000]) {
    const { ask, list, travelled } = await make(1000);
    await list();
    travelled();
    for (let i = 0; i < 1000; i++) assert.equal((await ask(request(RequestKind.Stat, { path: `folder/${order(i)}` }))).attributes?.size, `text ${order(i)}`.length);
    assert.ok(travelled() < 60, 'each was asked for');
  }
});

test('one question about a folder makes none about its other entries', async () => {
  const { ask, list, host } = await make(1000);
  await list();
  let stats = 0;
  const real = host.stat.bind(host);
  host.stat = path => { stats++; return real(path); };
  await ask(request(RequestKind.Stat, { path: 'folder/7' }));
  assert.equal(stats, 1);
});

test('a small file is opened, read and closed in one way to the page', async () => {
  const { ask, travelled } = await make(3), opened = await ask(request(RequestKind.Open, { path: 'folder/2' })), handle = opened.result ?? 0;
  assert.equal((await ask(request(RequestKind.Stat, { handle }))).attributes?.size, 6);
  assert.deepEqual([text((await ask(request(RequestKind.Read, { handle }))).data), text((await ask(request(RequestKind.Read, { handle, offset: 4, length: 1 }))).data)], ['text 2', ' ']);
  assert.equal((await ask(request(RequestKind.Read, { handle, offset: 6 }))).result, 0);
  assert.equal((await ask(request(RequestKind.Close, { handle }))).status, 0);
  assert.equal(travelled(), 1);
  // It is closed indeed.
  assert.notEqual((await ask(request(RequestKind.Read, { handle }))).status, 0);
});

test('a large file, and one that is written, is read from the page', async () => {
  const { ask, host, travelled } = await make(0);
  await host.write('folder/large', new Uint8Array(65537));
  for (const [path, flags] of [['folder/large', 0], ['folder/new', OpenFlag.ReadWrite | OpenFlag.Create]] as const) {
    const { result: handle = 0 } = await ask(request(RequestKind.Open, { path, flags }));
    travelled();
    await ask(request(RequestKind.Read, { handle }));
    assert.equal(travelled(), 1, path);
  }
});

test('the host\'s change is seen at once when it is told, after some seconds when it is not', async () => {
  const { ask, list, host, files, ahead, clock } = await make(20);
  const size = async (): Promise<number | undefined> => (await ask(request(RequestKind.Stat, { path: 'folder/12' }))).attributes?.size;
  const look = async (): Promise<void> => {
    await list();
    for (const name of ['1', '2', '3']) await ask(request(RequestKind.Stat, { path: `folder/${name}` }));
  };
  await look();
  const { result: handle = 0 } = await ask(request(RequestKind.Open, { path: 'folder/12' }));
  await host.write('folder/12', new TextEncoder().encode('longer than it was'));
  assert.equal(await size(), 7);
  // What the extension's watcher does.
  assert.equal(await files.changed('folder/12'), true);
  ahead.forget();
  assert.equal(await size(), 18);
  assert.equal(text((await ask(request(RequestKind.Read, { handle }))).data), 'longer than it was');
  await ask(request(RequestKind.Close, { handle }));
  await look();
  await host.write('folder/12', new Uint8Array(3));
  assert.equal(await size(), 18);
  clock.now += 2500;
  assert.equal(await size(), 3);
});

test('the guest\'s own changes are seen by its next question, by every kind of change', async () => {
  const changes: [string, FileRequest][] = [
    ['setattr', request(RequestKind.SetAttributes, { path: 'folder/5', change: { size: 1 } })], ['rename', request(RequestKind.Rename, { path: 'folder/6', path2: 'folder/5' })],
    ['unlink', request(RequestKind.Unlink, { path: 'folder/5' })], ['truncate', request(RequestKind.Open, { path: 'folder/5', flags: OpenFlag.WriteOnly | OpenFlag.Truncate })],
  ];
  for (const [name, change] of changes) {
    const { ask, list, server } = await make(20);
    await list();
    for (const other of ['1', '2', '3']) await ask(request(RequestKind.Stat, { path: `folder/${other}` }));
    const before = await ask(request(RequestKind.Stat, { path: 'folder/5' }));
    assert.equal(before.attributes?.size, 6);
    assert.equal((await ask(change)).status, 0, name);
    const told = (await ask(request(RequestKind.Stat, { path: 'folder/5' })));
    assert.deepEqual(told.attributes, (await server.serve(request(RequestKind.Stat, { path: 'folder/5' }))).attributes, name);
    assert.notDeepEqual(told.attributes, before.attributes, name);
  }
});

test('an answer that was on its way while something changed is not kept', async () => {
  const { ahead, server } = await make(5), open = request(RequestKind.Open, { path: 'folder/1' });
  assert.equal(ahead.take(1, 0, open), undefined);
  const reply = await server.serve(open), handle = reply.result ?? 0;
  assert.notEqual(reply.contents, undefined);
  ahead.forget();
  ahead.answered(1, reply);
  assert.equal(ahead.take(2, 0, request(RequestKind.Read, { handle })), undefined);
  // One that was asked for after a change began, and answered before it was done.
  const rename = request(RequestKind.Rename, { path: 'folder/2', path2: 'folder/1' });
  assert.equal(ahead.take(3, 0, rename), undefined);
  assert.equal(ahead.take(4, 0, open), undefined);
  const old = await server.serve(open);
  ahead.answered(4, old);
  ahead.answered(3, await server.serve(rename));
  assert.equal(ahead.take(5, 0, request(RequestKind.Read, { handle: old.result ?? 0 })), undefined);
});

test('files that are read one after another are read in advance, and no others', async () => {
  const { ask, list, host } = await make(100), reads: string[] = [], real = host.read.bind(host);
  host.read = path => { reads.push(path); return real(path); };
  const open = async (i: number): Promise<void> => {
    const reply = await ask(request(RequestKind.Open, { path: `folder/${i}` }));
    assert.equal(text(reply.contents), `text ${i}`);
    await ask(request(RequestKind.Close, { handle: reply.result ?? 0 }));
    await new Promise(resolve => setTimeout(resolve, 0));
  };
  await list();
  for (const i of [50, 7, 93, 20]) await open(i);
  assert.deepEqual(reads.splice(0), ['folder/50', 'folder/7', 'folder/93', 'folder/20']);
  for (let i = 60; i < 80; i++) await open(i);
  // Each once, and a few of the next.
  assert.deepEqual(reads, Array.from({ length: reads.length }, (_, i) => `folder/${60 + i}`));
  assert.ok(reads.length > 20 && reads.length <= 28, `${reads.length} were read`);
});
