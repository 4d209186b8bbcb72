import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Container } from '../runtime/src/container.js';
import type { WorkerLike } from '../runtime/src/container.js';
import type { OpenNode, OpenOptions } from '../runtime/src/files/file-system.js';
import { HostFileSystem } from '../runtime/src/files/host-file-system.js';
import type { FromWorker } from '../runtime/src/messages.js';
import { developerImage, root } from './support/assets.js';
import { PoorHost } from './support/poor-host.js';
import { serve } from './support/server.js';
import { localWorker } from './support/worker.js';

// What programs do with a workspace at /workspace, whose host knows whole files only. The worker's session runs on this thread.

/** Requests that travelled to the page. */
let travelled = 0;
function countingWorker(clock?: () => number): WorkerLike {
  const port = localWorker(clock);
  (port as unknown as MessagePort).addEventListener('message', (event: MessageEvent<FromWorker>) => { if (event.data.type === 'file') travelled++; });
  return port;
}

interface Guest { readonly container: Container; readonly files: HostFileSystem; output: string }

/** Runs a script in the developer's image; `during` may act when output came. */
async function run(host: PoorHost, script: string, during: (guest: Guest) => void = () => undefined, files = new HostFileSystem(host), clock?: () => number): Promise<string> {
  const images = await serve('/nowhere', developerImage()), decoder = new TextDecoder();
  const container = Container.start({
    image: `${images.url}dev.wasm`, args: ['/bin/bash', '-ec', `cd /workspace\n${script}`], worker: () => countingWorker(clock), mounts: [{ path: '/workspace', fileSystem: files, readOnly: host.readOnly }],
    onOutput: bytes => { guest.output += decoder.decode(bytes, { stream: true }); during(guest); },
  });
  const guest: Guest = { container, files, output: '' }, timer = setTimeout(() => { void container.stop(0); }, 400_000);
  try {
    const { status } = await container.exit;
    assert.equal(status, 0, guest.output);
    return guest.output;
  } finally {
    clearTimeout(timer);
    images.close();
  }
}

const sha256 = (data: Uint8Array | null | undefined): string => createHash('sha256').update(data ?? '').digest('hex');

/** Bytes without a pattern, the same each time. */
const pseudorandom = (length: number): Uint8Array => createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(length));

/** Counts the writes that come to the file system. */
class CountingFiles extends HostFileSystem {
  writes = 0;
  override async open(path: string, options: OpenOptions): Promise<OpenNode> {
    const node = await super.open(path, options);
    return { ...node, write: (offset, bytes) => { this.writes++; return node.write(offset, bytes); } };
  }
}

const text = (host: PoorHost, path: string): string => new TextDecoder().decode(host.nodes.get(path) ?? undefined);

test('programs create, append, truncate, replace, map and link files', async () => {
  const host = new PoorHost();
  const output = await run(host, `
    echo one > file; echo two >> file; cp file short; truncate -s 3 short
    echo saved > file.tmp; chmod 640 file.tmp; inode=$(stat -c %i file.tmp); mv -f file.tmp file
    [ $inode = $(stat -c %i file) ] && stat -c '%a %s' file
    ln -s file link; readlink link; cat link
    touch -d @1000000000 old; stat -c %Y old
    python3 - <<'END'
import mmap, os
with open('mapped', 'w+b') as f:
    f.truncate(10000)
    with mmap.mmap(f.fileno(), 10000) as m: m[5000:5006] = b'mapped'
with open('synced', 'wb', buffering=0) as f:
    f.write(b'synced'); os.fsync(f.fileno())
    print('fsync', flush=True)
END
    mkdir -p a/b; rmdir a/b; rmdir a; rm old
    if mkdir file/x 2>/dev/null; then exit 1; fi`);
  assert.equal(output, '640 6\nfile\nsaved\n1000000000\nfsync\n');
  assert.deepEqual([text(host, 'file'), text(host, 'short'), text(host, 'synced')], ['saved\n', 'one', 'synced']);
  assert.equal(text(host, 'mapped'), `${'\0'.repeat(5000)}mapped${'\0'.repeat(4994)}`);
  assert.deepEqual([...host.nodes.keys()].sort(), ['', 'file', 'mapped', 'short', 'synced']);
});

test('what the editor changes is seen at once, also by who has the file open or mapped', async () => {
  const host = new PoorHost();
  host.nodes.set('file', new TextEncoder().encode('before'));
  let changed = false;
  const output = await run(host, `
    exec python3 -u - <<'END'
import mmap, os, time
f = open('file', 'rb')
m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
print(f.read(), bytes(m), flush=True)
while True:
    if os.pread(f.fileno(), 100, 0) == b'behind' and open('file', 'rb').read() == b'behind': break
    time.sleep(0.05)
print('seen')
END`, guest => {
    if (changed || !guest.output.includes('\n')) return;
    changed = true;
    host.write('file', new TextEncoder().encode('behind')).then(() => guest.files.changed('file')).then(foreign => { if (foreign) guest.container.filesChanged(); }).catch((error: unknown) => { guest.output += String(error); });
  });
  assert.equal(output, "b'before' b'before'\nseen\n");
});

// Compiled and linked where it runs: in the guest that is the workspace.
const compileAndRun = 'gcc -o files files.c && mkdir run && cd run && ../files';

test('every file operation does what it does on a tmpfs of this machine', async () => {
  const source = fs.readFileSync(path.join(root, 'web/tests/oracle/files.c')), host = new PoorHost();
  const folder = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'gantry-oracle-'));
  let expected: string;
  try {
    fs.writeFileSync(path.join(folder, 'files.c'), source);
    expected = execFileSync('/bin/sh', ['-c', compileAndRun], { cwd: folder, encoding: 'utf8' });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  host.nodes.set('files.c', source);
  const lines = (await run(host, compileAndRun)).split('\n');
  // The lines are all there in the same order: what differs is told with what came before.
  assert.deepEqual(lines.map((line, i) => `${i} ${line}`).filter((line, i) => line !== `${i} ${expected.split('\n')[i]}`).slice(0, 10), []);
  assert.equal(lines.length, expected.split('\n').length);
  assert.ok(expected.split('\n').length > 150, expected);
});

test('a host that cannot be written says EROFS to every change', async () => {
  const host = new PoorHost();
  host.nodes.set('file', new TextEncoder().encode('text'));
  host.nodes.set('files.c', fs.readFileSync(path.join(root, 'web/tests/oracle/files.c')));
  host.readOnly = true;
  const lines = (await run(host, 'gcc -o /tmp/files files.c; /tmp/files readonly')).trim().split('\n');
  assert.equal(lines.shift(), 'file: text (4)');
  // errno 30 is EROFS.
  assert.deepEqual(lines.map(line => line.replace(/^.*: /, '')), Array.from({ length: 10 }, () => 'errno 30'), lines.join('\n'));
  assert.deepEqual([...host.nodes.keys()], ['', 'file', 'files.c']);
});

test('a workspace of 5,000 files is listed, searched, put under git and packed', async () => {
  const host = new PoorHost();
  for (let folder = 0; folder < 50; folder++) {
    await host.makeDirectory(`d${folder}`);
    for (let file = 0; file < 100; file++) await host.write(`d${folder}/file ${file}.txt`, new TextEncoder().encode(`${folder} and ${file}${folder === 7 && file === 77 ? ' needle' : ''}\n`));
  }
  travelled = 0;
  const output = await run(host, `
    figure() { now=$EPOCHREALTIME; echo "# $1: $(( (\${now/./} - \${begin/./}) / 1000 )) ms" >&2; begin=$now; }; begin=$EPOCHREALTIME
    ls -R | grep -c txt; figure 'ls -R'
    grep -r needle .; figure 'grep -r'
    tar cf /tmp/all.tar . ; tar tf /tmp/all.tar | grep -c txt; figure tar
    git init -q . && git status --short | wc -l; figure 'git status'
    git status --short --untracked-files=all | grep -c txt; figure 'git status, all'`, undefined, undefined, () => 0);
  console.log(`${output.split('\n').filter(line => line.startsWith('# ')).join('\n')}\n# ${travelled} requests`);
  // Two programs open and close each file (4 requests, of which only the opening is waited for); what four ask of its attributes and two of its contents, 10 more, comes with others.
  // With a clock that stands nothing that was told ahead gets too old: a slow machine makes no more requests than a fast one.
  assert.ok(travelled > 4 * 5000 && travelled < 5.4 * 5000, `${travelled} requests travelled`);
  assert.deepEqual(output.split('\n').filter(line => line !== '' && !line.startsWith('# ')), ['5000', './d7/file 77.txt:7 and 77 needle', '5000', '50', '5000']);
});

test('a folder of 4,000 entries is listed whole, and can be removed while it is read', async () => {
  const host = new PoorHost(), name = (i: number): string => `${'long name '.repeat(i % 20)}${i}`;
  await host.makeDirectory('large');
  for (let i = 0; i < 4000; i++) host.nodes.set(`large/${name(i)}`, new Uint8Array(i % 7));
  const output = await run(host, "export LC_ALL=C; ls -U large > /tmp/names; wc -l < /tmp/names; sort /tmp/names | sha256sum; rm -r large; ls | wc -l");
  assert.equal(output, `4000\n${sha256(new TextEncoder().encode(Array.from({ length: 4000 }, (_, i) => `${name(i)}\n`).sort().join('')))}  -\n0\n`);
  assert.deepEqual([...host.nodes.keys()], ['']);
});

test('200 MB are copied within the workspace and arrive intact', async () => {
  const host = new PoorHost(), bytes = pseudorandom(200_000_000), files = new CountingFiles(host);
  host.nodes.set('in', bytes);
  await run(host, 'cp in out; mv out final', undefined, files);
  assert.deepEqual([host.nodes.get('final')?.length, sha256(host.nodes.get('final'))], [bytes.length, sha256(bytes)]);
  // cp's copy_file_range makes 4 KiB of each write.
  assert.ok(files.writes < bytes.length / 4096 / 4, `${files.writes} writes reached the file system`);
});

test('the guest reads back what it has just written, by another name, descriptor and program', async () => {
  const host = new PoorHost(), bytes = pseudorandom(3_000_000);
  host.nodes.set('in', bytes);
  const output = await run(host, `
    dd if=in of=out bs=700001 status=none; sha256sum < out; cmp in out
    exec 5<> both; dd if=in bs=4096 count=3 status=none >&5; stat -c %s both; head -c 5000 /proc/self/fd/5 | cmp - in -n 5000; cat both | cmp -n 12288 - in; mv both moved; cat moved | cmp -n 12288 - in`);
  assert.equal(output, `${sha256(bytes)}  -\n12288\n`);
});
