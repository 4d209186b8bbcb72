import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import type { TerminalPage } from './support/terminal.js';
import { clipboard, openPage, placeOf, screen, typeLine, waitForClipboard } from './support/terminal.js';

// Clipboard, search, links and colours of the page's terminal.

let opened: TerminalPage, page: Page, pane: Locator;
before(async () => { opened = await openPage(); page = opened.page; pane = page.locator('.pane'); });
after(() => opened.close());

test('what is selected is copied by Ctrl-Shift-C and pasted by Ctrl-Shift-V', async () => {
  await typeLine(pane, 'clear; echo first sec$((1+1))ond third');
  await screen(pane, /first sec2ond third/);
  const { x, y } = await placeOf(pane, 'sec2ond');
  await page.mouse.dblclick(x, y);
  await page.keyboard.press('Control+Shift+C');
  await waitForClipboard(page, 'sec2ond');
  await page.evaluate(() => navigator.clipboard.writeText('echo past$((2*2))ed'));
  await pane.locator('.xterm-helper-textarea').focus();
  await page.keyboard.press('Control+Shift+V');
  await page.keyboard.press('Enter');
  await screen(pane, /\npast4ed\n/);
});

test('without a selection Ctrl-Shift-C leaves the clipboard alone', async () => {
  await typeLine(pane, 'clear; echo $((70+7))mark');
  await screen(pane, /77mark/);
  await page.evaluate(() => navigator.clipboard.writeText('kept'));
  await page.keyboard.press('Control+Shift+C');
  await typeLine(pane, 'echo $((80+8))mark');
  await screen(pane, /88mark/);
  assert.equal(await clipboard(page), 'kept');
});

test('a program may set the clipboard, but is not told what is in it', async () => {
  await typeLine(pane, String.raw`printf '\033]52;c;%s\007' "$(printf 'set by the guest' | base64)"`);
  await waitForClipboard(page, 'set by the guest');
  // The terminal's answer to the question, as the program reads it.
  await typeLine(pane, String.raw`clear; stty -icanon -echo min 0 time 20; printf '\033]52;c;?\007'; a=$(cat | od -An -c | tr -d ' \n'); stty sane; printf '%s\n' "answer<$a>"`);
  const text = await screen(pane, /answer<[^$].*>/);
  assert.match(text, /answer<(033\]52;c;(\\a|033\\\\))?>/);
});

test('the search bar finds, counts, goes up and down, knows case and patterns', async () => {
  await typeLine(pane, `clear; seq 1 500; echo Al$(echo pha) $(echo al)pha`);
  await screen(pane, /\n500\nAlpha alpha\n/);
  const count = page.locator('#find-count'), says = (text: string) => count.filter({ hasText: new RegExp(`^${text}$`) }).waitFor({ timeout: 30_000 });
  await page.keyboard.press('Control+Shift+F');
  await page.keyboard.type('alpha');
  await says('2 of 2');
  await page.locator('#find-case').click();
  await says('1 of 1');
  await page.locator('#find-pattern').click();
  await page.locator('#find-text').fill('^1[0-9]2$');
  await says('10 of 10');
  await screen(pane, /\n192\n/);
  await page.keyboard.press('Enter');
  await says('9 of 10');
  await page.keyboard.press('Shift+Enter');
  await says('10 of 10');
  // Output has the addon search again a little later: that result is not one of what is typed meanwhile.
  await typeLine(pane, 'echo $((40+4))late');
  await screen(pane, /44late/);
  await page.locator('#find-text').fill('^(');
  await says('not a pattern');
  await page.waitForTimeout(500);
  assert.equal(await count.textContent(), 'not a pattern');
  // The place is scrolled to and selected: closing leaves the selection's text where Ctrl-Shift-C finds it.
  await page.locator('#find-text').fill('nowhere to be found');
  await says('nothing');
  await page.locator('#find-text').fill('^25[0]$');
  await says('1 of 1');
  await screen(pane, /\n250\n/);
  await page.keyboard.press('Escape');
  await page.locator('#find-bar').waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+Shift+C');
  await waitForClipboard(page, '250');
  // The keys are the terminal's again.
  await page.keyboard.type('clear; echo $((30+3))back\n');
  await screen(pane, /\n?33back\n/);
});

test('a link that a program prints opens in a page that cannot reach this one', async () => {
  await page.context().route('https://links.invalid/**', route => route.fulfill({ contentType: 'text/html', body: '<title>arrived</title>' }));
  await typeLine(pane, 'clear; echo see https://links.invalid/a$((1+1))?q=1 now');
  await screen(pane, /\n?see https:\/\/links\.invalid\/a2\?q=1 now\n/);
  const { x, y } = await placeOf(pane, 'https://links.invalid/a2?q=1');
  await page.mouse.move(x - 5, y);
  await page.mouse.move(x, y);
  const pages = page.context().waitForEvent('page', { timeout: 30_000 });
  await page.locator('.xterm-cursor-pointer').waitFor();
  await page.mouse.click(x, y);
  const popup = await pages;
  await popup.waitForURL('https://links.invalid/a2?q=1', { timeout: 30_000 });
  assert.equal(await popup.evaluate(() => window.opener === null), true);
  await popup.close();
});

test('colours follow the system between dark and light', async () => {
  const background = () => page.evaluate(() => [document.body, document.querySelector('.xterm-scrollable-element')].map(element => element === null ? '' : getComputedStyle(element).backgroundColor));
  for (const [colorScheme, color] of [['light', 'rgb(255, 255, 255)'], ['dark', 'rgb(30, 30, 30)'], ['light', 'rgb(255, 255, 255)']] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForFunction(wanted => getComputedStyle(document.querySelector('.xterm-scrollable-element') ?? document.body).backgroundColor === wanted, color, { timeout: 30_000 });
    assert.deepEqual(await background(), [color, color]);
  }
  assert.deepEqual(opened.errors, []);
});
