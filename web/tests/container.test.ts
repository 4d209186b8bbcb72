import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '../runtime/src/container.js';
import type { StartOptions, WorkerLike } from '../runtime/src/container.js';
import { MemoryFileSystem } from '../runtime/src/files/memory-file-system.js';
import type { Endpoint, FromWorker, ToWorker } from '../runtime/src/messages.js';
import { Session } from '../runtime/src/session.js';
import { image } from './support/assets.js';

// Whole containers in Node: the worker's session runs on this thread, over the same messages.

function worker(): WorkerLike {
  const { port1, port2 } = new MessageChannel();
  new Session(port2 as unknown as Endpoint<FromWorker, ToWorker>, async () => undefined);
  const page = port1 as unknown as Endpoint<ToWorker, FromWorker>;
  return Object.assign(page, { terminate: () => { port1.close(); } }) as unknown as WorkerLike;
}

interface Run { status: number; stdout: string; stderr: string }

async function run(script: string, options: Partial<StartOptions> = {}, with_: (container: Container) => void = () => undefined): Promise<Run> {
  const output = { stdout: '', stderr: '' }, decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const log: string[] = [];
  const container = Container.start({
    image: image(), args: ['/bin/sh', '-c', script], worker, onLog: text => log.push(text),
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

test('a damaged root file system is told, not run', async () => {
  const damaged = image().slice();
  damaged.fill(0x55, damaged.length - 40_000_000);
  await assert.rejects(run('ls -R / > /dev/null', { image: damaged }), /root file system is not what was converted/);
});
