import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { image, root } from './support/assets.js';
import { launch, waitForScreen } from './support/browser.js';
import { serve } from './support/server.js';
import { serveVsCode } from './support/vscode-server.js';

// The extension in a real VS Code for the Web, on plain and on cross-origin-isolated pages.

const rows = '.terminal-wrapper.active .xterm-rows';
const type = async (page: Page, line: string): Promise<void> => {
  await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
};

for (const isolated of [false, true]) {
  test(`a container works on the workspace (${isolated ? 'cross-origin-isolated' : 'plain'} page)`, async () => {
    const code = execFileSync(path.join(root, 'web/tests/vscode-web/setup.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim().split('\n').at(-1) ?? '';
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gantry-workspace-'));
    fs.writeFileSync(path.join(folder, 'hello.txt'), 'hello from the editor\n');
    const images = await serve('/nowhere', { 'out.wasm': image() });
    const server = await serveVsCode({
      code, folder, isolated, extension: path.join(root, 'web/vscode'), disk: path.join(root, 'web/tests/vscode-web/diskfs'), settings: { 'container.imageLocation': `${images.url}out.wasm` },
    });
    const browser = await launch();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      await page.goto(server.url);
      await page.locator('.explorer-folders-view').getByText('hello.txt').waitFor({ timeout: 90_000 });
      assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), isolated);
      await page.keyboard.press('F1');
      await page.locator('.quick-input-widget input.input').fill('>Gantry: Run Container');
      await page.locator('.quick-input-list .monaco-list-row').first().click();
      await waitForScreen(page, /[#$] ?$/, rows, 90_000);
      await type(page, 'cd /workspace && cat hello.txt && echo "$(uname -m) wrote" > made.txt; mkdir sub && mv made.txt sub/');
      await waitForScreen(page, /\nhello from the editor\n/, rows);
      await page.locator('.explorer-folders-view').getByText('sub').waitFor({ timeout: 30_000 });
      await type(page, 'cat sub/made.txt');
      await waitForScreen(page, /\nriscv64 wrote\n/, rows);
      assert.equal(fs.readFileSync(path.join(folder, 'sub/made.txt'), 'utf8'), 'riscv64 wrote\n');
      const shots = path.join(root, 'artifacts/screenshots');
      fs.mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: path.join(shots, `vscode-${isolated ? 'isolated' : 'plain'}.png`) });
      await type(page, 'exit 0');
    } catch (error) {
      const shots = path.join(root, 'artifacts/screenshots');
      fs.mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: path.join(shots, 'vscode-failed.png') }).catch(() => undefined);
      throw error;
    } finally {
      await browser.close();
      server.close();
      images.close();
      fs.rmSync(folder, { recursive: true });
    }
  });
}
