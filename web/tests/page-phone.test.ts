import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CDPSession, Locator, Page } from 'playwright-core';
import type { TerminalPage } from './support/terminal.js';
import { openPage, placeOf, screen, typeLine, waitForClipboard } from './support/terminal.js';

// The page on a phone: Chromium with touch, a small screen and no keys.

let opened: TerminalPage, page: Page, pane: Locator, cdp: CDPSession;
before(async () => {
  opened = await openPage('', { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  page = opened.page;
  pane = page.locator('.pane');
  cdp = await page.context().newCDPSession(page);
});
after(() => opened.close());
const key = (name: string) => page.locator('#keys').getByRole('button', { name, exact: true });
// Shows everything that is typed as cat -vT does, until ^C.
const showKeys = `sh -c 'trap : INT; clear; stty -icanon -echo; echo ready; cat -vT; stty sane; echo; echo d$(echo one)'`;
const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });

test('the row of keys sends what the keys of a keyboard send', async () => {
  const shows = async (act: () => Promise<void>, expected: string): Promise<void> => {
    await typeLine(pane, showKeys);
    await screen(pane, /^ready\n?$/);
    await act();
    await page.keyboard.type('.');
    await screen(pane, new RegExp('ready\n' + expected.replace(/[\\^$[\].()|]/g, '\\$&') + '\\.'));
    await key('Interrupt').tap();
    await screen(pane, /\ndone\n/);
  };
  await shows(async () => { for (const name of ['Esc', 'Tab', 'Up', 'Down', 'Right', 'Left', 'Home', 'End']) await key(name).tap(); }, '^[^I^[[A^[[B^[[C^[[D^[[H^[[F');
  await shows(async () => { await key('Ctrl').tap(); await page.keyboard.type('a'); await page.keyboard.type('a'); }, '^Aa');
  await shows(async () => { await key('Alt').tap(); await page.keyboard.type('b'); await page.keyboard.type('b'); }, '^[bb');
  await shows(async () => { await key('Ctrl').tap(); await key('Left').tap(); await key('Left').tap(); }, '^[[1;5D^[[D');
  await shows(async () => { await key('Ctrl').tap(); await key('Ctrl').tap(); await page.keyboard.type('a'); }, 'a');
  await typeLine(pane, String.raw`printf '\033[?1h'`);
  await shows(async () => { await key('Up').tap(); await key('|').tap(); await key('Page up').tap(); }, '^[OA|^[[5~');
  await typeLine(pane, String.raw`printf '\033[?1l'`);
  // The on-screen keyboard stays: the terminal keeps the focus.
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'xterm-helper-textarea');
});

test('an arrow that is held down repeats', async () => {
  await typeLine(pane, showKeys);
  await screen(pane, /^ready\n?$/);
  const box = await key('Up').boundingBox();
  await touch('touchStart', (box?.x ?? 0) + 10, (box?.y ?? 0) + 10);
  await screen(pane, /(\^\[\[A){3}/);
  await touch('touchEnd');
  await key('Interrupt').tap();
  await screen(pane, /\ndone\n/);
});

test('a swipe scrolls the history, also in a program of the whole screen', async () => {
  await typeLine(pane, 'clear; seq 1 300');
  await screen(pane, /\n300\n/);
  const swipe = async (from: number, to: number): Promise<void> => {
    await touch('touchStart', 150, from);
    for (let step = 1; step <= 10; step++) await touch('touchMove', 150, from + (to - from) * step / 10);
    await touch('touchEnd');
  };
  await swipe(250, 550);
  await screen(pane, /^(?![\s\S]*\n300\n)[\s\S]*\n270\n/);
  await swipe(550, 150);
  await screen(pane, /\n300\n/);
  await typeLine(pane, String.raw`printf '\033[?1049h'; ${showKeys}`);
  await screen(pane, /^ready\n?$/);
  await swipe(250, 550);
  await screen(pane, /(\^\[\[A){3}/);
  await swipe(550, 250);
  await screen(pane, /(\^\[\[B){3}/);
  await key('Interrupt').tap();
  await screen(pane, /\ndone\n/);
  await typeLine(pane, String.raw`printf '\033[?1049l'`);
});

test('a long press selects a word, which the row copies; without one it copies the screen', async () => {
  await typeLine(pane, 'clear; echo one tw$((1))o three');
  await screen(pane, /one tw1o three/);
  const { x, y } = await placeOf(pane, 'tw1o');
  await touch('touchStart', x, y);
  await page.locator('.xterm-selection > div').first().waitFor({ timeout: 30_000 });
  await touch('touchEnd');
  await key('Copy').tap();
  await waitForClipboard(page, 'tw1o');
  await page.evaluate(() => navigator.clipboard.writeText('echo fr$((5+5))om'));
  await key('Paste').tap();
  await screen(pane, /echo fr\$\(\(5\+5\)\)om$/);
  await page.keyboard.press('Enter');
  await screen(pane, /\nfr10om\n/);
});

test('the terminal keeps above the on-screen keyboard, and nothing zooms in', async () => {
  const fits = async (height: number): Promise<void> => {
    const keys = await page.locator('#keys').boundingBox();
    assert.ok(keys !== null && keys.y > 100 && keys.y + keys.height <= height + 1, JSON.stringify(keys));
  };
  await fits(780);
  const rows = () => page.locator('.xterm-rows > div').count(), before = await rows();
  // A browser that shrinks the page.
  await page.setViewportSize({ width: 390, height: 430 });
  await page.waitForFunction(old => document.querySelectorAll('.xterm-rows > div').length < old, before, { timeout: 30_000 });
  await fits(430);
  await page.setViewportSize({ width: 390, height: 780 });
  await page.waitForFunction(old => document.querySelectorAll('.xterm-rows > div').length === old, before, { timeout: 30_000 });
  // A browser that only covers it (Safari): the visual viewport says so.
  await page.evaluate(() => {
    const viewport = window.visualViewport;
    if (viewport === null) return;
    Object.defineProperty(viewport, 'height', { value: 400, configurable: true });
    viewport.dispatchEvent(new Event('resize'));
  });
  await page.waitForFunction(old => document.querySelectorAll('.xterm-rows > div').length < old, before, { timeout: 30_000 });
  await fits(400);
  await page.locator('#find').tap();
  const sizes = await page.evaluate(() => ['#find-text', '.xterm-helper-textarea'].map(name => parseFloat(getComputedStyle(document.querySelector(name) ?? document.body).fontSize)));
  assert.deepEqual(sizes, [16, 16]);
  assert.deepEqual(opened.errors, []);
});

test('a computer has no row of keys', async () => {
  const computer = await opened.browser.newPage();
  await computer.goto(opened.url);
  await computer.locator('.pane').waitFor();
  assert.equal(await computer.locator('#keys').isVisible(), false);
});

test('on the smallest phones everything of the search bar can be reached', async () => {
  await page.setViewportSize({ width: 320, height: 568 });
  await page.locator('#find').tap();
  await page.locator('#find-text').fill('longer than the field is');
  for (const part of await page.locator('#find-bar > *').all()) {
    const box = await part.boundingBox();
    assert.ok(box !== null && box.x >= 0 && box.x + box.width <= 320 && box.y + box.height < 284, JSON.stringify(box));
  }
  await page.locator('#find-close').tap();
  await page.setViewportSize({ width: 390, height: 780 });
});
