import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import { GantryError } from '../runtime/src/errors.js';
import { openUrl } from '../runtime/src/source.js';
import { serve } from './support/server.js';

const file = new Uint8Array(300_001).map((_, i) => (i * 7919) >> 3);
const partSize = 65536;
const parts = Array.from({ length: Math.ceil(file.length / partSize) }, (_, i) => file.subarray(i * partSize, (i + 1) * partSize));
const manifest = new TextEncoder().encode(JSON.stringify({ gantryParts: 1, size: file.length, partSize, parts: parts.map((_, i) => `part.${i}`) }));
const files: Record<string, Uint8Array> = { 'file.wasm': file, 'file.json': manifest, ...Object.fromEntries(parts.map((part, i) => [`part.${i}`, gzipSync(part)])) };

for (const [what, name, ranges] of [['with Range', 'file.wasm', true], ['without Range', 'file.wasm', false], ['in parts', 'file.json', true], ['in parts without Range', 'file.json', false]] as const) {
  test(`bytes of a file ${what} are those of the file`, async () => {
    const server = await serve('/nowhere', files, ranges);
    try {
      const source = await openUrl(server.url + name);
      assert.equal(source.size, file.length);
      for (const [offset, length] of [[0, 10], [65530, 20], [100_000, 150_000], [file.length - 1, 1], [5, 0]] as const) {
        assert.deepEqual(await source.read(offset, length), file.slice(offset, offset + length));
      }
      await assert.rejects(source.read(file.length - 1, 2), (error: unknown) => error instanceof GantryError && error.code === 'truncated');
    } finally {
      server.close();
    }
  });
}

test('what is not there, and what is no image, is told apart', async () => {
  const server = await serve('/nowhere', { 'page.html': new TextEncoder().encode('<html>'), 'bad.json': new TextEncoder().encode('{"a":1}') });
  const code = (name: string) => openUrl(server.url + name).then(() => 'fine', (error: unknown) => error instanceof GantryError ? error.code : String(error));
  try {
    assert.deepEqual([await code('none.wasm'), await code('page.html'), await code('bad.json')], ['not-found', 'format', 'format']);
  } finally {
    server.close();
  }
  assert.equal(await openUrl(server.url).then(() => 'fine', (error: unknown) => error instanceof GantryError ? error.code : ''), 'network');
});
