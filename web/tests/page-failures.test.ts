import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { image, root } from './support/assets.js';
import { launch } from './support/browser.js';
import { serve } from './support/server.js';
import { prompt, screen, typeLine } from './support/terminal.js';

// Starts that fail in a real browser, and the start after them.

let browser: Browser, pages: Awaited<ReturnType<typeof serve>>;
before(async () => { pages = await serve(path.join(root, 'web/page/dist'), {}); browser = await launch(); });
after(async () => { await browser.close(); pages.close(); });

async function listening(answer: http.RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = http.createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try { await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`); } finally { server.closeAllConnections(); server.close(); }
}

test('a server that does not allow the page is told as CORS, and after it does, the same page starts', async () => {
  let allowed = false;
  await listening((_, response) => {
    if (allowed) response.setHeader('Access-Control-Allow-Origin', '*');
    response.end(image());
  }, async url => {
    const page = await browser.newPage(), pane = page.locator('.pane'), errors: string[] = [];
    page.on('pageerror', error => errors.push(error.message));
    await page.goto(`${pages.url}?image=${encodeURIComponent(`${url}out.wasm`)}`);
    await page.locator('.pane[data-state=failed] .status', { hasText: /out\.wasm cannot be loaded.*CORS: it has to send Access-Control-Allow-Origin/ }).waitFor({ timeout: 60_000 });
    allowed = true;
    await pane.locator('.restart').click();
    await prompt(page, pane);
    await typeLine(pane, 'echo $((60+6))works');
    await screen(pane, /\n66works\n/);
    assert.deepEqual(errors, []);
    await page.close();
  });
});

test('a page that forbids blob workers is told what to allow', async () => {
  await listening((request, response) => {
    const name = new URL(request.url ?? '/', 'http://x').pathname.slice(1) || 'index.html';
    response.setHeader('Content-Security-Policy', "worker-src 'none'");
    response.setHeader('Content-Type', name.endsWith('.js') ? 'text/javascript' : name.endsWith('.css') ? 'text/css' : 'text/html');
    response.end(readFileSync(path.join(root, 'web/page/dist', path.basename(name))));
  }, async url => {
    const page = await browser.newPage();
    await page.goto(url);
    await page.locator('.pane[data-state=failed] .status', { hasText: /worker cannot run.*Allow worker-src blob:/ }).waitFor({ timeout: 60_000 });
    await page.close();
  });
});

test('an address that is none is told, and no page stays blank', async () => {
  const page = await browser.newPage();
  await page.goto(`${pages.url}?image=${encodeURIComponent('http://[')}`);
  await page.locator('.pane[data-state=failed] .status', { hasText: /"http:\/\/\[" is not the address of an image/ }).waitFor({ timeout: 60_000 });
  await page.close();
});
