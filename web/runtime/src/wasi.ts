const Success = 0, InvalidArgument = 28, NotSupported = 52;
const Realtime = 0, Monotonic = 1;
const RandomPiece = 65536;

/** The imports of a module that is driven by its mailbox: clock and entropy work, all else is refused (docs/host-interface.md). */
export function wasiImports(module: WebAssembly.Module, memory: () => WebAssembly.Memory): WebAssembly.Imports {
  const working: Record<string, (...parameters: never[]) => number> = {
    clock_time_get(clock: number, _precision: bigint, result: number): number {
      if (clock !== Realtime && clock !== Monotonic) return InvalidArgument;
      const milliseconds = clock === Realtime ? performance.timeOrigin + performance.now() : performance.now();
      new DataView(memory().buffer).setBigUint64(result, BigInt(Math.round(milliseconds * 1000)) * 1000n, true);
      return Success;
    },
    random_get(address: number, length: number): number {
      for (let at = 0; at < length; at += RandomPiece) {
        crypto.getRandomValues(new Uint8Array(memory().buffer as ArrayBuffer, (address >>> 0) + at, Math.min(RandomPiece, length - at)));
      }
      return Success;
    },
  };
  const imports: Record<string, (...parameters: never[]) => number> = {};
  for (const wanted of WebAssembly.Module.imports(module)) {
    if (wanted.module === 'wasi_snapshot_preview1' && wanted.kind === 'function') imports[wanted.name] = working[wanted.name] ?? (() => NotSupported);
  }
  return { wasi_snapshot_preview1: imports };
}
