using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Jit;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu.Translated;

/// <summary>Every integer instruction behind every other in the compiled engine's interpreter, against qemu-user: which of them it executes in pairs is none of this test's business.</summary>
public sealed unsafe class PairedInstructionTests(PairedInstructionTests.Oracle oracle) : IClassFixture<PairedInstructionTests.Oracle>
{
    private const int MemoryBytes = 256, Cases = 2;

    private static readonly string[] Spaces =
    [
        "LOAD", "OP-IMM", "OP-IMM, left shifts", "OP-IMM, right shifts", "AUIPC", "OP-IMM-32", "OP-IMM-32, left shifts", "OP-IMM-32, right shifts", "STORE", "OP", "LUI", "OP-32", "BRANCH", "JALR", "JAL",
    ];

    [Fact]
    public void InstructionsBehindEachOtherAgree() => oracle.ForSeeds(random =>
    {
        List<RiscVEncoding[]> groups = [.. Spaces.SelectMany(name => oracle.Legal(random, RiscVEncodingSpace.All.Single(s => s.Name == name))).Select(e => new[] { e }), .. Compressed()];
        List<RiscVCase> cases = [];
        foreach (var first in groups.Where(g => !g[0].IsControl))
        {
            foreach (var second in groups)
            {
                for (int i = 0; i < Cases; i++)
                {
                    var (a, b) = (first[random.Below(first.Length)], second[random.Below(second.Length)]);
                    if (random.Instance(a) is { } one && random.Instance(b) is { } other)
                        cases.Add(Case(random, a, one, b, other));
                }
            }
        }

        Assert.True(cases.Count > 20_000, $"{cases.Count} cases");
        int completed = 0;
        foreach (var some in cases.Chunk(1000))
        {
            var outcomes = oracle.Compare(some);
            completed += some.Where((one, i) => outcomes[i].Final.Pc == RiscVLayout.Entry + (ulong)one.Code.Length).Count();
        }

        Assert.True(completed > cases.Count / 2, $"{completed} of {cases.Count} were executed to the end");
    });

    // As the kernel wants it, behind a c.ebreak.
    private static RiscVCase Case(RiscVRandom random, RiscVEncoding a, uint one, RiscVEncoding b, uint other)
    {
        var second = random.Case(b, other, MemoryBytes);
        if (RiscVAddress.Of(one) is { } address && random.Below(20) != 0 && RiscVAddress.Of(other)?.Base != address.Base)
            second.Initial.X[address.Base] = RiscVLayout.Memory + (ulong)(8 * random.Below(MemoryBytes / 8)) - (ulong)(long)address.Offset;
        second.Initial.Pc = RiscVLayout.Entry + 2;
        byte[] first = a.IsCompressed ? BitConverter.GetBytes((ushort)one) : BitConverter.GetBytes(one);
        return second with { Code = [2, 0x90, .. first, .. second.Code] };
    }

    // Compressed encodings by what they expand to, those of F and D aside.
    private static IEnumerable<RiscVEncoding[]> Compressed()
    {
        var table = default(InstructionTable);
        table.Build();
        var groups = new Dictionary<int, List<RiscVEncoding>>();
        for (uint i = 0; i < 0x1_0000; i++)
        {
            var row = (i & 3) == 3 ? null : table.Find(Engine.Cpu.RiscV.Compressed.Expand(i));
            if (row == null || (row->Flags & RowFlags.Float) != 0 || row->Format == Format.System)
                continue;
            int index = table.IndexOf(row);
            if (!groups.TryGetValue(index, out var group))
                groups.Add(index, group = []);
            group.Add(new RiscVEncoding($"{i:x4}", 0xffff, i));
        }

        return groups.Values.Select(group => group.ToArray());
    }

    /// <summary>A qemu and a compiled engine that interprets.</summary>
    public sealed class Oracle() : RiscVOracle(new CaseKernel(TranslationMode.Off));
}
