// Bytes downloaded and seconds until the first prompt in Chromium, cold and warm, from this machine. Needs eng/build.sh, umoci; as root.
//   node bench/web/start.mjs                         a Debian of about 115 MB (guest/rootfs/medium.recipe)
//   node bench/web/start.mjs out.wasm [RUNS]         another module
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { serve } from './server.mjs';

const root = path.resolve(import.meta.dirname, '../..'), web = path.join(root, 'web'), gantry = path.join(root, 'artifacts/bin/Gantry.Cli/debug/gantry');
const runs = Number(process.argv[3] ?? 5), aims = { bytes: 12e6, cold: 3, warm: 1 };
const run = (command, ...parameters) => execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
if (!existsSync(path.join(web, 'node_modules'))) run('npm', '--prefix', web, 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
run('npm', '--prefix', web, 'run', 'build');
const { chromium } = createRequire(path.join(web, 'package.json'))('playwright-core');
const folder = mkdtempSync(path.join(os.tmpdir(), 'gantry-bench-web-'));

/** A Debian image made of its recipe, converted. */
function medium() {
  const layout = path.join(folder, 'image'), tar = run(path.join(root, 'guest/rootfs/build.sh'), 'medium', 'riscv64').split('\n').at(-1), module = path.join(folder, 'out.wasm');
  run('umoci', 'init', '--layout', layout);
  run('umoci', 'new', '--image', `${layout}:x`);
  run('umoci', 'raw', 'add-layer', '--image', `${layout}:x`, tar);
  run('umoci', 'config', '--image', `${layout}:x`, '--os', 'linux', '--architecture', 'riscv64', '--config.cmd', '/bin/bash');
  run(gantry, 'convert', `oci:${layout}:x`, module);
  return module;
}

/** One visit with a browser of its own: seconds from the request of the page to the prompt on the screen, and what the server sent for it. */
async function visit(profile, server) {
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium', headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const page = browser.pages()[0] ?? await browser.newPage();
    const before = server.sent();
    await page.goto(server.url, { waitUntil: 'commit' });
    const milliseconds = await (await page.waitForFunction(() => {
      const text = [...document.querySelector('.xterm-rows')?.children ?? []].map(row => row.textContent.replaceAll('\u00a0', ' ').trimEnd()).join('\n').trimEnd();
      return /[#$]$/.test(text) ? performance.now() : undefined;
    }, undefined, { polling: 'raf', timeout: 120_000 })).jsonValue();
    // What the browser keeps is written behind the start, the list of first chunks after three seconds.
    await page.waitForTimeout(5000);
    return { seconds: milliseconds / 1000, bytes: server.sent() - before };
  } finally {
    await browser.close();
  }
}

const middle = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const cell = ({ bytes, seconds }) => `${(middle(bytes) / 1e6).toFixed(2)} | ${middle(seconds).toFixed(2)}`;

async function row(name, server) {
  const cold = { bytes: [], seconds: [] }, warm = { bytes: [], seconds: [] };
  try {
    for (let i = 0; i < runs; i++) {
      const profile = mkdtempSync(path.join(folder, 'profile-'));
      for (const into of [cold, warm]) {
        const { bytes, seconds } = await visit(profile, server);
        into.bytes.push(bytes);
        into.seconds.push(seconds);
      }
      rmSync(profile, { recursive: true, force: true });
    }
  } finally {
    server.close();
  }
  console.log(`| ${name} | ${cell(cold)} | ${cell(warm)} |`);
  return middle(cold.bytes) < aims.bytes && middle(cold.seconds) < aims.cold && middle(warm.seconds) < aims.warm;
}

try {
  const module = process.argv[2] ?? medium(), site = path.join(folder, 'site');
  run(gantry, 'site', module, site);
  console.log(`| from | cold, MB | cold, s | warm, MB | warm, s |\n|---|---:|---:|---:|---:|`);
  const met = [
    await row('`gantry site` on a file host', await serve(site)),
    await row('`out.wasm` by Range', await serve(path.join(web, 'page/dist'), { 'out.wasm': module }, true)),
  ];
  console.log(`\naims (under ${aims.bytes / 1e6} MB, ${aims.cold} s cold, ${aims.warm} s warm): ${met.map(ok => (ok ? 'met' : 'not met')).join(', ')}; median of ${runs}; load average ${os.loadavg()[0].toFixed(1)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
