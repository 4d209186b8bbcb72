using System.Diagnostics;
using System.Runtime.InteropServices;
using Gantry.Bench.Float;
using Wasmtime;

// Nanoseconds an operation, on CoreCLR and compiled to WebAssembly (Wasmtime): random operands within a few binades of 1; best of
// several rounds. Both must compute the same, on these operands and on random bits.
const int triples = 1024, passes = 100, rounds = 9;
(string Title, uint Mode, uint Flags)[] columns = [("NX set", 0, 1), ("NX clear", 0, 0), ("RTZ", 1, 1)];
using var engine = new Engine();
using var module = Module.FromFile(engine, Path.Combine(AppContext.BaseDirectory, "Gantry.Bench.Float.wasm"));
using var store = new Store(engine);
using var linker = new Linker(engine);
linker.DefineWasi();
store.SetWasiConfiguration(new WasiConfiguration());
var instance = linker.Instantiate(store, module);
var allocate = instance.GetFunction<int, int>("allocate")!;
var repeat = instance.GetFunction<int, int, int, int, int, int, long>("repeat")!;
var memory = instance.GetMemory("memory")!;

ulong[] doubles = new ulong[3 * triples], singles = new ulong[3 * triples], bits = new ulong[3 * triples], singleBits = new ulong[3 * triples];
var random = new Random(1);
for (int i = 0; i < doubles.Length; i++)
{
    double value = Math.ScaleB(1 + random.NextDouble(), random.Next(-4, 5));
    doubles[i] = BitConverter.DoubleToUInt64Bits(value);
    singles[i] = BitConverter.SingleToUInt32Bits((float)value);
    bits[i] = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    singleBits[i] = (uint)bits[i];
}

int address = allocate(doubles.Length * 8);
Console.WriteLine($"{"ns/operation",-32}{"CoreCLR",30}{"Wasmtime",30}");
Console.WriteLine($"{"",-32}{string.Concat(columns.Concat(columns).Select(c => c.Title.PadLeft(10)))}");
bool same = true;
for (int operation = 0; operation < FloatLoops.Operations; operation++)
{
    ulong[] operands = FloatLoops.IsSingle(operation) ? singles : doubles, wild = FloatLoops.IsSingle(operation) ? singleBits : bits;
    for (uint mode = 0; operation != 0 && mode < 5; mode++)
    {
        for (uint flags = 0; flags < 2; flags++)
        {
            same &= Run(false, operation, wild, mode, flags, 1, out _) == Run(true, operation, wild, mode, flags, 1, out _);
            same &= Run(false, operation, operands, mode, flags, 1, out _) == Run(true, operation, operands, mode, flags, 1, out _);
        }
    }

    Console.Write($"{FloatLoops.Name(operation),-32}");
    foreach (bool wasm in new[] { false, true })
    {
        foreach (var (_, mode, flags) in columns)
        {
            double best = double.MaxValue;
            for (int round = 0; round < rounds; round++)
            {
                Run(wasm, operation, operands, mode, flags, passes, out double seconds);
                best = Math.Min(best, seconds * 1e9 / (passes * triples));
            }

            Console.Write($"{best,10:F2}");
        }
    }

    Console.WriteLine();
}

Console.WriteLine(same ? "results and flags are the same on both" : "RESULTS OR FLAGS DIFFER");
return same ? 0 : 1;

ulong Run(bool wasm, int operation, ulong[] operands, uint mode, uint flags, int times, out double seconds)
{
    ulong fold;
    if (wasm) MemoryMarshal.AsBytes(operands.AsSpan()).CopyTo(memory.GetSpan(address, operands.Length * 8));
    long start = Stopwatch.GetTimestamp();
    if (wasm)
    {
        fold = (ulong)repeat(operation, address, triples, (int)mode, (int)flags, times);
    }
    else
    {
        unsafe
        {
            fixed (ulong* p = operands) fold = FloatLoops.Repeat(operation, p, triples, mode, flags, times);
        }
    }

    seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    return fold;
}
