using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>A qemu and a machine of ours for the whole class.</summary>
public abstract class RiscVOracle(IRiscVRunner ours) : IDisposable
{
    private readonly QemuRiscV qemu = new("rv64,zbc=false");
    private ulong seed;

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        qemu.Dispose();
        (ours as IDisposable)?.Dispose();
    }

    /// <summary>Runs a test with the fixed seed, then with others for as long as the environment asks.</summary>
    public void ForSeeds(Action<RiscVRandom> test)
    {
        seed = ulong.TryParse(Environment.GetEnvironmentVariable("GANTRY_SEED"), out ulong given) ? given : 1;
        _ = double.TryParse(Environment.GetEnvironmentVariable("GANTRY_FUZZ_SECONDS"), out double seconds);
        long end = Environment.TickCount64 + (long)(seconds * 1000);
        do
        {
            test(new RiscVRandom(seed));
            seed = (ulong)Random.Shared.NextInt64();
        }
        while (Environment.TickCount64 < end);
    }

    /// <summary>Runs a case here only.</summary>
    public RiscVOutcome RunOurs(RiscVCase one) => ours.Run(one);

    /// <summary>Runs cases on both sides; fails the test if they differ, and returns qemu's outcomes.</summary>
    public RiscVOutcome[] Compare(IReadOnlyList<RiscVCase> cases)
    {
        var outcomes = qemu.Run(cases);
        string? differences = RiscVComparison.Differences(ours, cases, outcomes);
        Assert.True(differences is null, $"seed {seed}: {differences}");
        return outcomes;
    }

    /// <summary>The encodings of a space that are instructions, each register operand's a few times.</summary>
    public List<RiscVEncoding> Legal(RiscVRandom random, RiscVEncodingSpace space)
    {
        const uint rs2 = 0x1f0_0000;
        List<RiscVEncoding> legal = [];
        foreach (var some in space.Encodings().Chunk(2000))
        {
            List<(RiscVEncoding Encoding, RiscVCase Case)> probes =
                [.. some.SelectMany(e => Enumerable.Range(0, 3).Select(_ => (e, random.Instance(e)))).Where(p => p.Item2 is not null)
                    .Select(p => (p.e, random.Case(p.e, p.Item2!.Value, 64)))];
            var outcomes = qemu.Run(probes.ConvertAll(p => p.Case));
            legal.AddRange(probes.Where((_, i) => outcomes[i].Signal != RiscVSignal.SIGILL).Select(p => p.Encoding).Distinct());
        }

        // All 32 values: a register, or a distance to shift.
        return [.. legal.GroupBy(e => e.Match & ~rs2).SelectMany(g => g.Count() == 32 ? g.Skip(random.Below(30)).Take(2) : g)];
    }

    /// <summary>Encodings that execute and go on with the next instruction, grouped by major opcode: for programs.</summary>
    public List<RiscVEncoding[]> Executable(RiscVRandom random)
    {
        List<RiscVEncoding> full = [.. RiscVEncodingSpace.All.SelectMany(s => s.Encodings())];
        List<RiscVEncoding> compressed = [.. Enumerable.Range(0, 0x1_0000).Where(i => (i & 3) != 3 && random.Below(8) == 0)
            .Select(i => new RiscVEncoding($"{i:x4}", 0xffff, (uint)i))];
        List<RiscVEncoding> executable = [];
        foreach (var some in full.Concat(compressed).Where(e => !e.IsControl && (e.Match & 0x7f) != 0x0f).Chunk(4000))
        {
            List<(RiscVEncoding Encoding, RiscVCase Case)> probes =
                [.. some.Select(e => (e, random.Instance(e))).Where(p => p.Item2 is not null)
                    .Select(p => (p.e, random.Case(p.e, p.Item2!.Value, 64)))];
            var outcomes = qemu.Run(probes.ConvertAll(p => p.Case));
            executable.AddRange(probes.Where((_, i) => outcomes[i].Signal == RiscVSignal.SIGTRAP).Select(p => p.Encoding));
        }

        return [.. executable.GroupBy(e => e.IsCompressed ? e.Match & 0xe003 : e.Match & 0x7f).Select(g => g.ToArray())];
    }
}
