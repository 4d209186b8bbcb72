using Gantry.Engine.Jit;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu.Translated;

/// <summary>Guests whose code does not stay what it was.</summary>
public sealed class ChangingCodeTests
{
    // The beginning of a loop has no template and is tried in vain; then another program is there.
    [Fact]
    public void APlaceTriedInVainIsTriedAgainWithOtherCode()
    {
        const uint frflags_x10 = 0x0010_2573, addi_x10_x10_1 = 0x0015_0513;
        const ulong times = 5000;
        using var kernel = new CaseKernel { Limit = 1_000_000 };
        // What the kernel itself is made of is translated, too, and known after a few times.
        for (var i = 0; i < 3; i++)
            Run(frflags_x10);
        var before = kernel.RegionsMade;
        Run(frflags_x10);
        Assert.Equal(before, kernel.RegionsMade);
        Assert.Equal(times, Run(addi_x10_x10_1));
        Assert.True(kernel.RegionsMade > before, "the loop was not translated");

        ulong Run(uint first)
        {
            const uint addi_x11_x11_m1 = 0xfff5_8593, bnez_x11_m8 = 0xfe05_9ce3, ebreak = 0x0010_0073;
            byte[] code = [2, 0x90, 1, 0, .. new[] { first, addi_x11_x11_m1, bnez_x11_m8, ebreak }.SelectMany(BitConverter.GetBytes)];
            var initial = new RiscVState { Pc = RiscVLayout.Entry + 4 };
            initial.X[11] = times;
            var outcome = kernel.RunOnce(new RiscVCase(code, initial), translate: false);
            Assert.Equal((RiscVSignal.SIGTRAP, 0ul), (outcome.Signal, outcome.Final.X[11]));
            return outcome.Final.X[10];
        }
    }

    // As Java, Node or QEMU in the guest do. Each page is run long enough to be translated, and soon is another.
    [Fact]
    public void AGuestThatWritesCodeAllDayHoldsLittleOfIt()
    {
        const ulong Pages = 1000, Calls = 150, AdditionsOfACall = 178 * 20;
        using var kernel = new CaseKernel(TranslationMode.Hot) { Limit = 200_000_000 };
        var initial = new RiscVState { Pc = RiscVLayout.Entry + 4 };
        (initial.X[6], initial.X[19]) = (Pages, Calls);
        ulong sum = 0;
        for (var run = 0; run < 3; run++)
        {
            var outcome = kernel.RunOnce(new RiscVCase(File.ReadAllBytes(NativeProgram.WritesCode()), initial), translate: false);
            sum += outcome.Final.X[10];
            Assert.Equal(RiscVSignal.SIGTRAP, outcome.Signal);
        }

        Assert.Equal(3 * Calls * AdditionsOfACall * (Pages * (Pages + 1) / 2), sum);
        // How many are made depends on how fast the host compiles; what is held must not depend on how many there were.
        Assert.True(kernel.RegionsMade > 100, $"{kernel.RegionsMade} regions of {3 * Pages} pages");
        Assert.InRange(kernel.MostRegions, 1u, 100u);
        Assert.InRange(kernel.MostCodeBytes, 1ul, 4ul << 20);
        Assert.True(kernel.RegionsMade - kernel.RegionsDropped <= 100, $"{kernel.RegionsMade} made, {kernel.RegionsDropped} given up");
        Assert.NotEqual((uint)ModuleState.Failed, kernel.Translation.State);
    }

    // A host holds a module's code as long as one function of it is in the table: a few that go on running must not hold all that was ever made beside them.
    [Fact]
    public void AModuleOfWhichLittleIsLeftIsGivenUpWhole()
    {
        const ulong Loops = 64, Turns = 1000, Most = 200;
        using var kernel = new CaseKernel(TranslationMode.Hot) { Limit = 200_000_000 };
        var initial = new RiscVState { Pc = RiscVLayout.Entry + 4 };
        // Until the host has compiled them: that is on another thread.
        for (var run = 0; kernel.Translation.Regions < Loops; run++)
        {
            Assert.True(run < 50, $"{kernel.Translation.Regions} regions of {Loops} loops");
            Run(rewrites: 0, passes: Most);
        }

        var before = kernel.Translation;
        Run(rewrites: 1, passes: 1);
        var after = kernel.Translation;
        Assert.True(after.Regions < before.Regions / 2, $"{before.Regions} regions, then {after.Regions}");
        Assert.True(after.CodeBytes < before.CodeBytes / 4, $"{before.CodeBytes} bytes, then {after.CodeBytes}");

        void Run(ulong rewrites, ulong passes)
        {
            (initial.X[6], initial.X[10], initial.X[19]) = (passes, 0, rewrites);
            var outcome = kernel.RunOnce(new RiscVCase(File.ReadAllBytes(NativeProgram.ManyLoops()), initial), translate: false);
            Assert.Equal((RiscVSignal.SIGTRAP, passes * Loops * Turns), (outcome.Signal, outcome.Final.X[10]));
        }
    }
}
