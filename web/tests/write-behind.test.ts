import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileServer } from '../runtime/src/files/file-server.js';
import type { FileReply, FileRequest } from '../runtime/src/files/file-server.js';
import { Errno, FileError } from '../runtime/src/files/file-system.js';
import { MemoryFileSystem } from '../runtime/src/files/memory-file-system.js';
import { RequestKind } from '../runtime/src/layout.js';
import { WriteBehind } from '../runtime/src/write-behind.js';

const request = (kind: number, more: Partial<FileRequest> = {}): FileRequest =>
  ({ kind, path: '', path2: '', handle: 0, offset: 0, length: 0, flags: 0, mode: 0o644, owner: 0, group: 0, data: undefined, change: undefined, ...more });
const write = (handle: number, offset: number, length: number, value = 1): FileRequest => request(RequestKind.Write, { handle, offset, length, data: new Uint8Array(length).fill(value) });

/** What went to the page, and what was answered to the guest. */
function make() {
  const sent: { slot: number; request: FileRequest }[] = [], answered: { slot: number; reply: FileReply }[] = [];
  const writes = new WriteBehind((slot, _mount, what) => { sent.push({ slot, request: what }); }, (slot, reply) => { answered.push({ slot, reply }); });
  return { writes, sent, answered };
}

test('writes that follow each other travel as one, before anything else', () => {
  const { writes, sent, answered } = make();
  for (let i = 0; i < 10; i++) assert.equal(writes.take(100 + i, 0, write(5, 1000 + i * 4096, 4096, i)), true);
  assert.deepEqual([sent.length, answered.map(({ slot, reply }) => [slot, reply.status, reply.result])], [0, Array.from({ length: 10 }, (_, i) => [100 + i, 0, 4096])]);
  assert.equal(writes.take(200, 0, request(RequestKind.Read, { handle: 6 })), false);
  assert.deepEqual(sent.map(one => [one.slot < 0, one.request.kind, one.request.offset, one.request.length, one.request.data?.length]), [[true, RequestKind.Write, 1000, 40960, 40960], [false, RequestKind.Read, 0, 0, undefined]]);
  assert.deepEqual(Array.from({ length: 10 }, (_, i) => sent[0]?.request.data?.[i * 4096 + 4095]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('writes elsewhere, of other handles and mounts stay apart', () => {
  const { writes, sent } = make();
  writes.take(1, 0, write(5, 0, 10));
  writes.take(2, 0, write(6, 10, 10));
  writes.take(3, 1, write(5, 10, 10));
  writes.take(4, 0, write(5, 9, 10));
  writes.flush();
  assert.deepEqual(sent.map(one => [one.request.handle, one.request.offset, one.request.length]), [[5, 0, 10], [6, 10, 10], [5, 10, 10], [5, 9, 10]]);
});

test('a slow page makes the guest\'s writers wait', () => {
  const { writes, sent, answered } = make(), length = 1 << 20;
  let taken = 0;
  while (writes.take(taken, 0, write(5, taken * length, length))) taken++;
  assert.deepEqual([taken, answered.length, sent.length], [4, 4, 5]);
  assert.equal(writes.acknowledge(-(sent[0]?.slot ?? 0), { status: 0 }), true);
  assert.deepEqual(answered.at(-1), { slot: 4, reply: { status: 0, result: length } });
});

test('an error is the answer of the next write or fsync of that handle, once', () => {
  const { writes, sent, answered } = make();
  writes.take(1, 0, write(5, 0, 10));
  writes.flush();
  assert.equal(writes.acknowledge(-(sent[0]?.slot ?? 0), { status: Errno.ENOSPC }), false);
  writes.take(2, 0, write(6, 0, 10));
  writes.take(3, 0, request(RequestKind.Fsync, { handle: 5 }));
  writes.take(4, 0, request(RequestKind.Fsync, { handle: 5 }));
  assert.deepEqual(answered.map(({ slot, reply }) => [slot, reply.status]), [[1, 0], [2, 0], [3, Errno.ENOSPC]]);
  assert.equal(sent.at(-1)?.slot, 4);
});

test('a file system that takes its time is asked in the guest\'s order', async () => {
  const files = new MemoryFileSystem(), open = files.open.bind(files);
  let refuse = false;
  files.open = async (path, options) => {
    const node = await open(path, options);
    return { ...node, attributes: () => node.attributes(), read: (at, length) => node.read(at, length), close: async () => undefined, write: async (at, bytes) => {
      // The earlier, the later.
      await new Promise(resolve => setTimeout(resolve, at === 0 ? 20 : 1));
      if (refuse) throw new FileError(Errno.ENOSPC);
      await node.write(at, bytes);
    } } as typeof node;
  };
  const server = new FileServer(files), { result } = await server.serve(request(RequestKind.Open, { path: 'file', flags: 0o102 })), handle = result ?? 0;
  const replies = [server.serve(write(handle, 0, 10, 1)), server.serve(write(handle, 5, 10, 2)), server.serve(request(RequestKind.Read, { handle, length: 100 }))];
  assert.deepEqual(Array.from((await Promise.all(replies))[2]?.data ?? []), [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  refuse = true;
  assert.deepEqual(await server.serve(write(handle, 0, 1)), { status: Errno.ENOSPC });
});
