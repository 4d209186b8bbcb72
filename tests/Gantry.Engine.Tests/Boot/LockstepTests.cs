using System.Security.Cryptography;
using System.Text;
using Gantry.Engine.Host;
using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Comparing;
using Gantry.Host.Engines;
using Gantry.Host.Files;

namespace Gantry.Engine.Tests.Boot;

/// <summary>A deterministic Linux does the same whether its code is translated or not: in lockstep, and from its start to its end.</summary>
public sealed class LockstepTests
{
    private const string Script = "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done; echo $i; ls -l / | wc -l; cat /proc/uptime; od -An -tx1 -N16 /dev/urandom; echo a.b.c | sed 's/\\./-/g' | sort; ls -lR /usr/share/perl | sort -r | sha256sum; seq 20000 | gzip -9 | gzip -d | sort -n | tail -n 1";

    // Boot code, page tables, traps and interrupts: about as much as a test has time for.
    [Theory]
    [InlineData(TranslationMode.All, 12_000_000, 1_000)]
    [InlineData(TranslationMode.Hot, 300_000_000, 2_000)]
    public void LinuxRunsAlikeInLockstep(TranslationMode mode, ulong instructions, long budget)
    {
        var result = new Lockstep(Make) { Mode = mode, MaxInstructions = instructions, Budget = budget }.Run();
        Assert.True(result.Difference == null, result.Difference?.Report);
        Assert.True(result.Instructions >= instructions || result.Ended);
        Assert.True(result.Regions > 100, $"{result.Regions} regions");
    }

    // A register that one machine has and the other has not: found in the run where it came about, and in that the place.
    [Fact]
    public void ADifferenceInARegisterIsFoundWhereItBegins()
    {
        const int Run = 700, Register = 27;
        ulong pc = 0;
        var result = new Lockstep(Make)
        {
            Budget = 500,
            BeforeRun = (side, run) =>
            {
                if (run != Run)
                    return;
                pc = side.State.Pc;
                side.SetRegister(Register, side.State.Registers[Register] ^ 0x100);
            },
        }.Run();
        var difference = Assert.IsType<LockstepDifference>(result.Difference);
        Assert.Equal(pc, difference.Pc);
        Assert.Equal(0x100ul, difference.Interpreted.Registers[Register] ^ difference.Translated.Registers[Register]);
        Assert.Contains($"x{Register}: ", difference.Report, StringComparison.Ordinal);
        Assert.Contains($"\n  {pc:x16}: ", difference.Report, StringComparison.Ordinal);
    }

    // A byte of RAM is compared only now and then: the run is looked for again.
    [Fact]
    public void ADifferenceInMemoryIsFoundWhereItBegins()
    {
        const int Run = 130, Offset = 0x8_0000; // below the kernel, where nothing is
        ulong pc = 0;
        var result = new Lockstep(Make)
        {
            Budget = 500,
            RunsPerMemoryComparison = 100,
            BeforeRun = (side, run) =>
            {
                if (run != Run)
                    return;
                pc = side.State.Pc;
                side.Ram[Offset] ^= 0x40;
            },
        }.Run();
        var difference = Assert.IsType<LockstepDifference>(result.Difference);
        Assert.Equal(pc, difference.Pc);
        Assert.Contains("memory at physical address 80080000: ", difference.Report, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunToTheEndIsTheSameInEveryMode()
    {
        var right = RunToTheEnd(TranslationMode.Off);
        Assert.Contains("40000\n", right.Output, StringComparison.Ordinal);
        Assert.Equal(right, RunToTheEnd(TranslationMode.Hot));
        Assert.Equal(right, RunToTheEnd(TranslationMode.All));
    }

    private static (string Output, ulong Instructions, string Memory) RunToTheEnd(TranslationMode mode)
    {
        using var side = Make(mode);
        var output = new StringBuilder();
        side.RunToTheEnd(1_000_000, bytes => output.Append(Encoding.UTF8.GetString(bytes)));
        Assert.Equal(RunReason.Halted, side.Reason);
        var least = mode switch { TranslationMode.Off => 0ul, TranslationMode.Hot => 24ul, _ => 1000ul };
        Assert.InRange(side.Engine.Translation?.RegionsMade ?? 0, least, mode == TranslationMode.Off ? 0 : ulong.MaxValue);
        return (output.ToString(), side.State.Instructions, Convert.ToHexString(SHA256.HashData(side.Ram)));
    }

    private static LockstepSide Make(TranslationMode mode)
    {
        var engine = new WasmEngine(Artifacts.Module, Artifacts.CacheFolder);
        var machine = new GuestMachine(engine, new MachineOptions
        {
            MemorySize = 64 << 20,
            Kernel = Artifacts.Kernel,
            Initrd = Artifacts.Init,
            CommandLine = "quiet console=ttyS0 gantry.root=vda",
            Disks = [new FileDisk(Artifacts.Image)],
            Deterministic = true,
            Seed = 7,
            Translation = mode,
        });
        machine.Control.Ready = () => machine.Control.Start(new GuestProcess
        {
            Arguments = ["/bin/sh", "-c", Script],
            Environment = ["PATH=/usr/bin:/bin"],
        });
        machine.Input.CloseInput();
        return new LockstepSide(engine, machine.Host, machine);
    }
}
