import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { image, root } from './support/assets.js';
import { launch, waitForScreen } from './support/browser.js';
import { serve } from './support/server.js';

// The page in Chromium with a whole container, as a user has it.

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
let page: Page;
const errors: string[] = [];

before(async () => {
  server = await serve(path.join(root, 'web/page/dist'), { 'out.wasm': image() });
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  page.on('pageerror', error => errors.push(error.message));
});
after(async () => { await browser.close(); server.close(); });

const type = async (line: string): Promise<void> => { await page.keyboard.type(line); await page.keyboard.press('Enter'); };

test('a prompt comes, without the whole file being downloaded', async () => {
  await page.goto(server.url);
  await waitForScreen(page, /[#$] ?$/);
  await page.locator('.pane[data-state=running]').waitFor();
  await type('uname -m; id -u');
  await waitForScreen(page, /\nriscv64\n0\n/);
  assert.ok(server.bytes() < image().length / 2, `${server.bytes()} of ${image().length} bytes were sent`);
});

test('Ctrl-C ends what runs', async () => {
  await type("sh -c 'echo begi$((1))n; exec sleep 1000'; echo slept $?");
  await waitForScreen(page, /begi1n/);
  await page.keyboard.press('Control+c');
  await type('echo after $((6*7))');
  await waitForScreen(page, /\^C[\s\S]*\nafter 42\n/);
});

test('a new size of the window arrives', async () => {
  // Each answer has a mark of its own: the screen may still show the one before.
  let mark = 0;
  const size = async (): Promise<string> => {
    await type(`clear; echo mark$((${++mark}+0)): $(stty size)`);
    return /\d+ \d+$/.exec(/mark\d+: \d+ \d+/.exec(await waitForScreen(page, new RegExp(`mark${mark}: \\d+ \\d+`)))?.[0] ?? '')?.[0] ?? '';
  };
  const before = await size(), rows = page.locator('.xterm-rows > div'), rowsBefore = await rows.count();
  await page.setViewportSize({ width: 500, height: 400 });
  await page.waitForFunction(old => document.querySelectorAll('.xterm-rows > div').length < old, rowsBefore);
  const after = await size();
  assert.notEqual(after, before);
  assert.equal(Number(after.split(' ')[0]), await rows.count());
});

test('UTF-8 goes both ways', async () => {
  await type('clear; echo grüße-日本 | tr a-z A-Z');
  await waitForScreen(page, /GRüßE-日本/);
});

test('the exit status is shown and a restart gives a new container', async () => {
  await type('exit 3');
  await page.locator('.status', { hasText: 'ended with status 3' }).waitFor({ timeout: 60_000 });
  await page.locator('.restart').click();
  await page.locator('.pane[data-state=running]').waitFor({ timeout: 60_000 });
  await page.locator('.xterm-helper-textarea').focus();
  await type('echo again $((40+2))');
  await waitForScreen(page, /\nagain 42/);
  assert.deepEqual(errors, []);
});

test('a missing image is told with what to do', async () => {
  await page.goto(`${server.url}?image=nothing.wasm`);
  await page.locator('.pane[data-state=failed] .status', { hasText: /nothing\.wasm is not there \(status 404\)\. Check the address/ }).waitFor({ timeout: 30_000 });
});

test('a server without Range works, too', async () => {
  const plain = await serve(path.join(root, 'web/page/dist'), { 'out.wasm': image() }, false);
  try {
    await page.goto(`${plain.url}?arg=/bin/sh&arg=-c&arg=uname%20-s;exit%205`);
    await page.locator('.status', { hasText: 'ended with status 5' }).waitFor({ timeout: 60_000 });
    await waitForScreen(page, /Linux/);
  } finally {
    plain.close();
  }
});
