import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../runtime/src/errors.js';
import { readIndex } from '../runtime/src/module-index.js';
import { BytesSource } from '../runtime/src/source.js';
import { pack } from './support/pack.js';

const engine = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 1, 0]);
const ingredients = { engine, kernel: new Uint8Array(10), initrd: new Uint8Array(5), disk: new Uint8Array(131072 + 512), cmd: ['/bin/sh'] };
type Json = Record<string, unknown>;
const inside = (index: Json, name: string): Json => index[name] as Json;

test('the index is read', async () => {
  const index = await readIndex(new BytesSource(pack(ingredients)));
  assert.deepEqual([index.disk.size, index.disk.digests.length, index.container.cmd, index.machine.ports[0]], [131584, 96, ['/bin/sh'], 'gantry.control']);
});

const mistakes: [string, (index: Json) => void][] = [
  ['another format', index => { index['format'] = 2; }],
  ['no machine', index => { delete index['machine']; }],
  ['another interface', index => { inside(index, 'machine')['interface'] = 9; }],
  ['a negative offset', index => { inside(index, 'engine')['offset'] = -1; }],
  ['a digest that is none', index => { inside(index, 'engine')['sha256'] = 'XYZ'; }],
  ['memory of 1 TiB', index => { inside(index, 'machine')['memory'] = 2 ** 40; }],
  ['too few digests', index => { inside(inside(index, 'disk'), 'digests')['length'] = 64; }],
  ['chunks of no bytes', index => { inside(index, 'disk')['chunkSize'] = 0; }],
  ['an external file elsewhere', index => { inside(index, 'disk')['external'] = '../secret'; }],
  ['a command that is no list', index => { inside(index, 'container')['cmd'] = 'sh'; }],
  ['a number that is text', index => { inside(index, 'engine')['segments'] = '4'; }],
];
for (const [name, change] of mistakes) {
  test(`an index with ${name} is refused with a sentence`, async () => {
    await assert.rejects(readIndex(new BytesSource(pack(ingredients, change))), (error: unknown) =>
      error instanceof GantryError && error.code === 'format' && /\. .*\.$/.test(error.message));
  });
}

test('a file cut anywhere in its first pages is refused as what it is', async () => {
  const file = pack(ingredients);
  for (let length = 0; length < 4200; length += 7) {
    await assert.rejects(readIndex(new BytesSource(file.slice(0, length))), (error: unknown) => error instanceof GantryError && ['format', 'truncated'].includes(error.code));
  }
});

test('random damage to the index never gives anything but an index or a GantryError', async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`# seed ${seed}`);
  let state = seed;
  const random = (limit: number): number => { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % limit; };
  const file = pack(ingredients);
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const damaged = file.slice();
    for (let n = 0; n <= random(4); n++) damaged[random(1800)] = random(256);
    await readIndex(new BytesSource(damaged)).catch((error: unknown) => { refused++; assert.ok(error instanceof GantryError, String(error)); });
  }
  assert.ok(refused > 1000);
});

test('a file that ends before what its index tells of is told to be cut off', async () => {
  const file = pack(ingredients);
  for (const rest of [1, 1000, 100_000]) {
    await assert.rejects(readIndex(new BytesSource(file.slice(0, file.length - rest))), (error: unknown) => error instanceof GantryError && error.code === 'truncated' && /^The file ends after \d+ of at least \d+ bytes\..*do that again\.$/.test(error.message));
  }
});
