import { createHash } from 'node:crypto';
import { writeLeb } from '../../runtime/src/module-index.js';

// A second writer of docs/out-wasm.md, without snapshot: what the reader is tested with does not come from the converter alone.

export interface Ingredients { readonly engine: Uint8Array; readonly kernel: Uint8Array; readonly initrd: Uint8Array; readonly disk: Uint8Array; readonly cmd: readonly string[]; readonly memory?: number; readonly external?: string }

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const padded = (value: number): number[] => Array.from({ length: 5 }, (_, i) => (Math.floor(value / 2 ** (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
const leb = (bytes: Uint8Array, at: number): [number, number] => {
  let value = 0;
  for (let shift = 0; ; shift++) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * shift);
    if (byte < 0x80) return [value, at];
  }
};

export const Ports = [
  'gantry.control', 'gantry.stdin', 'gantry.stdout', 'gantry.stderr', 'gantry.terminal.1', 'gantry.stdin.5', 'gantry.stdout.5', 'gantry.stderr.5',
];

/** Writes a module; `change` may spoil the index's JSON before it is written. */
export function pack(from: Ingredients, change: (index: Record<string, unknown>) => void = () => undefined): Uint8Array<ArrayBuffer> {
  const inside = from.external === undefined ? from.disk : new Uint8Array(0);
  const kept: Uint8Array[] = [], dataSegments: Uint8Array[] = [];
  let memoryPages = 0;
  for (let at = 8; at < from.engine.length;) {
    const id = from.engine[at] ?? 0, [length, body] = leb(from.engine, at + 1), section = from.engine.subarray(at, body + length);
    if (id === 5) memoryPages = leb(from.engine, body + 2)[0];
    if (id === 11) {
      const [count, first] = leb(from.engine, body);
      dataSegments.push(from.engine.subarray(first, body + length));
      dataSegments.push(...Array.from({ length: count - 1 }, () => new Uint8Array(0)));
    } else if (id !== 0 && id !== 12) {
      if (id === 10) kept.push(new Uint8Array([12, 5, ...padded(dataSegments.length)]));
      kept.push(section);
    }
    at = body + length;
  }
  const segments = dataSegments.length + 4;
  const countSection = kept.find(section => section[0] === 12);
  countSection?.set(padded(segments), 2);
  const engine = Buffer.concat(kept);
  const chunkSize = 65536, digests = Buffer.concat(Array.from({ length: Math.ceil(from.disk.length / chunkSize) }, (_, i) =>
    createHash('sha256').update(from.disk.subarray(i * chunkSize, (i + 1) * chunkSize)).digest()));
  const custom = (name: string, body: Uint8Array): Buffer => Buffer.concat([new Uint8Array([0, ...padded(1 + name.length + body.length), name.length]), Buffer.from(name), body]);
  const passive = (bytes: Uint8Array): Buffer => Buffer.concat([new Uint8Array([1, ...writeLeb(bytes.length)]), bytes]);
  const indexLength = 4096;
  const digestsAt = 8 + 1 + 5 + 1 + 12 + indexLength + 1 + 5 + 1 + 13, engineAt = digestsAt + digests.length;
  const count = writeLeb(segments), kernelAt = engineAt + engine.length + 1 + 5 + count.length + 2 + 1 + writeLeb(from.kernel.length).length;
  const initrdAt = kernelAt + from.kernel.length + 1 + writeLeb(from.initrd.length).length;
  const own = Buffer.concat(dataSegments), diskAt = initrdAt + from.initrd.length + own.length + 1 + writeLeb(inside.length).length;
  const index: Record<string, unknown> = {
    format: 1, generator: 'test', platform: { os: 'linux', architecture: 'riscv64' },
    machine: {
      interface: 1, control: 1, memory: from.memory ?? 128 << 20, kernel: '6.1', commandLine: 'quiet console=ttyS0 gantry.root=vda', ports: Ports,
      mounts: ['gantry.mount.0', 'gantry.mount.1'], network: false, mac: '02:47:54:00:00:01',
    },
    engine: { offset: engineAt, length: engine.length, sha256: sha256(engine), source: sha256(from.engine), segments, memoryPages },
    config: { offset: 0, length: 0 },
    kernelImage: { offset: kernelAt, length: from.kernel.length, sha256: sha256(from.kernel) },
    initrd: { offset: initrdAt, length: from.initrd.length, sha256: sha256(from.initrd) },
    snapshot: null,
    disk: { size: from.disk.length, offset: diskAt, length: inside.length, external: from.external ?? null, chunkSize, digests: { offset: digestsAt, length: digests.length, sha256: sha256(digests) } },
    container: { entrypoint: [], cmd: from.cmd, env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], user: '', workdir: '/', labels: {}, exposedPorts: [], hostname: 'gantry' },
    image: { reference: 'test', digest: '' },
  };
  change(index);
  const body = Buffer.concat([new Uint8Array(count), passive(new Uint8Array(0)), passive(from.kernel), passive(from.initrd), own, passive(inside)]);
  const file = Buffer.concat([
    new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), custom('gantry.index', Buffer.from(JSON.stringify(index).padEnd(indexLength))), custom('gantry.chunks', digests),
    engine, new Uint8Array([11, ...padded(body.length)]), body,
  ]);
  return new Uint8Array(file.buffer as ArrayBuffer, file.byteOffset, file.length);
}
