import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { build } from 'esbuild';
import path from 'node:path';
import { root } from './support/assets.js';
import { launch } from './support/browser.js';
import { serve } from './support/server.js';

// The cache of chunks on Chromium's own Cache API.

interface TestWindow { BrowserChunkCache: typeof import('../runtime/src/caches.js').BrowserChunkCache }

let browser: Browser, page: Page, server: Awaited<ReturnType<typeof serve>>;
before(async () => {
  const text = (await build({ entryPoints: [path.join(root, 'web/runtime/src/caches.ts')], bundle: true, format: 'iife', globalName: 'disk', write: false })).outputFiles[0]?.contents ?? new Uint8Array(0);
  const html = new TextEncoder().encode('<script src="disk.js"></script><script>window.BrowserChunkCache = disk.BrowserChunkCache</script>');
  server = await serve('/nowhere', { 'index.html': html, 'disk.js': text });
  browser = await launch();
  page = await browser.newPage();
  await page.goto(server.url);
});
after(async () => { await browser.close(); server.close(); });

test('the oldest chunks go when there are more than the limit, also those of an earlier visit', async () => {
  const kept = await page.evaluate(async () => {
    const { BrowserChunkCache } = window as unknown as TestWindow;
    for (const visit of [0, 1]) {
      const cache = await BrowserChunkCache.open({ entries: 3 });
      for (const i of [0, 1]) await cache?.put(`${visit}${i}`, new Uint8Array([visit, i]));
    }
    const cache = await BrowserChunkCache.open({ entries: 3 });
    return Promise.all(['00', '01', '10', '11'].map(async key => [...await cache?.get(key) ?? []]));
  });
  assert.deepEqual(kept, [[], [0, 1], [1, 0], [1, 1]]);
});

test('a key that is put again is the latest, and counts once', async () => {
  const kept = await page.evaluate(async () => {
    const { BrowserChunkCache } = window as unknown as TestWindow;
    const cache = await BrowserChunkCache.open({ name: 'twice', entries: 2 });
    for (const [key, value] of [['a', 1], ['b', 2], ['a', 3], ['c', 4]] as const) await cache?.put(key, new Uint8Array([value]));
    return Promise.all(['a', 'b', 'c'].map(async key => [...await cache?.get(key) ?? []]));
  });
  assert.deepEqual(kept, [[3], [], [4]]);
});

test('chunks that are too large are not kept', async () => {
  const kept = await page.evaluate(async () => {
    const cache = await (window as unknown as TestWindow).BrowserChunkCache.open();
    await cache?.put('large', new Uint8Array((1 << 20) + 1));
    await cache?.put('fits', new Uint8Array(1 << 20));
    return [(await cache?.get('large'))?.length, (await cache?.get('fits'))?.length];
  });
  assert.deepEqual(kept, [undefined, 1 << 20]);
});
