import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { TerminalPage } from './support/terminal.js';
import { openPage, prompt, screen, typeLine } from './support/terminal.js';

// Several containers and terminals on one page, and output faster than the page.

// What the page has sent to it of output, and a brake: xterm takes its work by timers of 0 ms.
interface Watched { outputBytes: number; hold: boolean }
declare global { interface Window { watched: Watched } }
const watch = async (page: Page): Promise<void> => void await page.addInitScript(() => {
  const watched: Watched = window.watched = { outputBytes: 0, hold: false }, held: (() => void)[] = [];
  const realTimeout = window.setTimeout.bind(window) as typeof setTimeout;
  window.setTimeout = ((act: () => void, delay?: number) => {
    if (watched.hold && (delay ?? 0) === 0) { held.push(act); return 0; }
    return realTimeout(act, delay);
  }) as typeof setTimeout;
  setInterval(() => { if (!watched.hold) for (const act of held.splice(0)) act(); }, 50);
  window.Worker = class extends Worker {
    constructor(...parameters: ConstructorParameters<typeof Worker>) {
      super(...parameters);
      this.addEventListener('message', ({ data }: MessageEvent<{ type: string; bytes?: Uint8Array }>) => { if (data.type === 'output') watched.outputBytes += data.bytes?.length ?? 0; });
    }
  };
});

let opened: TerminalPage, page: Page;
before(async () => { opened = await openPage('?containers=2', {}, watch); page = opened.page; });
after(() => opened.close());
const pane = (number: number) => page.locator('.pane').nth(number);

test('two containers run side by side and have nothing in common', async () => {
  for (const i of [0, 1]) assert.ok(await pane(i).isVisible());
  const boxes = await Promise.all([0, 1].map(i => pane(i).boundingBox()));
  assert.ok((boxes[0]?.x ?? 0) + (boxes[0]?.width ?? 0) <= (boxes[1]?.x ?? 0), JSON.stringify(boxes));
  // Both compute at the same time: each waits for a number that it reaches while the other is at work.
  const loop = (name: string) => `{ i=0; while [ ! -e /stop ]; do i=$((i+1)); [ $((i%1000)) = 0 ] && echo ${name}$i; done; echo ended $((i>0))${name}; }`;
  await typeLine(pane(0), `${loop('a')} &`);
  await typeLine(pane(1), `${loop('b')} &`);
  await Promise.all([screen(pane(0), /a2000/), screen(pane(1), /b2000/)]);
  await typeLine(pane(0), 'touch /stop');
  await screen(pane(0), /ended 1a/);
  // The other one has no such file.
  const before = Number(/b(\d+)\n(?![\s\S]*b\d+\n)/.exec(`${await screen(pane(1), /b\d+/)}\n`)?.[1]);
  await screen(pane(1), new RegExp(`b${before + 2000}\\b`));
  await typeLine(pane(1), 'touch /stop');
  await screen(pane(1), /ended 1b/);
});

test('another terminal of a container sees its files and has its own size', async () => {
  await typeLine(pane(0), 'clear; echo from the first > /shared; cat /shared');
  await screen(pane(0), /\n?from the first\n/);
  await page.locator('#add-terminal').click();
  await prompt(page, pane(2));
  await typeLine(pane(2), 'clear; cat /shared; tty');
  await screen(pane(2), /from the first\n\/dev\/pts\/\d+\n/);
  // Side by side and alone it has different widths, which the guest hears of.
  const matches = async () => {
    const rows = await pane(2).locator('.xterm-rows > div').count();
    await typeLine(pane(2), 'clear; for i in 1 2 3 4 5 6 7 8 9; do set -- $(stty size); echo "<$1>"; done');
    await screen(pane(2), new RegExp(`(<${rows}>\\n){9}`));
    return rows;
  };
  const together = await matches();
  await page.setViewportSize({ width: 900, height: 420 });
  await page.waitForFunction(old => document.querySelectorAll('.pane:nth-child(3) .xterm-rows > div').length < old, together, { timeout: 30_000 });
  await matches();
  await page.setViewportSize({ width: 900, height: 600 });
});

test('tabs show one at a time, and closing asks while something runs', async () => {
  await page.locator('#split').click();
  assert.deepEqual(await Promise.all([0, 1, 2].map(i => pane(i).isVisible())), [false, false, true]);
  await page.locator('.tab .name').first().click();
  assert.deepEqual(await Promise.all([0, 1, 2].map(i => pane(i).isVisible())), [true, false, false]);
  // The keys go where the tab is.
  await page.keyboard.type('clear; echo $((60+6))keys\n');
  await screen(pane(0), /66keys/);
  const asked: string[] = [];
  let answer = false;
  page.on('dialog', dialog => { asked.push(dialog.message()); void (answer ? dialog.accept() : dialog.dismiss()); });
  const closeLast = page.locator('.tab .close').nth(2);
  await closeLast.click();
  assert.equal(await page.locator('.pane').count(), 3);
  answer = true;
  await closeLast.click();
  await page.waitForFunction(() => document.querySelectorAll('.pane').length === 2);
  assert.equal(asked.length, 2);
  assert.match(asked[0] ?? '', /running.*End it\?/);
  // What is left goes on: the container does not end with a second terminal.
  await typeLine(pane(0), 'clear; echo $((50+5))on');
  await screen(pane(0), /55on/);
});

test('a program that prints for ever waits for the page, and Ctrl-C ends it at once', async () => {
  await typeLine(pane(0), 'clear; yes');
  await screen(pane(0), /(y\n){3}/);
  const bytes = (): Promise<number> => page.evaluate(() => window.watched.outputBytes);
  await page.evaluate(() => { window.watched.hold = true; });
  const start = await bytes();
  // 256 KiB, and the ring that the limit is looked at before.
  const limit = (256 + 128) << 10;
  let last = -1, still = 0;
  for (let now = start; still < 4; now = await bytes()) {
    assert.ok(now - start <= limit, `${now - start} bytes were sent to a page that takes none`);
    still = now === last && now > start ? still + 1 : 0;
    last = now;
    await page.waitForTimeout(250);
  }
  await page.evaluate(() => { window.watched.hold = false; });
  await page.waitForFunction(least => window.watched.outputBytes > least, start + 2 * limit, { timeout: 120_000 });
  await page.keyboard.press('Control+c');
  const pressed = await bytes();
  await screen(pane(0), /\^C\n[#$] ?$/);
  assert.ok(await bytes() - pressed <= 2 * limit, `${await bytes() - pressed} bytes came after Ctrl-C`);
  assert.deepEqual(opened.errors, []);
});

test('panes side by side leave nothing of the page empty', async () => {
  const area = page.locator('#panes'), split = page.locator('#split');
  if (await split.getAttribute('aria-pressed') === 'false') await split.click();
  await page.locator('#add-container').click();
  const shown = page.locator('.pane:visible'), count = await shown.count();
  for (const width of [320, 700, 1000, 1400]) {
    await page.setViewportSize({ width, height: 600 });
    await page.waitForFunction(wanted => {
      const all = [...document.querySelectorAll('.pane')].map(pane => pane.getBoundingClientRect()).filter(box => box.width > 0), main = document.querySelector('main')?.getBoundingClientRect();
      const covered = all.reduce((sum, box) => sum + box.width * box.height, 0);
      return all.length === wanted && main !== undefined && covered > 0.97 * main.width * main.height && all.every(box => box.width >= Math.min(300, main.width));
    }, count, { timeout: 30_000 });
  }
  assert.ok(count >= 2 && await area.isVisible());
});
