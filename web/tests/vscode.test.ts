import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { developerImage } from './support/assets.js';
import { withVsCode } from './support/vscode.js';

// The extension in a real VS Code for the Web, on plain and on cross-origin-isolated pages.

const program = (text: string): string => `#include <stdio.h>\nint main(void) { puts("${text}"); return 0; }\n`;

/** Writes by write(2), by mmap(2) and many bytes; every file is closed. */
const writer = `import mmap, os
with open('late.txt', 'w') as f: f.writelines(f'{i + 1}\\n' for i in range(100000))
os.mkdir('few')
for i in range(20):
    with open(f'few/{i}', 'w') as f: f.write(f'{i}\\n')
with open('mapped', 'w+b') as f:
    f.truncate(1000000)
    with mmap.mmap(f.fileno(), 1000000) as m: m[:] = b'm' * 1000000
with open('large', 'wb') as f: f.write((bytes(range(251)) * 19921)[:5000000])
`;

/** Waits for something on the disk; the editor saves when it likes. */
async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; !condition();) {
    if (Date.now() > end) throw new Error(`it never happened: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

for (const isolated of [false, true]) {
  const kind = isolated ? 'isolated' : 'plain';
  test(`a program is edited in the editor, compiled and run in the container (${kind} page)`, async () => {
    await withVsCode({ files: { 'hello.c': program('first'), 'close.py': writer }, images: developerImage(), settings: { 'container.imageLocation': 'IMAGES/dev.wasm' }, isolated }, async window => {
      const { page, folder } = window, onDisk = (name: string): string => path.join(folder, name);
      assert.equal(await page.evaluate(() => globalThis.crossOriginIsolated), isolated);
      await window.command('Gantry: Run Container');
      await window.screen(/[#$] ?$/);
      await window.type('cd /workspace && gcc hello.c -o hello && ./hello');
      await window.screen(/\nfirst\n/);
      await window.inExplorer('hello');
      assert.equal(fs.readFileSync(onDisk('hello')).subarray(0, 4).toString('latin1'), '\x7fELF');

      // A program that has had the old file, and has the folder listed and the file open.
      await window.type('exec 5< hello.c; until grep -q second hello.c && grep -q second /proc/self/fd/5; do sleep 0.1; done; echo seen at $(echo once)');
      await page.locator('.explorer-folders-view').getByText('hello.c', { exact: true }).dblclick();
      const editor = page.locator('.editor-instance .monaco-editor').first();
      await editor.getByText('"first"').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(program('second, from the editor'));
      await page.keyboard.press('Control+S');
      await until('the editor saved', () => fs.readFileSync(onDisk('hello.c'), 'utf8').includes('second'));
      await window.screen(/\nseen at once$/m);
      await window.type('gcc hello.c -o hello && ./hello');
      await window.screen(/\nsecond, from the editor\n/);
      await window.picture(`vscode-${kind}`);

      // What was written and closed is with the host when close() returns: nothing is lost when the tab goes at once, let alone a second later.
      if (isolated) return;
      await window.type('python3 close.py; mv late.txt later.txt; echo closed $((40 + 2))');
      await window.screen(/\nclosed 42\n/);
      await page.close();
      assert.equal(fs.readFileSync(onDisk('later.txt'), 'utf8'), Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join(''));
      assert.equal(fs.existsSync(onDisk('late.txt')), false);
      assert.deepEqual([fs.readFileSync(onDisk('mapped')).every(byte => byte === 0x6d), fs.readFileSync(onDisk('large')).every((byte, i) => byte === i % 251)], [true, true]);
      for (let i = 0; i < 20; i++) assert.equal(fs.readFileSync(onDisk(`few/${i}`), 'utf8'), `${i}\n`);
    });
  });
}
