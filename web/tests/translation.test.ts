import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '../runtime/src/container.js';
import type { WorkerLike } from '../runtime/src/container.js';
import type { Endpoint, FromWorker, Statistics, ToWorker } from '../runtime/src/messages.js';
import { Session } from '../runtime/src/session.js';
import { image } from './support/assets.js';

// Guest code as modules made while it runs: the same results, and it is told how much of it there is.

function worker(): WorkerLike {
  const { port1, port2 } = new MessageChannel();
  const session = new Session(port2 as unknown as Endpoint<FromWorker, ToWorker>, async () => ({}));
  return Object.assign(port1, { terminate: () => { session.close(); port1.close(); } }) as unknown as WorkerLike;
}

const script = 'i=0; s=0; while [ $i -lt 60000 ]; do i=$((i + 1)); s=$(((s * 31 + i) & 0xffffff)); done; echo $s; seq 20000 | sha256sum; echo ready; read line; exit 5';

async function run(translate: boolean): Promise<{ stdout: string; status: number; statistics: Statistics }> {
  let stdout = '', ready: () => void = () => undefined;
  const computed = new Promise<void>(resolve => { ready = resolve; });
  const container = Container.start({
    image: image(), args: ['/bin/sh', '-c', script], worker, translate,
    onOutput: bytes => { stdout += new TextDecoder().decode(bytes); if (stdout.includes('ready')) ready(); },
  });
  await Promise.race([computed, container.exit]);
  const statistics = await container.stats();
  container.write('\n');
  return { stdout, status: (await container.exit).status, statistics };
}

test('translated code computes what interpreted code does', async () => {
  const translated = await run(true), interpreted = await run(false);
  assert.equal(translated.stdout, interpreted.stdout);
  assert.equal(translated.status, 5);
  assert.equal(interpreted.statistics.translation.regions, 0);
  assert.ok(translated.statistics.translation.regions > 5, `${translated.statistics.translation.regions} regions`);
});
