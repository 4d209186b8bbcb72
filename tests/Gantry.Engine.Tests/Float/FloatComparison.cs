using System.Text;
using Gantry.Engine.Cpu.Float;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Float;

/// <summary>Runs an operation on edge and random operands, here and on an oracle, and compares results and flags.</summary>
/// <param name="modes">Rounding modes the oracle has: the first so many of <see cref="RoundingMode"/>.</param>
/// <param name="oracle">Runs an instruction on operands.</param>
public sealed class FloatComparison(uint modes, FloatComparison.Oracle oracle)
{
    private const int RandomCases = 200_000, Batch = 50_000;

    /// <summary>Runs an instruction on operands.</summary>
    public delegate void Oracle(uint instruction, ReadOnlySpan<RiscVOperands> operands, Span<RiscVResults> results);

    /// <summary>
    /// Edges and random operands with a fixed seed (or GANTRY_SEED); then random seeds for GANTRY_FUZZ_SECONDS, 0 by default.
    /// </summary>
    public void Run(FloatOperation operation)
    {
        ulong seed = ulong.TryParse(Environment.GetEnvironmentVariable("GANTRY_SEED"), out ulong given) ? given : 1;
        Check(operation, seed, Edges(operation, Generator(operation, seed)));
        Check(operation, seed, Randoms(operation, Generator(operation, seed)));

        _ = double.TryParse(Environment.GetEnvironmentVariable("GANTRY_FUZZ_SECONDS"), out double seconds);
        for (long end = Environment.TickCount64 + (long)(seconds * 1000); Environment.TickCount64 < end;)
        {
            seed = (ulong)Random.Shared.NextInt64();
            Check(operation, seed, Randoms(operation, Generator(operation, seed)));
        }
    }

    private static FloatOperands Generator(FloatOperation operation, ulong seed)
        => operation.SingleSources ? new FloatOperands(seed, 24, 8) : new FloatOperands(seed, 53, 11);

    private static RiscVOperands Pack(FloatOperation o, ulong a, ulong b, ulong c, long x, uint fcsr)
    {
        ulong box = o.SingleSources ? 0xffff_ffff_0000_0000 : 0;
        return new(a | box, b | box, c | box, (ulong)x, 0, fcsr);
    }

    // All combinations of edges, in all modes, with NX clear and set (the two of them take different paths).
    private IEnumerable<RiscVOperands> Edges(FloatOperation o, FloatOperands generator)
    {
        ulong[] edges = [.. generator.Edges(o.Sources == 3)], none = [0];
        long[] integers = o.Sources != 0 ? [0] : [.. Enumerable.Range(0, 64).SelectMany(i => new[] { 1L << i, (1L << i) - 1, (1L << i) + 1, -(1L << i), (3L << i) + 1 })];
        foreach (ulong a in o.Sources > 0 ? edges : none)
            foreach (ulong b in o.Sources > 1 ? edges : none)
                foreach (ulong c in o.Sources > 2 ? edges : none)
                    foreach (long x in integers)
                        for (uint mode = 0; mode < modes; mode++)
                            for (uint nx = 0; nx < 2; nx++)
                                yield return Pack(o, a, b, c, x, (mode << 5) | nx);
    }

    private IEnumerable<RiscVOperands> Randoms(FloatOperation o, FloatOperands generator)
    {
        for (int i = 0; i < RandomCases; i++)
        {
            var (a, b, c) = generator.Triple();
            uint flags = generator.Below(3) switch { 0 => 0, 1 => 1u, _ => (uint)generator.Below(32) };
            uint mode = generator.Below(2) == 0 ? 0 : (uint)generator.Below((int)modes);
            yield return Pack(o, a, b, c, generator.Integer(), (mode << 5) | flags);
        }
    }

    private void Check(FloatOperation operation, ulong seed, IEnumerable<RiscVOperands> cases)
    {
        var results = new RiscVResults[Batch];
        foreach (var batch in cases.Chunk(Batch))
        {
            oracle(operation.Encoding, batch, results);
            var wrong = new StringBuilder();
            int count = 0;
            for (int i = 0; i < batch.Length; i++)
            {
                var (o, theirs) = (batch[i], results[i]);
                ulong mask = operation.SingleSources ? uint.MaxValue : ulong.MaxValue;
                var mode = (RoundingMode)(o.Fcsr >> 5);
                var flags = (FloatFlags)(o.Fcsr & 31);
                ulong ours = operation.Function(o.F10 & mask, o.F11 & mask, o.F12 & mask, (long)o.X10, mode, ref flags);
                ulong right = operation.ToInteger ? theirs.X10 : theirs.F10;
                var rightFlags = (FloatFlags)(theirs.Fcsr & 31);
                if ((ours == right && flags == rightFlags) || ++count > 5) continue;
                wrong.AppendLine($"{operation.Name} {mode} a={o.F10:x16} b={o.F11:x16} c={o.F12:x16} x={o.X10:x16} flags before {(FloatFlags)(o.Fcsr & 31)}:");
                wrong.AppendLine($"    ours {ours:x16} {flags}, right {right:x16} {rightFlags}");
            }

            Assert.True(count == 0, $"seed {seed}: {count} of {batch.Length} differ\n{wrong}");
        }
    }
}
