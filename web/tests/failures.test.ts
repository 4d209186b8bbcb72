import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { compileEngine, readMemory } from '../runtime/src/engine.js';
import type { ErrorCode } from '../runtime/src/errors.js';
import { GantryError } from '../runtime/src/errors.js';
import { Machine } from '../runtime/src/machine.js';
import { readIndex } from '../runtime/src/module-index.js';
import { BytesSource, openUrl } from '../runtime/src/source.js';
import { image } from './support/assets.js';

// Every failure of a start has its code, and a sentence that says what to do.

const is = (code: ErrorCode, says: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof GantryError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, says);
  return true;
};

async function answering(answer: (response: http.ServerResponse) => void, work: (url: string) => Promise<void>): Promise<void> {
  const server = http.createServer((_, response) => answer(response));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try { await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/out.wasm`); } finally { server.closeAllConnections(); server.close(); }
}

const answers: [string, (response: http.ServerResponse) => void, ErrorCode, RegExp][] = [
  ['a missing file', response => response.writeHead(404).end(), 'not-found', /is not there \(status 404\)\. Check the address/],
  ['a file that is gone', response => response.writeHead(410).end(), 'not-found', /status 410/],
  ['a server that fails', response => response.writeHead(503).end(), 'network', /503.*Try again later/],
  ['a forbidden file', response => response.writeHead(403).end(), 'network', /403.*who may read it/],
  ['a page in place of a file', response => response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<html>'), 'format', /web page.*Check the address/],
  ['a connection that breaks', response => { response.writeHead(200, { 'Content-Length': '100000' }); response.write('x'.repeat(5000), () => response.destroy()); }, 'truncated', /Try again/],
  ['no answer at all', response => response.destroy(), 'network', /no connection.*Access-Control-Allow-Origin/],
];
for (const [what, answer, code, says] of answers) test(`${what} is told as ${code}`, () => answering(answer, url => assert.rejects(openUrl(url), is(code, says))));

test('an engine with one bit changed is a digest mismatch', async () => {
  const bytes = image().slice(), index = await readIndex(new BytesSource(bytes)), at = index.engine.offset + 100;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await assert.rejects(compileEngine(new BytesSource(bytes), index), is('digest', /not what was converted.*reload/));
});

test('a browser without an instruction of the engine is told to be too old', async () => {
  const bytes = image().slice(), index = await readIndex(new BytesSource(bytes)), { offset, length } = index.engine;
  // A value type that no browser has.
  bytes.fill(0x41, offset + 8, offset + 40);
  const sha256 = createHash('sha256').update(bytes.subarray(offset, offset + length)).digest('hex');
  await assert.rejects(compileEngine(new BytesSource(bytes), { ...index, engine: { ...index.engine, sha256 } }), is('unsupported', /cannot compile.*Use a current/));
});

test('memory that cannot be had is told as out of memory', async () => {
  const source = new BytesSource(image()), index = await readIndex(source);
  const [module, segments] = await Promise.all([compileEngine(source, index), readMemory(source, index)]);
  const boot = { kernel: new Uint8Array(0), initrd: new Uint8Array(0) };
  // One page more than a memory can have.
  const greedy = { ...index, engine: { ...index.engine, memoryPages: 65537 } };
  await assert.rejects(Machine.start(module, greedy, segments, boot, { columns: 80, rows: 24 }), is('out-of-memory', /Close other tabs/));
});
