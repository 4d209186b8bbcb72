import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { root } from './assets.js';
import { launch, waitForScreen } from './browser.js';
import { serve } from './server.js';
import { serveVsCode } from './vscode-server.js';

/** A VS Code window on a folder of this disk, driven as a user would. */
export interface Window {
  readonly page: Page;
  /** The workspace on disk. */
  readonly folder: string;
  /** Runs a command of the palette by its title. */
  command(title: string): Promise<void>;
  /** Types a line into the terminal that is shown. */
  type(line: string): Promise<void>;
  /** Waits until that terminal shows a text. */
  screen(pattern: RegExp, timeout?: number): Promise<string>;
  /** Waits until there are terminals with these names, in this order. */
  terminals(names: readonly string[]): Promise<void>;
  /** Waits until the explorer has an entry. */
  inExplorer(name: string): Promise<void>;
  /** Keeps a picture in artifacts/screenshots. */
  picture(name: string): Promise<void>;
}

export interface WindowOptions {
  readonly files: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, Uint8Array>>;
  /** Images whose server does not answer. */
  readonly stalled?: ReadonlySet<string>;
  /** For `.vscode/settings.json`, or a workspace file of several roots. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folders that are roots; by default all is one. */
  readonly roots?: readonly string[];
  readonly isolated?: boolean;
  /** The file system says that it cannot be written. */
  readonly readOnly?: boolean;
}

const Attempt = 10_000;
const Patience = 240_000;

/** Opens VS Code, lets `work` use it and closes it; "IMAGES/" in the settings is the address of the images. */
export async function withVsCode(options: WindowOptions, work: (window: Window) => Promise<void>): Promise<void> {
  const code = execFileSync(path.join(root, 'web/tests/vscode-web/setup.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim().split('\n').at(-1) ?? '';
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gantry-workspace-'));
  const write = (name: string, text: string): void => { fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true }); fs.writeFileSync(path.join(folder, name), text); };
  for (const [name, text] of Object.entries(options.files)) write(name, text);
  const images = await serve('/nowhere', options.images, true, options.stalled);
  const settings = JSON.parse(JSON.stringify(options.settings).replaceAll('IMAGES/', images.url)) as Record<string, unknown>;
  if (options.roots === undefined) write('.vscode/settings.json', JSON.stringify(settings));
  else write('all.code-workspace', JSON.stringify({ folders: options.roots.map(name => ({ path: name })), settings }));
  const server = await serveVsCode({
    code, folder, isolated: options.isolated ?? false, extension: path.join(root, 'web/vscode'), disk: path.join(root, 'web/tests/vscode-web/diskfs'),
    workspace: options.roots === undefined ? undefined : 'all.code-workspace', settings: {}, readOnly: options.readOnly ?? false,
  });
  const browser = await launch(), page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(Patience);
  const picture = async (name: string): Promise<void> => {
    const shots = path.join(root, 'artifacts/screenshots');
    fs.mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: path.join(shots, `${name}.png`) });
  };
  const terminal = '.terminal-wrapper.active';
  const window: Window = {
    page, folder, picture,
    command: async title => {
      // Whatever takes the focus closes the palette: then it is opened again.
      for (const end = Date.now() + Patience; ;) {
        try {
          await page.keyboard.press('F1');
          await page.locator('.quick-input-widget input.input').fill(`>${title}`, { timeout: Attempt });
          return await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first().click({ timeout: Attempt });
        } catch (error) {
          if (Date.now() > end) throw error;
          await page.keyboard.press('Escape');
        }
      }
    },
    type: async line => {
      await page.locator(`${terminal} .xterm-helper-textarea`).focus();
      await page.keyboard.type(line);
      await page.keyboard.press('Enter');
    },
    screen: (pattern, timeout = Patience) => waitForScreen(page, pattern, `${terminal} .xterm-rows`, timeout),
    terminals: async names => {
      const end = Date.now() + Patience;
      for (let shown: string[] = []; ;) {
        shown = (await page.locator('.terminal-tabs-entry').allTextContents()).map(text => text.trim()).filter(text => text !== '');
        if (shown.length === names.length && names.every((name, i) => shown[i]?.startsWith(name) === true)) return;
        if (Date.now() > end) throw new Error(`the terminals never were ${names.join(', ')}; they are ${shown.join(', ')}`);
        await page.waitForTimeout(100);
      }
    },
    inExplorer: name => page.locator('.explorer-folders-view').getByText(name, { exact: true }).waitFor(),
  };
  try {
    await page.goto(server.url);
    await window.inExplorer(options.roots?.[0] ?? Object.keys(options.files)[0] ?? '');
    await work(window);
  } catch (error) {
    await picture(`vscode-failed-${process.hrtime.bigint()}`).catch(() => undefined);
    throw error;
  } finally {
    await browser.close();
    server.close();
    images.close();
    fs.rmSync(folder, { recursive: true });
  }
}
