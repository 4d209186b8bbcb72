using Gantry.Engine.Jit;
using Gantry.Engine.Tests.Qemu;
using Gantry.Host.Engines;

namespace Gantry.Engine.Tests.Cpu.Translated;

/// <summary>A guest with more code than there is room for translations: what is held stays bounded, and it computes what it should, also after translation has ended.</summary>
public sealed class TranslationBoundsTests
{
    // Slices of 64 instructions are ten functions long: a pass ends in the middle of one, so that in five passes they end at every second.
    private const int Functions = 8995, Distance = 112, First = 256;
    private const ulong MaxCodeBytes = 24 << 20, ModuleBytes = 1 << 20;

    // A Wasmtime store has room for so many modules: translation ends, the guest goes on.
    [Fact]
    public void TranslationEndsWithTheStoresRoom()
    {
        using var kernel = new CaseKernel { Limit = 500_000_000 };
        // Written anew, all is translated again.
        Check(kernel, 8, 1, 0x0010_0713); // addi x14, x0, 1
        Check(kernel, 9, 1, 0x0010_0713);
        Check(kernel, 10, 1, 0x0010_0713);
        var after = kernel.Translation;
        Assert.True(after.State == (uint)ModuleState.Failed, $"{after.Modules} modules, state {after.State}, {after.RegionsMade} {after.RegionsDropped} {after.Regions}");
        Assert.Equal((uint)ModuleInstaller.MaxModules + 1, after.Modules);
        Assert.True(after.RegionsMade > after.TableEntries, $"{after.RegionsMade} regions made: no table entry was used again");
        Assert.InRange(kernel.MostRegions, 1000u, after.TableEntries);
        Assert.InRange(kernel.MostCodeBytes, 1ul, MaxCodeBytes + ModuleBytes);
        Check(kernel, 1, 1, 0x0010_0713);
        Assert.Equal(after.RegionsMade, kernel.Translation.RegionsMade);
    }

    // The other bound of a host that keeps all it was given.
    [Fact]
    public void TranslationEndsWithTheHostsBytes()
    {
        const ulong Most = 200_000;
        using var kernel = new CaseKernel(TranslationMode.All, Most) { Limit = 500_000_000 };
        Check(kernel, 8, 1, 0x0010_0713);
        var after = kernel.Translation;
        Assert.Equal((uint)ModuleState.Failed, after.State);
        // The one that was too much has been made, but not taken.
        Assert.InRange(after.TotalBytes, Most, Most + ModuleBytes);
        Assert.True(after.Regions > 0);
        Check(kernel, 9, 1, 0x0010_0713);
        Assert.Equal(after.RegionsMade, kernel.Translation.RegionsMade);
    }

    private static void Check(CaseKernel kernel, int passes, int times, uint setTimes)
    {
        var outcome = kernel.RunOnce(new RiscVCase(Program(passes, setTimes), new RiscVState { Pc = RiscVLayout.Entry + 2 }), translate: false);
        ulong count = 0, xor = 0;
        while (count < (ulong)Functions * (ulong)passes * (ulong)times)
            xor ^= ++count;
        Assert.Equal((RiscVSignal.SIGTRAP, count, xor), (outcome.Signal, outcome.Final.X[10], outcome.Final.X[13]));
    }

    // Functions that count, each jumping to the next through a register, so that each is a region of its own; and a loop around them all.
    private static byte[] Program(int passes, uint setTimes)
    {
        const uint jr_x12 = 0x0006_0067, addi_x10_x10_1 = 0x0015_0513, xor_x13_x13_x10 = 0x00a6_c6b3, addi_x12_x12 = 0x0006_0613;
        const uint addi_x14_x14_m1 = 0xfff7_0713, bnez_x14_m12 = 0xfe07_1ae3;
        const int end = First + (Functions * Distance), loop = 8;
        var code = new byte[end + 16];
        void Emit(int at, uint word) => BitConverter.TryWriteBytes(code.AsSpan(at), word);
        Emit(0, 0x0001_9002); // c.ebreak, c.nop
        Emit(4, 0x593 | ((uint)passes << 20)); // addi x11, x0, passes
        Emit(loop, 0x617); // auipc x12, 0
        Emit(loop + 4, addi_x12_x12 | ((First - loop) << 20));
        Emit(loop + 8, jr_x12);
        for (var at = First; at < end; at += Distance)
        {
            Emit(at, setTimes);
            Emit(at + 4, addi_x10_x10_1);
            Emit(at + 8, xor_x13_x13_x10);
            Emit(at + 12, addi_x14_x14_m1);
            Emit(at + 16, bnez_x14_m12);
            Emit(at + 20, addi_x12_x12 | (Distance << 20));
            Emit(at + 24, jr_x12);
        }

        Emit(end, 0xfff5_8593); // addi x11, x11, -1
        Emit(end + 4, 0x0005_8463); // beq x11, x0, 8
        Emit(end + 8, RiscVRandom.Jump(0, loop - (end + 8)));
        Emit(end + 12, 0x9002_9002);
        return code;
    }
}
