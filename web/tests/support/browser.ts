import { chromium } from 'playwright-core';
import type { Browser, LaunchOptions, Locator, Page } from 'playwright-core';

/** How Debian's Chromium is started without a window. */
export const launchOptions: LaunchOptions = {
  executablePath: '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};

/** Starts it. */
export const launch = (): Promise<Browser> => chromium.launch(launchOptions);

/** Starts it as one whose processes can be looked at. */
export async function launchApart(): Promise<{ browser: Browser; id: number; close: () => Promise<void> }> {
  const started = await chromium.launchServer(launchOptions), browser = await chromium.connect(started.wsEndpoint());
  return { browser, id: started.process().pid ?? 0, close: async () => { await browser.close(); await started.close(); } };
}

/** Waits until the terminal in the page shows a text. */
export async function waitForScreen(page: Page, pattern: RegExp, rows: string | Locator = '.xterm-rows', timeout = 60_000): Promise<string> {
  const end = Date.now() + timeout;
  let text = '';
  while (Date.now() < end) {
    text = await (typeof rows === 'string' ? page.locator(rows) : rows).evaluate(element => [...element.children].map(row => (row.textContent ?? '').replace(/\u00a0/g, ' ').trimEnd()).join('\n').trimEnd()).catch(() => '');
    if (pattern.test(text)) return text;
    await page.waitForTimeout(100);
  }
  throw new Error(`the terminal never showed ${String(pattern)}; it shows:\n${text}`);
}
