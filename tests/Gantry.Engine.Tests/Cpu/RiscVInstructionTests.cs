using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>
/// Single instructions with random and edge operands, against qemu-user: all registers, flags, memory, the pc, and the signal they end with.
/// The seed is fixed (GANTRY_SEED); GANTRY_FUZZ_SECONDS goes on with random seeds for that long per test.
/// </summary>
public sealed class RiscVInstructionTests(RiscVInstructionTests.Oracle oracle) : IClassFixture<RiscVInstructionTests.Oracle>
{
    private const int MemoryBytes = 256;

    public static TheoryData<string> Spaces => [.. RiscVEncodingSpace.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Spaces))]
    public void FullSizeInstructionsAgree(string name)
    {
        var space = RiscVEncodingSpace.All.Single(s => s.Name == name);
        oracle.ForSeeds(random =>
        {
            // First every encoding once or a few times: most are illegal, on both sides.
            List<RiscVEncoding> all = [.. space.Encodings()], legal = [];
            foreach (var some in all.Chunk(2000))
            {
                List<(RiscVEncoding Encoding, RiscVCase Case)> probes =
                    [.. some.SelectMany(e => Enumerable.Range(0, all.Count > 2000 ? 1 : 5).Select(_ => (e, random.Instance(e)))).Where(p => p.Item2 is not null)
                        .Select(p => (p.e, random.Case(p.e, p.Item2!.Value, MemoryBytes)))];
                var outcomes = oracle.Compare(probes.ConvertAll(p => p.Case));
                legal.AddRange(probes.Where((_, i) => outcomes[i].Signal != RiscVSignal.SIGILL).Select(p => p.Encoding).Distinct());
            }

            foreach (var encoding in legal)
                oracle.Compare([.. Instances(random, encoding, space.Cases)]);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void CompressedInstructionsAgree(uint quadrant) => oracle.ForSeeds(random =>
    {
        for (uint first = quadrant; first < 0x1_0000; first += 4 * 1024)
        {
            List<RiscVCase> cases = [];
            for (uint instruction = first; instruction < first + (4 * 1024); instruction += 4)
            {
                if (RiscVEncoding.LoopsOnItself(instruction)) continue;
                var encoding = new RiscVEncoding($"{instruction:x4}", 0xffff, instruction);
                for (int i = 0; i < 3; i++) cases.Add(random.Case(encoding, instruction, MemoryBytes));
            }

            oracle.Compare(cases);
        }
    });

    [Fact]
    public void AccessesAcrossPagesAgree() => oracle.ForSeeds(random =>
    {
        List<RiscVCase> cases = [];
        foreach (var space in RiscVEncodingSpace.All.Where(s => s.Name is "LOAD" or "LOAD-FP" or "STORE" or "STORE-FP"))
        {
            foreach (var encoding in space.Encodings())
            {
                for (int i = 0; i < 100; i++)
                {
                    uint instruction = encoding.Instance(random.Next());
                    var one = random.Case(encoding, instruction, RiscVLayout.MemorySize);
                    var address = RiscVAddress.Of(instruction)!.Value;
                    ulong at = RiscVLayout.Memory + 4096 - 16 + (ulong)random.Below(24); // around the end of the first page
                    if (address.Base != 0) one.Initial.X[address.Base] = at - (ulong)(long)address.Offset;
                    cases.Add(one);
                }
            }
        }

        foreach (var some in cases.Chunk(500)) oracle.Compare(some);
    });

    [Fact]
    public void ReservationsAgree() => oracle.ForSeeds(random =>
    {
        const uint lr = 0x1004_202f, sc = 0x1800_202f, rs1 = 8 << 15, other = 9 << 15, value = 7 << 20; // lr x0, (x8); sc x0, x0, (x0)
        List<RiscVCase> cases = [];
        for (int i = 0; i < 4000; i++)
        {
            uint width = (uint)random.Below(2) << 12, order = (uint)random.Below(4) << 25, step = (uint)random.Below(32) << 7;
            List<uint> code = [lr | width | order | (5 << 7)];
            if (random.Below(2) == 0) code.Add(0x0010_0013 | step | (7 << 15)); // addi ?, x7, 1: may move x8
            if (random.Below(4) == 0) code.Add(lr | width | (10 << 7) | (random.Below(2) == 0 ? 0 : other ^ rs1));
            code.Add(sc | width | order | value | (6 << 7) | (random.Below(2) == 0 ? rs1 : other));
            code.Add(sc | width | value | (11 << 7) | rs1);
            var state = random.State(64, reservedModes: false);
            state.X[7] = RiscVLayout.Memory + 15; // x8 may become another valid address
            state.X[8] = RiscVLayout.Memory + (ulong)(8 * random.Below(2));
            state.X[9] = RiscVLayout.Memory + (ulong)(8 * random.Below(2));
            cases.Add(RiscVCase.Of(state, [.. code]));
        }

        foreach (var some in cases.Chunk(1000)) oracle.Compare(some);
    });

    [Fact]
    public void ProgramsAgree() => oracle.ForSeeds(random =>
    {
        var encodings = oracle.Executable(random);
        int completed = 0;
        for (int i = 0; i < 40; i++)
        {
            List<RiscVCase> programs = [.. Enumerable.Range(0, 50).Select(_ => random.Program(encodings))];
            var outcomes = oracle.Compare(programs);
            completed += programs.Where((p, n) => outcomes[n].Final.Pc == p.Initial.Pc + (ulong)p.Code.Length).Count();
        }

        Assert.InRange(completed, 1900, 2000); // of 2,000: the others trap on the way
    });

    [Fact]
    public void CountTrailingZerosOfWordsIgnoresTheUpperWord() => oracle.ForSeeds(random =>
    {
        const uint ctzw_x5_x6 = 0x6013_129b; // not comparable with qemu 7.2, see RiscVEncodingSpace
        for (int i = 0; i < 1000; i++)
        {
            var state = random.State(0, reservedModes: false);
            if (random.Below(2) == 0) state.X[6] &= 0xffff_ffff_0000_0000;
            var outcome = oracle.RunOurs(RiscVCase.Of(state, ctzw_x5_x6));
            Assert.Equal((ulong)System.Numerics.BitOperations.TrailingZeroCount((uint)state.X[6]), outcome.Final.X[5]);
        }
    });

    private static IEnumerable<RiscVCase> Instances(RiscVRandom random, RiscVEncoding encoding, int count)
    {
        while (count > 0 && random.Instance(encoding) is { } instruction)
        {
            // The same instruction with several states: both sides keep its translation.
            for (int i = 0; i < 8 && count > 0; i++, count--) yield return random.Case(encoding, instruction, MemoryBytes);
        }
    }

    /// <summary>A qemu and a machine of ours for the whole class.</summary>
    public sealed class Oracle() : RiscVOracle(new RiscVMachineRunner());
}
