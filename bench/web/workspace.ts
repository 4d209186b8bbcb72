// Figures of a workspace: npm --prefix web run bench-workspace [MEGABYTES [FILES]]. The host is memory, so that the way from guest to host is measured, not a disk.
import { createCipheriv } from 'node:crypto';
import { Container } from '../../web/runtime/src/index.js';
import { HostFileSystem } from '../../web/runtime/src/files/host-file-system.js';
import { developerImage } from '../../web/tests/support/assets.js';
import { PoorHost } from '../../web/tests/support/poor-host.js';
import { serve } from '../../web/tests/support/server.js';
import { localWorker } from '../../web/tests/support/worker.js';

const megabytes = Number(process.argv[2] ?? 200), files = Number(process.argv[3] ?? 5000), perFolder = 100;

/** Runs a script whose lines "NAME SECONDS" are figures. */
async function measure(host: PoorHost, script: string): Promise<Map<string, number>> {
  const images = await serve('/nowhere', developerImage()), decoder = new TextDecoder();
  let output = '';
  const container = Container.start({
    image: `${images.url}dev.wasm`, worker: localWorker, mounts: [{ path: '/workspace', fileSystem: new HostFileSystem(host) }],
    args: ['/bin/bash', '-ec', `cd /workspace; figure() { name=$1; shift; begin=$EPOCHREALTIME; "$@" > /dev/null; end=$EPOCHREALTIME; echo "$name $(( \${end/./} - \${begin/./} ))"; }\n${script}`],
    onOutput: bytes => { output += decoder.decode(bytes, { stream: true }); },
  });
  const { status } = await container.exit;
  images.close();
  if (status !== 0) throw new Error(`the script ended with ${status}:\n${output}`);
  return new Map([...output.matchAll(/^(.+) (\d+)$/gm)].map(([, name = '', microseconds]) => [name, Number(microseconds) / 1e6]));
}

const large = new PoorHost();
large.nodes.set('in', createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(megabytes * 1e6)));
const throughput = await measure(large, `
  figure 'write (dd bs=1M)' dd if=/dev/zero of=out bs=1M count=${Math.floor(megabytes * 1e6 / 2 ** 20)} status=none
  rm out; figure 'read (dd bs=1M)' dd if=in of=/dev/null bs=1M status=none
  figure 'copy (cp)' cp in out`);
console.log('| large file | MB/s |\n|---|---:|');
for (const [name, seconds] of throughput) console.log(`| ${name} | ${(megabytes / seconds).toFixed(1)} |`);

const small = new PoorHost();
for (let folder = 0; folder < files / perFolder; folder++) {
  await small.makeDirectory(`d${folder}`);
  for (let file = 0; file < perFolder; file++) await small.write(`d${folder}/file ${file}.txt`, new TextEncoder().encode(`${folder} and ${file}\n`));
}
const many = await measure(small, `
  figure 'ls -R' ls -R
  figure 'ls -lR' ls -lR
  figure 'grep -r' bash -c '! grep -r needle .'
  figure 'tar cf' tar cf /tmp/all.tar .
  git init -q . ; figure 'git status' git status --short --untracked-files=all
  figure 'git add' git add .
  figure 'git status, all in the index' git status --short`);
console.log(`\n| ${files} files | s |\n|---|---:|`);
for (const [name, seconds] of many) console.log(`| ${name} | ${seconds.toFixed(1)} |`);
