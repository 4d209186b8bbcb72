import path from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { image, root } from './assets.js';
import { launch, waitForScreen } from './browser.js';
import { serve } from './server.js';

/** The page with a container in Chromium, as tests of the terminal have it. */
export interface TerminalPage {
  readonly browser: Browser;
  readonly page: Page;
  readonly url: string;
  /** Messages of exceptions that nobody caught. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** Starts server, browser and page; with the query's containers running. */
export async function openPage(query = '', options: BrowserContextOptions = {}, before: (page: Page) => Promise<void> = () => Promise.resolve()): Promise<TerminalPage> {
  const server = await serve(path.join(root, 'web/page/dist'), { 'out.wasm': image() }), browser = await launch(), errors: string[] = [];
  try {
    const context = await browser.newContext({ viewport: { width: 900, height: 600 }, ...options });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.on('pageerror', error => errors.push(error.message));
    await before(page);
    await page.goto(server.url + query);
    const panes = page.locator('.pane');
    for (let i = 0; i < Math.max(1, Number(new URLSearchParams(query).get('containers'))); i++) await prompt(page, panes.nth(i));
    return { browser, page, url: server.url, errors, close: async () => { await browser.close(); server.close(); } };
  } catch (error) {
    await browser.close();
    server.close();
    throw error;
  }
}

/** Waits until a pane runs and shows its prompt. */
export async function prompt(page: Page, pane: Locator): Promise<void> {
  await pane.and(page.locator('[data-state=running]')).waitFor({ timeout: 120_000 });
  await screen(pane, /[#$] ?$/);
}

/** Waits for a text in a pane's terminal. */
export const screen = (pane: Locator, pattern: RegExp): Promise<string> => waitForScreen(pane.page(), pattern, pane.locator('.xterm-rows'), 120_000);

/** Types a line in a pane's terminal. */
export async function typeLine(pane: Locator, line: string): Promise<void> {
  await pane.locator('.xterm-helper-textarea').focus();
  await pane.page().keyboard.type(line);
  await pane.page().keyboard.press('Enter');
}

/** The middle of the last place where a terminal shows a text, in the page's pixels. */
export async function placeOf(pane: Locator, text: string): Promise<{ x: number; y: number }> {
  return pane.locator('.xterm-rows').evaluate((rows, wanted) => {
    for (const row of [...rows.children].reverse()) {
      const at = (row.textContent ?? '').replaceAll('\u00a0', ' ').lastIndexOf(wanted);
      if (at < 0) continue;
      const range = document.createRange(), walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      const middle = at + Math.floor(wanted.length / 2);
      let begin = 0;
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const length = node.textContent?.length ?? 0;
        if (middle < begin + length) {
          range.setStart(node, middle - begin);
          range.setEnd(node, middle - begin + 1);
          const { x, y, width, height } = range.getBoundingClientRect();
          return { x: x + width / 2, y: y + height / 2 };
        }
        begin += length;
      }
    }
    throw new Error(`the terminal does not show ${wanted}`);
  }, text);
}

export const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

/** Waits until the clipboard has a text. */
export async function waitForClipboard(page: Page, text: string): Promise<void> {
  await page.waitForFunction(wanted => navigator.clipboard.readText().then(found => found === wanted), text, { timeout: 30_000 });
}
