import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { image, root } from './support/assets.js';
import { launchApart } from './support/browser.js';
import { processorSeconds } from './support/processes.js';
import { serve } from './support/server.js';
import { prompt, screen, typeLine } from './support/terminal.js';

// What a tab costs that nobody uses: processor time of the whole browser.

const Seconds = 20, MostIdle = 0.02, LeastBusy = 0.1;

test('a tab at an idle prompt uses less than 2 % of a core, a busy one much more', async () => {
  const server = await serve(path.join(root, 'web/page/dist'), { 'out.wasm': image() }), { browser, id, close } = await launchApart();
  try {
    const page = await browser.newPage(), pane = page.locator('.pane');
    // Processor time does not depend on what else the machine does; the wall clock only says for how long.
    const share = async (seconds: number): Promise<number> => {
      const begin = performance.now(), before = processorSeconds(id);
      await new Promise(resolve => setTimeout(resolve, seconds * 1000));
      return (processorSeconds(id) - before) / ((performance.now() - begin) / 1000);
    };
    await page.goto(server.url);
    await prompt(page, pane);
    // Settled: caches are written, code is optimised, garbage is collected.
    let idle = Infinity;
    for (let attempt = 0; attempt < 3 && idle >= MostIdle; attempt++) idle = await share(Seconds);
    await typeLine(pane, 'echo begi$((1))n; while :; do :; done');
    await screen(pane, /begi1n/);
    const busy = await share(5);
    console.log(`idle ${(idle * 100).toFixed(2)} %, busy ${(busy * 100).toFixed(0)} % of a core`);
    assert.ok(idle < MostIdle, `${(idle * 100).toFixed(2)} % of a core`);
    assert.ok(busy > LeastBusy, `a busy container uses ${(busy * 100).toFixed(1)} % only: the measurement does not see it`);
  } finally {
    await close();
    server.close();
  }
});
