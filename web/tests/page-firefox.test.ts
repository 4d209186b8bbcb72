import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { image, root } from './support/assets.js';
import { serve } from './support/server.js';

// The page in Debian's Firefox, driven over WebDriver BiDi.

test('Firefox shows a prompt, takes keys and tells the exit status, without the whole file being downloaded', async () => {
  const server = await serve(path.join(root, 'web/page/dist'), { 'out.wasm': image() });
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, timeout: 120_000, protocolTimeout: 120_000 });
  try {
    const page = await browser.newPage(), errors: string[] = [];
    page.on('pageerror', error => errors.push(String(error)));
    await page.goto(server.url, { timeout: 120_000 });
    await page.waitForSelector('.pane[data-state=running]', { timeout: 120_000 });
    const shows = (text: string, timeout: number) => page.waitForFunction(
      (wanted: string) => [...document.querySelector('.xterm-rows')?.children ?? []].some(row => (row.textContent ?? '').replace(/\u00a0/g, ' ').trimEnd() === wanted), { timeout }, text);
    // As a person does: at the prompt, and again when the keys went elsewhere (the driver's focus is not always the window's).
    await page.waitForFunction(() => /[#$] *$/.test((document.querySelector('.xterm-rows')?.textContent ?? '').replace(/\u00a0/g, ' ').trimEnd()), { timeout: 120_000 });
    for (let attempt = 1; ; attempt++) {
      await page.focus('.xterm-helper-textarea');
      await page.keyboard.type('echo $(uname -m) $((6*7)) grüße\n');
      try { await shows('riscv64 42 grüße', attempt < 4 ? 30_000 : 120_000); break; } catch (error) { if (attempt === 4) throw error; }
    }
    assert.ok(server.bytes() < image().length / 2, `${server.bytes()} of ${image().length} bytes were sent`);
    await page.keyboard.type('exit 6\n');
    await page.waitForFunction(() => document.querySelector('.status')?.textContent === 'ended with status 6', { timeout: 120_000 });
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
    server.close();
  }
});
