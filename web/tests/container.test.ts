import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '../runtime/src/container.js';
import type { StartOptions } from '../runtime/src/container.js';
import { GantryError } from '../runtime/src/errors.js';
import { MemoryFileSystem } from '../runtime/src/files/memory-file-system.js';
import type { Process } from '../runtime/src/process.js';
import { image } from './support/assets.js';
import { localWorker } from './support/worker.js';

// Whole containers in Node: the worker's session runs on this thread, over the same messages.

interface Run { status: number; stdout: string; stderr: string }

async function run(script: string, options: Partial<StartOptions> = {}, with_: (container: Container) => void = () => undefined): Promise<Run> {
  const output = { stdout: '', stderr: '' }, decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const log: string[] = [];
  const container = Container.start({
    image: image(), args: ['/bin/sh', '-c', script], worker: localWorker, onLog: text => log.push(text),
    onOutput: (bytes, stream) => { output[stream] += decoders[stream].decode(bytes, { stream: true }); }, ...options,
  });
  with_(container);
  const timer = setTimeout(() => { void container.stop(0); }, 60_000);
  try {
    return { status: (await container.exit).status, ...output };
  } catch (error) {
    throw new Error(`${String(error)}\nstdout: ${output.stdout}\nstderr: ${output.stderr}\nlog: ${log.join('')}`);
  } finally {
    clearTimeout(timer);
  }
}

test('a container says its machine and ends with its status', async () => {
  assert.deepEqual(await run('uname -m; echo to stderr >&2; exit 7'), { status: 7, stdout: 'riscv64\n', stderr: 'to stderr\n' });
});

test('arguments, environment, folder and files arrive', async () => {
  const { stdout } = await run('echo $NAME; pwd; cat /etc/greeting; date +%Y', { env: { NAME: 'a value' }, workdir: '/usr/lib', files: [{ path: '/etc/greeting', contents: 'hällo\n' }] });
  assert.equal(stdout, `a value\n/usr/lib\nhällo\n${new Date().getFullYear()}\n`);
});

test('standard input is read to its end', async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');
  const { stdout } = await run('cat | sha256sum; echo done', {}, container => { container.write(text); container.closeInput(); });
  const { createHash } = await import('node:crypto');
  assert.equal(stdout, `${createHash('sha256').update(text).digest('hex')}  -\ndone\n`);
});

test('a mounted folder is read and written', async () => {
  const files = new MemoryFileSystem();
  const node = await files.open('hello.txt', { create: true, exclusive: true, truncate: false, directory: false, write: true, mode: 0o644, owner: 0, group: 0 });
  await node.write(0, new TextEncoder().encode('from the page\n'));
  const { stdout, stderr, status } = await run(
    'cd /workspace && cat hello.txt && echo from the guest > new.txt && mkdir d && mv new.txt d/moved.txt && ln -s hello.txt link && readlink link && echo more >> hello.txt && ls -1 && rm link && chmod 600 hello.txt && stat -c "%a %s" hello.txt',
    { mounts: [{ path: '/workspace', fileSystem: files }] });
  assert.deepEqual({ stdout, stderr, status }, { stdout: 'from the page\nhello.txt\nd\nhello.txt\nlink\n600 19\n', stderr: '', status: 0 });
  const moved = await files.open('d/moved.txt', { create: false, exclusive: false, truncate: false, directory: false, write: false, mode: 0, owner: 0, group: 0 });
  assert.equal(new TextDecoder().decode(await moved.read(0, 100)), 'from the guest\n');
  await assert.rejects(files.attributes('link'));
});

/** A container that waits for its standard input to end, while other processes run beside it. */
async function beside(work: (container: Container) => Promise<void>, options: Partial<StartOptions> = {}): Promise<Run> {
  let failure: unknown;
  const result = await run('cat; exit 3', options, container => {
    void work(container).catch((error: unknown) => { failure = error; }).finally(() => container.closeInput());
  });
  if (failure !== undefined) throw failure;
  return result;
}

test('a second terminal runs beside the process, with its own size, and gives its place back', async () => {
  const { status } = await beside(async container => {
    // There is one terminal port: the second round needs the first one's.
    for (const round of [1, 2]) {
      let text = '';
      const decoder = new TextDecoder();
      const shell = container.exec({
        args: ['/bin/sh'], env: { ROUND: String(round) }, workdir: '/usr',
        terminal: { cols: 70 + round, rows: 20, write: bytes => { text += decoder.decode(bytes, { stream: true }); } },
      });
      shell.write('stty size; echo "$ROUND$WHO"; pwd; tty; kill -0 1 && exit 5\r');
      assert.deepEqual(await shell.exit, { status: 5, signal: 0 }, text);
      assert.match(text.replaceAll('\r', ''), new RegExp(`20 ${70 + round}\n${round}container\n/usr\n/dev/pts/\\d+\n`));
    }
  }, { env: { WHO: 'container' } });
  assert.equal(status, 3);
});

test('a terminal of another process is told its new size while a program runs in it, and the container keeps its own', async () => {
  await beside(async container => {
    let text = '';
    const shell = container.exec({
      args: ['/bin/sh', '-c', 'trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done'],
      terminal: { cols: 80, rows: 24, write: bytes => { text += new TextDecoder().decode(bytes); if (text.includes('ready') && !text.includes('33 99')) shell.resize(99, 33); else if (text.includes('33 99')) shell.kill(9); } },
    });
    assert.deepEqual(await shell.exit, { status: 137, signal: 9 });
    assert.match(text.replaceAll('\r', ''), /^ready\n33 99\n/);
  });
});

test('one process whose output nobody takes does not hold up another', async () => {
  await beside(async container => {
    let release: () => void = () => undefined, received = 0;
    const released = new Promise<void>(resolve => { release = resolve; });
    const slow = container.exec({ args: ['/bin/sh', '-c', 'head -c 3000000 /dev/zero'], onOutput: bytes => { received += bytes.length; return released; } });
    for (let last = -1; received === 0 || received !== last; await new Promise(resolve => setTimeout(resolve, 200))) last = received;
    assert.ok(received < 3_000_000, 'it waits');
    let text = '';
    const shell = container.exec({ args: ['/bin/sh', '-c', 'echo quick; exit 4'], terminal: { cols: 80, rows: 24, write: bytes => { text += new TextDecoder().decode(bytes); } } });
    assert.deepEqual(await shell.exit, { status: 4, signal: 0 });
    assert.equal(text, 'quick\r\n');
    release();
    // The end comes after all of its output.
    assert.equal((await slow.exit).status, 0);
    assert.equal(received, 3_000_000);
  });
});

test('an extra process with pipes reads its input to the end, and is resized and killed like any', async () => {
  await beside(async container => {
    const output = { stdout: '', stderr: '' };
    const onOutput = (bytes: Uint8Array, stream: 'stdout' | 'stderr'): void => { output[stream] += new TextDecoder().decode(bytes); };
    const sort = container.exec({ args: ['/bin/sh', '-c', 'sort; echo sorted >&2'], onOutput });
    sort.write('b\na\n');
    sort.closeInput();
    assert.equal((await sort.exit).status, 0);
    assert.deepEqual(output, { stdout: 'a\nb\n', stderr: 'sorted\n' });
    const sleeper = container.exec({ args: ['/bin/sh', '-c', 'echo ready; exec sleep 1000'], onOutput: () => sleeper.kill(15) });
    assert.deepEqual(await sleeper.exit, { status: 143, signal: 15 });
  });
});

test('processes that cannot start say why, and the container goes on', async () => {
  const { stdout } = await beside(async container => {
    let text = '';
    const missing = container.exec({ args: ['/no/such'], onOutput: bytes => { text += new TextDecoder().decode(bytes); } });
    assert.equal((await missing.exit).status, 127);
    assert.match(text, /no\/such/);
    const none = container.exec({ args: [] }), nul = container.exec({ args: ['a\0b'] });
    for (const process of [none, nul]) await assert.rejects(process.exit, (error: unknown) => error instanceof GantryError && error.code === 'settings');
    const cat = container.exec({ args: ['/bin/cat'] }), second = container.exec({ args: ['/bin/cat'] });
    await assert.rejects(second.exit, /no pipes left/);
    cat.closeInput();
    assert.equal((await cat.exit).status, 0);
    container.write('still there');
  });
  assert.equal(stdout, 'still there');
});

test('what runs beside the process ends with it', async () => {
  let other: Process | undefined;
  await run('read line', {}, container => {
    other = container.exec({ args: ['/bin/sleep', '1000'], onStarted: () => container.write('now\n') });
  });
  assert.deepEqual(await other?.exit, { status: 137, signal: 9 });
});

test('output waits in the guest while the page does not take it', async () => {
  const limit = (1 << 20) + (128 << 10), all = 6_000_000;
  let received = 0, release: () => void = () => undefined;
  const released = new Promise<void>(resolve => { release = resolve; });
  const { status } = await run(`head -c ${all} /dev/zero; exit 9`, {
    onOutput: bytes => { received += bytes.length; return released; },
  }, container => {
    void (async () => {
      // The guest is blocked when it computes no more.
      for (let last = -1; ;) {
        const { instructions } = await container.stats();
        if (received > 0 && instructions === last) break;
        last = instructions;
        await new Promise(resolve => setTimeout(resolve, 300));
      }
      assert.ok(received <= limit, `${received} bytes came before any was taken`);
    })().catch((error: unknown) => { received = NaN; console.error(error); }).finally(release);
  });
  assert.deepEqual([status, received], [9, all]);
});

test('a signal cancels a container, and everything that waits hears of it', async () => {
  const abort = new AbortController();
  let other: Process | undefined;
  await assert.rejects(run('sleep 1000', { signal: abort.signal }, container => {
    other = container.exec({ args: ['/bin/sleep', '1000'], onStarted: () => abort.abort() });
  }), /CANCELLED|cancelled/);
  await assert.rejects(other?.exit ?? Promise.resolve(), (error: unknown) => error instanceof GantryError && error.code === 'cancelled');
  await assert.rejects(run('true', { signal: abort.signal }), /cancelled/);
});

test('a damaged root file system is told, not run', async () => {
  const damaged = image().slice();
  damaged.fill(0x55, damaged.length - 40_000_000);
  await assert.rejects(run('ls -R / > /dev/null', { image: damaged }), /root file system is not what was converted/);
});
