import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { image } from './support/assets.js';
import { withVsCode } from './support/vscode.js';
import type { Window } from './support/vscode.js';

// What a user does with containers and their terminals, in a real VS Code for the Web.

const small = { images: { 'small.wasm': image() }, settings: { 'container.imageLocation': 'IMAGES/small.wasm' }, files: { 'a file': 'text' } };

test('terminals: a second one, arguments, the profile in the menu, stop', async () => {
  await withVsCode(small, async window => {
    const { page } = window;
    await window.command('Gantry: Run Container');
    await window.screen(/# ?$/);
    await window.type('echo shared > /tmp/seen; cat "/workspace/a file"');
    await window.screen(/\ntext/);
    await window.command('Gantry: Open Another Terminal');
    await window.terminals(['Container', 'Container']);
    await window.screen(/[#$] ?$/);
    await window.type('cat /tmp/seen; echo second $((40 + 2))');
    await window.screen(/shared\nsecond 42$/m);
    await window.picture('vscode-second-terminal');

    await window.command('Gantry: Run Container with Arguments');
    await page.locator('.quick-input-widget input.input').fill('/bin/sh -c "echo $#: $0, $1; exec cat" \'first one\' second');
    await page.keyboard.press('Enter');
    await window.screen(/^1: first one, second$/m);
    await window.terminals(['Container', 'Container', 'Container']);

    await page.getByRole('button', { name: 'Launch Profile...' }).click();
    await window.picture('vscode-profile-menu');
    await page.locator('.monaco-menu .action-item').filter({ hasText: 'Container' }).first().click();
    await window.terminals(['Container', 'Container', 'Container', 'Container']);
    await window.screen(/# ?$/);
    await window.type('ls /tmp | wc -l');
    await window.screen(/\n0$/m);

    await window.command('Gantry: Stop Container');
    await window.terminals([]);
  });
});

test('what a program said that was run for its output stays to be read, until a key is pressed', async () => {
  await withVsCode(small, async window => {
    await window.command('Gantry: Run Container with Arguments');
    await window.page.locator('.quick-input-widget input.input').fill('/bin/uname -m');
    await window.page.keyboard.press('Enter');
    await window.screen(/^riscv64\n+\[ended with status 0; a key closes this terminal\]$/m);
    await window.picture('vscode-output-stays');
    await window.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await window.page.keyboard.press('Enter');
    await window.terminals([]);
  });
});

test('a folder that cannot be written is read-only in the container', async () => {
  await withVsCode({ ...small, readOnly: true }, async window => {
    await window.command('Gantry: Run Container');
    await window.screen(/# ?$/);
    await window.type('cd /workspace; cat "a file"; echo; for change in "touch new" "mkdir folder" "rm -f a*file" "mv a*file other" "truncate -s 0 a*file" "ln -s x link" "chmod 600 a*file"; do $change 2>&1; done | grep -c "Read-only file system"');
    await window.screen(/\ntext\n7$/m);
    assert.deepEqual([fs.readdirSync(window.folder).sort(), fs.readFileSync(path.join(window.folder, 'a file'), 'utf8')], [['.vscode', 'a file'], 'text']);
  });
});

test('a terminal that is closed while something runs is asked about, and comes back', async () => {
  await withVsCode(small, async window => {
    const { page } = window, dialog = page.locator('.monaco-dialog-box');
    await window.command('Gantry: Run Container');
    await window.screen(/# ?$/);
    // The program says when it runs: a terminal closed before has only a shell that waits.
    await window.type('sh -c "echo busy; sleep 100000; true"');
    await window.screen(/\nbusy$/m);
    await window.command('Terminal: Kill the Active Terminal Instance');
    await dialog.getByText('Something still runs in the container').waitFor();
    await window.picture('vscode-question');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await window.terminals(['Container']);
    await window.screen(/\nbusy$/m);
    // The same program, still: Ctrl-C ends it, and the shell goes on.
    await page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await page.keyboard.press('Control+C');
    await window.type('echo interrupted $((40 + 2))');
    await window.screen(/\ninterrupted 42$/m);

    await window.type('sh -c "echo again; sleep 100000; true"');
    await window.screen(/\nagain$/m);
    await window.command('Terminal: Kill the Active Terminal Instance');
    await dialog.getByRole('button', { name: 'Stop Container' }).click();
    await logged(window, /ended\swith\sstatus/);
    await window.terminals([]);
  });
});

test('a terminal that is closed while its shell waits ends the container without a question', async () => {
  await withVsCode(small, async window => {
    await window.command('Gantry: Run Container');
    await window.screen(/# ?$/);
    await window.command('Terminal: Kill the Active Terminal Instance');
    await logged(window, /ended\swith\sstatus/);
    assert.equal(await window.page.locator('.monaco-dialog-box').count(), 0);
  });
});

test('an image in compressed chunks, and several roots', async () => {
  const whole = gzipSync(image(), { level: 1 }), third = Math.ceil(whole.length / 3);
  const images = Object.fromEntries([0, 1, 2].map(i => [`small.part0${i}.wasm`, new Uint8Array(whole.subarray(i * third, (i + 1) * third))]));
  const settings = { 'container.imageLocation': 'IMAGES/small.part', 'container.imageChunks': 3, 'container.imageWithDecompression': true, 'container.env': { GREETING: 'from the settings' } };
  await withVsCode({ images, settings, files: { 'one/first': '1', 'two words/second': '2' }, roots: ['one', 'two words'] }, async window => {
    await window.command('Gantry: Run Container');
    await window.screen(/# ?$/);
    await window.type('echo $GREETING; cd /workspace; ls; cat one/first "two words/second"; echo; cp one/first "two words/copy"; echo done $((40 + 2))');
    await window.screen(/\nfrom the settings\n *one {2}'two words'\n12\ndone 42$/m);
    assert.equal(fs.readFileSync(path.join(window.folder, 'two words/copy'), 'utf8'), '1');
  });
});

test('container.memory is what the guest has, and a size that cannot be is refused', async () => {
  const withMemory = (memory: number) => ({ ...small, settings: { ...small.settings, 'container.memory': memory } });
  // The image itself has 128 MiB, of which the kernel takes a few.
  await withVsCode(withMemory(96), async window => {
    await window.command('Gantry: Run Container');
    await window.screen(/# ?$/);
    await window.type('while read name kib unit; do [ "$name" = MemTotal: ] && echo within $((kib > 70000 && kib <= 96 * 1024)); done < /proc/meminfo');
    await window.screen(/\nwithin 1$/m);
  });
  await withVsCode(withMemory(7), async window => {
    await window.command('Gantry: Run Container');
    const notification = window.page.locator('.notifications-toasts .notification-list-item').filter({ hasText: 'whole MiB from 32 to 2048' });
    await notification.getByRole('button', { name: 'Open Settings' }).waitFor();
  });
});

test('a start that is cancelled, and an image that is not there', async () => {
  const stalled = new Set(['small.wasm']);
  await withVsCode({ ...small, images: {}, stalled }, async window => {
    const { page } = window, notification = page.locator('.notifications-toasts .notification-list-item');
    await window.command('Gantry: Run Container');
    const progress = notification.filter({ hasText: 'Container' }).filter({ has: page.getByRole('button', { name: 'Cancel' }) });
    await progress.waitFor();
    await window.picture('vscode-progress');
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await window.screen(/cancelled/);
    await progress.waitFor({ state: 'detached' });

    stalled.clear();
    await window.command('Gantry: Run Container');
    await window.screen(/is not there \(.*404\)|status 404/);
    await notification.filter({ hasText: '404' }).waitFor();
    await window.picture('vscode-no-image');
    await notification.filter({ hasText: '404' }).getByRole('button', { name: 'Show Log' }).click();
    await page.locator('.output-view .view-lines').filter({ hasText: /not-found:/ }).waitFor();
  });
});

/** Waits for a line of the container's log. */
async function logged(window: Window, pattern: RegExp): Promise<void> {
  await window.command('Gantry: Show Container Log');
  await window.page.locator('.output-view .view-lines').filter({ hasText: pattern }).waitFor();
}
