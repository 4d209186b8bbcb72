using Gantry.Engine.Tests.Boot;
using Gantry.Engine.Tests.Qemu;
using Gantry.Wasm;

namespace Gantry.Engine.Tests.Cpu.Translated;

/// <summary>
/// Instructions and programs as the translator makes them, against qemu-user: what <see cref="RiscVInstructionTests"/> does with the interpreter on CoreCLR, here with the compiled engine in
/// Wasmtime, where each case is interpreted once and translated once before others use its translation. GANTRY_SEED and GANTRY_FUZZ_SECONDS as there.
/// </summary>
public sealed class TranslatedInstructionTests(TranslatedInstructionTests.Oracle oracle) : IClassFixture<TranslatedInstructionTests.Oracle>
{
    private const int MemoryBytes = 256;

    public static TheoryData<string> Spaces => [.. RiscVEncodingSpace.All.Where(s => s.Cases > 10).Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Spaces))]
    public void FullSizeInstructionsAgree(string name) => oracle.ForSeeds(random =>
    {
        var legal = oracle.Legal(random, RiscVEncodingSpace.All.Single(s => s.Name == name));
        Assert.NotEmpty(legal);
        List<RiscVCase> cases = [];
        foreach (var encoding in legal)
        {
            for (int i = 0; i < 3; i++)
            {
                if (random.Instance(encoding) is { } instruction)
                    cases.AddRange(Cases(random, encoding, instruction, 8));
            }
        }

        oracle.Compare(cases);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void CompressedInstructionsAgree(uint quadrant) => oracle.ForSeeds(random =>
    {
        List<RiscVCase> cases = [];
        for (uint instruction = quadrant; instruction < 0x1_0000; instruction += 4 * (uint)(1 + random.Below(24)))
        {
            if (!RiscVEncoding.LoopsOnItself(instruction))
                cases.AddRange(Cases(random, new RiscVEncoding($"{instruction:x4}", 0xffff, instruction), instruction, 4));
        }

        oracle.Compare(cases);
    });

    // Every float instruction that rounds, in every mode, static and dynamic. Regions take RNE for granted where the mode is dynamic; any other is the interpreter's.
    [Fact]
    public void RoundingModesAgree() => oracle.ForSeeds(random =>
    {
        List<RiscVCase> cases = [];
        foreach (var space in RiscVEncodingSpace.All.Where(s => s.Name is "OP-FP" or "MADD" or "MSUB" or "NMSUB" or "NMADD"))
        {
            foreach (var encoding in oracle.Legal(random, space).Where(e => ((e.Match >> 12) & 7) == 7))
            {
                if (random.Instance(encoding) is not { } instruction)
                    continue;
                var some = Cases(random, encoding, instruction, 16);
                for (int i = 0; i < some.Count; i++)
                    some[i].Initial.Fcsr = (some[i].Initial.Fcsr & 31) | ((uint)(i / 2) << 5);
                cases.AddRange(some);
            }
        }

        Assert.True(cases.Count > 500, $"{cases.Count} cases");
        oracle.Compare(cases);
    });

    [Fact]
    public void AccessesAcrossPagesAgree() => oracle.ForSeeds(random =>
    {
        List<RiscVCase> cases = [];
        foreach (var space in RiscVEncodingSpace.All.Where(s => s.Name is "LOAD" or "LOAD-FP" or "STORE" or "STORE-FP"))
        {
            foreach (var encoding in oracle.Legal(random, space))
            {
                uint instruction = encoding.Instance(random.Next());
                var address = RiscVAddress.Of(instruction)!.Value;
                for (int i = 0; i < 25; i++)
                {
                    var one = random.Case(encoding, instruction, RiscVLayout.MemorySize);
                    // Around the ends of the first and of the last page.
                    ulong at = RiscVLayout.Memory + (ulong)(4096 * (1 + random.Below(2))) - 16 + (ulong)random.Below(24);
                    if (address.Base != 0) one.Initial.X[address.Base] = at - (ulong)(long)address.Offset;
                    cases.Add(WithPrefix(one, wide: false));
                }
            }
        }

        foreach (var some in cases.Chunk(500)) oracle.Compare(some);
    });

    [Fact]
    public void ProgramsAgree() => oracle.ForSeeds(random =>
    {
        var encodings = oracle.Executable(random);
        int completed = 0;
        var (made, dropped) = (oracle.Kernel.RegionsMade, oracle.Kernel.RegionsDropped);
        for (int i = 0; i < 40; i++)
        {
            List<RiscVCase> programs = [.. Enumerable.Range(0, 50).Select(_ => WithPrefix(random.Program(encodings), wide: random.Below(2) == 0))];
            var outcomes = oracle.Compare(programs);
            completed += programs.Where((p, n) => outcomes[n].Final.Pc == RiscVLayout.Entry + (ulong)p.Code.Length).Count();
        }

        Assert.InRange(completed, 1850, 2000);
        Assert.True(oracle.Kernel.RegionsMade >= made + 2000, $"{oracle.Kernel.RegionsMade - made} regions of 2000 programs");
        Assert.True(oracle.Kernel.RegionsDropped > dropped, "programs were rewritten, and no region was given up");
    });

    // Where it does, the multiply-adds above are the processor's.
    [Fact]
    public void TheHostFusesWhereItsProcessorDoes() =>
        Assert.Equal(System.Runtime.Intrinsics.X86.Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported, oracle.Kernel.Translation.Fuses == 1);

    // Engines pass over a section of hints that is wrong anywhere, and nobody would notice but by the time it takes.
    [Fact]
    public void HintsAreAtBranches() => oracle.ForSeeds(random =>
    {
        var encodings = oracle.Executable(random);
        int seldom = 0;
        for (int i = 0; i < 30; i++)
        {
            oracle.Compare([WithPrefix(random.Program(encodings), wide: random.Below(2) == 0)]);
            var module = ModuleReader.Read(oracle.Kernel.LastModule());
            ModuleValidator.Validate(module);
            seldom += BranchHintSection.Read(module).Sum(hints => hints.Count(hint => !hint.IsTaken));
        }

        Assert.True(seldom >= 30, $"{seldom} hints in 30 modules");
        var engine = ModuleReader.Read(Artifacts.Module);
        Assert.True(BranchHintSection.Read(engine).Sum(hints => hints.Count) > 100);
    });

    // A c.ebreak, then an instruction that can be translated, whatever follows: a region begins there. It also puts the other at a multiple of four bytes or not.
    private static RiscVCase WithPrefix(RiscVCase one, bool wide)
    {
        byte[] first = wide ? [2, 0x90, 0x13, 0, 0, 0] : [2, 0x90, 1, 0];
        one.Initial.Pc = RiscVLayout.Entry + 2;
        return one with { Code = [.. first, .. one.Code] };
    }

    // One instruction with several states: the first makes the translation, the others use it.
    private static List<RiscVCase> Cases(RiscVRandom random, RiscVEncoding encoding, uint instruction, int states)
    {
        bool wide = random.Below(2) == 0;
        return Enumerable.Range(0, states).Select(_ => WithPrefix(random.Case(encoding, instruction, MemoryBytes), wide)).ToList();
    }

    /// <summary>A qemu and a compiled engine for the whole class.</summary>
    public sealed class Oracle : RiscVOracle
    {
        public Oracle()
            : this(new CaseKernel())
        {
        }

        private Oracle(CaseKernel kernel)
            : base(kernel) => Kernel = kernel;

        /// <summary>The engine.</summary>
        public CaseKernel Kernel { get; }
    }
}
