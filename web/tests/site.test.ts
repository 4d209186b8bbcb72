import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { image, root } from './support/assets.js';
import { launch, waitForScreen } from './support/browser.js';
import { serve } from './support/server.js';

// `gantry site` and `gantry serve` with the page in Chromium.

const gantry = path.join(root, 'artifacts/bin/Gantry.Cli/debug/gantry');
const query = '?arg=/bin/sh&arg=-c&arg=uname%20-m;exit%204';

async function runsAt(url: string): Promise<void> {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(url + query);
    await page.locator('.status', { hasText: 'ended with status 4' }).waitFor({ timeout: 60_000 });
    await waitForScreen(page, /riscv64/);
  } finally {
    await browser.close();
  }
}

function inFolder(work: (folder: string, module: string) => Promise<void>): () => Promise<void> {
  return async () => {
    assert.ok(fs.existsSync(gantry), `${gantry} is missing: run eng/build.sh`);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gantry-site-')), module = path.join(folder, 'image.wasm');
    fs.writeFileSync(module, image());
    try { await work(folder, module); } finally { fs.rmSync(folder, { recursive: true }); }
  };
}

test('a site runs from a plain file host without Range', inFolder(async (folder, module) => {
  const site = path.join(folder, 'site');
  // Parts of an earlier image go, files of others stay.
  fs.mkdirSync(site);
  for (const name of ['out.wasm.0123456789abcdef.part', 'other.part']) fs.writeFileSync(path.join(site, name), '');
  execFileSync(gantry, ['site', module, site], { stdio: ['ignore', 'ignore', 'inherit'] });
  const manifest = JSON.parse(fs.readFileSync(path.join(site, 'out.wasm.json'), 'utf8')) as { parts: string[] };
  assert.deepEqual(fs.readdirSync(site).filter(name => name.endsWith('.part')).sort(), [...new Set(manifest.parts), 'other.part'].sort());
  const server = await serve(site, {}, false);
  try {
    await runsAt(server.url);
    assert.ok(server.bytes() < image().length / 3, `${server.bytes()} bytes were sent`);
  } finally {
    server.close();
  }
}));

test('serve answers the page, the module by Range, and nothing else', inFolder(async (_, module) => {
  const port = 20_000 + process.pid % 20_000, url = `http://127.0.0.1:${port}/`;
  // What opens pages on Linux's desktops; this one writes down what it was to open.
  const bin = path.join(path.dirname(module), 'bin'), opened = path.join(bin, 'opened');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > '${opened}.new' && mv '${opened}.new' '${opened}'\n`, { mode: 0o755 });
  const server = spawn(gantry, ['serve', module, '--port', String(port), '--open'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
  try {
    await new Promise((resolve, reject) => { server.stdout.once('data', resolve); server.once('exit', code => reject(new Error(`serve ended with ${String(code)}`))); });
    await runsAt(url);
    for (const end = Date.now() + 60_000; !fs.existsSync(opened) && Date.now() < end;) await new Promise(resolve => setTimeout(resolve, 50));
    assert.equal(fs.readFileSync(opened, 'utf8'), `${url}\n`);
    const piece = await fetch(`${url}out.wasm`, { headers: { Range: 'bytes=4-7' } });
    assert.deepEqual([piece.status, piece.headers.get('Content-Range'), [...new Uint8Array(await piece.arrayBuffer())]], [206, `bytes 4-7/${image().length}`, [1, 0, 0, 0]]);
    assert.equal((await fetch(`${url}%2e%2e/image.wasm`)).status, 404);
    assert.equal((await fetch(`${url}out.wasm`, { headers: { Range: 'bytes=99999999999-' } })).status, 416);
  } finally {
    server.kill();
  }
}));
