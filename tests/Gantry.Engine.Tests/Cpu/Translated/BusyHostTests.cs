using Gantry.Engine.Jit;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu.Translated;

/// <summary>Tests that keep the threads of the process's pool to themselves.</summary>
[CollectionDefinition(nameof(BusyHostTests), DisableParallelization = true)]
public sealed class BusyHostCollection;

/// <summary>Modules are compiled beside the machine, however busy the host's process is with other things.</summary>
[Collection(nameof(BusyHostTests))]
public sealed class BusyHostTests
{
    [Fact]
    public async Task CompilingDoesNotWaitForThePool()
    {
        const int Waiting = 64;
        const ulong Pages = 1000, Calls = 150;
        using var done = new ManualResetEventSlim();
        var items = Enumerable.Range(0, Waiting).Select(_ => Task.Run(done.Wait)).ToArray();
        try
        {
            using var kernel = new CaseKernel(TranslationMode.Hot) { Limit = 200_000_000 };
            var initial = new RiscVState { Pc = RiscVLayout.Entry + 4 };
            (initial.X[6], initial.X[19]) = (Pages, Calls);
            var outcome = kernel.RunOnce(new RiscVCase(File.ReadAllBytes(NativeProgram.WritesCode()), initial), translate: false);
            Assert.Equal(RiscVSignal.SIGTRAP, outcome.Signal);
            Assert.True(kernel.RegionsMade > 100, $"{kernel.RegionsMade} regions");
        }
        finally
        {
            done.Set();
            await Task.WhenAll(items);
        }
    }
}
