using System.Diagnostics;
using Gantry.Bench.Float;
using Gantry.Engine.Cpu.Float;

// Nanoseconds an operation, on CoreCLR: random positive operands within a few binades of 1; best of several rounds.
const int triples = 1024, passes = 400, rounds = 7;
var random = new Random(1);
ulong[] doubles = new ulong[3 * triples], singles = new ulong[3 * triples];
for (int i = 0; i < doubles.Length; i++)
{
    double value = Math.ScaleB(1 + random.NextDouble(), random.Next(-4, 5));
    doubles[i] = BitConverter.DoubleToUInt64Bits(value);
    singles[i] = BitConverter.SingleToUInt32Bits((float)value);
}

Console.WriteLine($"{"ns/operation",-32}{"NX set",10}{"NX clear",10}{"RTZ",10}");
ulong fold = 0;
for (int operation = 0; operation < FloatLoops.Operations; operation++)
{
    Console.Write($"{FloatLoops.Name(operation),-32}");
    foreach (var (mode, flags) in new[] { (RoundingMode.RNE, FloatFlags.NX), (RoundingMode.RNE, FloatFlags.None), (RoundingMode.RTZ, FloatFlags.NX) })
    {
        double best = double.MaxValue;
        for (int round = 0; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            unsafe
            {
                fixed (ulong* operands = FloatLoops.IsSingle(operation) ? singles : doubles)
                    for (int pass = 0; pass < passes; pass++) fold += FloatLoops.Run(operation, operands, triples, mode, flags);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / (passes * triples));
        }

        Console.Write($"{best,10:F2}");
    }

    Console.WriteLine();
}

Console.WriteLine($"fold {fold:x16}");
