using System.Runtime.InteropServices;
using System.Text;
using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Host;
using Gantry.Engine.Memory;
using Gantry.Engine.RiscV;
using Gantry.Engine.Tests.Devices;

namespace Gantry.Engine.Tests;

/// <summary>
/// Guests that are rubbish: the run always comes back to the host within its budget, and RAM, which lies between inaccessible pages, is
/// all they reach. GANTRY_FUZZ_SEED repeats a run, GANTRY_FUZZ_SECONDS goes on with random seeds for that long a test.
/// </summary>
public sealed unsafe class BadGuestTests
{
    private const ulong Kernel = MemoryMap.Ram + 0x20_0000, Tables = MemoryMap.Ram + 0x40_0000;
    private const int Guests = 60, Budget = 20_000;

    // Random bytes where the kernel should be, entered as one.
    [Fact]
    public void RandomBytesAsKernel() => ForSeeds(random =>
    {
        using var machine = new TestMachine([new DiskConfig { Size = 1 << 20 }], ["mount"], ["port"], network: true);
        random.NextBytes(machine.Ram(Kernel, 1 << 20));
        Enter(machine, random);
        RunToItsEnd(machine);
    });

    // Real instructions, most of them privileged or accessing memory, with page tables, devices and RAM in reach.
    [Fact]
    public void RandomInstructionsInSupervisorMode() => ForSeeds(random =>
    {
        using var machine = new TestMachine([new DiskConfig { Size = 1 << 20 }], ["mount"], ["port"], network: true);
        var code = MemoryMarshal.Cast<byte, uint>(machine.Ram(Kernel, 1 << 20));
        for (var i = 0; i < code.Length; i++)
            code[i] = Instruction(machine.Hart, random);
        WriteTables(machine, random);
        Enter(machine, random);
        machine.Hart->Stvec = Kernel + ((ulong)random.Next(1 << 18) * 4);
        RunToItsEnd(machine);
    });

    // A level-triggered interrupt that nobody takes away, and a handler that only returns.
    [Fact]
    public void EndlessInterruptsLeaveTheHostInCharge()
    {
        using var machine = new TestMachine();
        BitConverter.TryWriteBytes(machine.Ram(Kernel, 4), 0x0000_006Fu); // j .
        BitConverter.TryWriteBytes(machine.Ram(Kernel + 8, 4), 0x1020_0073u); // sret
        machine.Hart->Stvec = Kernel + 8;
        machine.Hart->InterruptEnable = 1UL << Cause.SupervisorExternal;
        machine.Hart->InterruptPending = 1UL << Cause.SupervisorExternal;
        machine.Hart->Status = StatusBits.SIE;
        machine.Hart->Pc = Kernel;
        for (var i = 0; i < 10; i++)
            Assert.Equal(RunReason.Budget, MachineLoop.Run(machine.Machine, Budget));
        Assert.Equal((1UL << 63) | Cause.SupervisorExternal, machine.Hart->Scause);
    }

    // A handler that traps itself retires nothing: the budget ends it all the same.
    [Fact]
    public void EndlessTrapsLeaveTheHostInCharge()
    {
        using var machine = new TestMachine();
        machine.Ram(Kernel, 4096).Clear();
        machine.Hart->Stvec = Kernel;
        machine.Hart->Pc = Kernel;
        for (var i = 0; i < 10; i++)
            Assert.Equal(RunReason.Budget, MachineLoop.Run(machine.Machine, Budget));
        Assert.Equal(Cause.IllegalInstruction, machine.Hart->Scause);
    }

    // A trap handler that is nowhere: the machine stops and says so.
    [Theory]
    [InlineData(0)]
    [InlineData(0x1000_0000)]
    [InlineData(0xFFFF_FFFF_0000_0000)]
    public void AMissingTrapHandlerIsReported(ulong stvec)
    {
        using var machine = new TestMachine();
        machine.Ram(Kernel, 4096).Clear();
        machine.Hart->Stvec = stvec;
        machine.Hart->Pc = Kernel;
        Assert.Equal(RunReason.Halted, MachineLoop.Run(machine.Machine, Budget));
        Assert.Equal((uint)HaltKind.Failed, machine.Mailbox->HaltKind);
        Assert.Contains("trap handler", Encoding.UTF8.GetString((byte*)(nuint)machine.Mailbox->HaltMessage, (int)machine.Mailbox->HaltMessageLength), StringComparison.Ordinal);
    }

    // Loads and stores all around the address space where there is neither RAM nor a device.
    [Theory]
    [InlineData(0)]
    [InlineData(0x0BFF_FFF8)]
    [InlineData(0x7FFF_FFF8)]
    [InlineData(MemoryMap.Ram + TestMachine.RamSize)]
    [InlineData(MemoryMap.Ram + TestMachine.RamSize - 4)]
    [InlineData(0xFFFF_FFFF_FFFF_FFF8)]
    public void UnmappedAccessesFault(ulong address)
    {
        using var machine = new TestMachine();
        foreach (var (word, cause) in new[] { (0x0003_3283u, Cause.LoadAccessFault), (0x0053_3023u, Cause.StoreAccessFault) })
        {
            BitConverter.TryWriteBytes(machine.Ram(Kernel, 4), word);
            BitConverter.TryWriteBytes(machine.Ram(Kernel + 8, 4), 0x1050_0073u);
            machine.Machine->Memory.NoteWrite(Kernel, 12);
            machine.Hart->Stvec = Kernel + 8;
            machine.Hart->X[6] = address;
            machine.Hart->Pc = Kernel;
            machine.Hart->Waiting = false;
            Assert.Equal(RunReason.Idle, MachineLoop.Run(machine.Machine, Budget));
            Assert.Equal(cause, machine.Hart->Scause);
        }
    }

    private static void ForSeeds(Action<Random> test)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("GANTRY_FUZZ_SEED"), out var given) ? given : 1;
        _ = double.TryParse(Environment.GetEnvironmentVariable("GANTRY_FUZZ_SECONDS"), out var seconds);
        var end = Environment.TickCount64 + (long)(seconds * 1000);
        for (var i = 0; i < Guests || Environment.TickCount64 < end; i++, seed++)
        {
            // Before, not after: a guest that reaches host memory ends the process.
            TestContext.Current.SendDiagnosticMessage($"GANTRY_FUZZ_SEED={seed}");
            try
            {
                test(new Random(seed));
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"GANTRY_FUZZ_SEED={seed}: {error.Message}", error);
            }
        }
    }

    private static void Enter(TestMachine machine, Random random)
    {
        Hart.Start(machine.Hart, Kernel, MemoryMap.Ram + 0x30_0000);
        machine.Hart->FloatEnabled = random.Next(2) == 0;
        for (var i = 1; i < 32; i++)
        {
            machine.Hart->X[i] = random.Next(5) switch
            {
                0 => (ulong)random.NextInt64() << random.Next(2),
                1 => MemoryMap.Virtio + (ulong)random.Next(0x8000),
                2 => (8UL << 60) | ((ulong)random.Next(2) << 60) | ((ulong)random.Next(4) << 44) | (Tables >> 12),
                _ => MemoryMap.Ram + (ulong)random.NextInt64((long)TestMachine.RamSize),
            };
        }
    }

    private static uint Instruction(Hart* hart, Random random)
    {
        uint[] registers = [0x100, 0x104, 0x105, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14D, 0x180, 0xC00, 0xC01, 0xC02, 1, 2, 3, 0x106, 0x10A];
        var row = hart->Table[random.Next(hart->Table.Count)];
        var word = row->Match | ((uint)random.NextInt64() & ~row->Mask);
        return random.Next(8) switch
        {
            0 => 0x0000_0073 | (((uint)random.Next(1, 4) | ((uint)random.Next(2) << 2)) << 12) | ((uint)random.Next(1024) << 15) | (registers[random.Next(registers.Length)] << 20),
            1 => new uint[] { 0x1020_0073, 0x1200_0073 | ((uint)random.Next(1024) << 15), 0x0000_0073, 0x1050_0073, (uint)random.Next(0x1_0000) | ((uint)random.Next(0x1_0000) << 16) }[random.Next(5)],
            2 => (0x0000_0003 | ((uint)random.Next(2) << 5)) | ((uint)random.NextInt64() & 0x01FF_FF80u),
            _ => word,
        };
    }

    // Two levels that loop into each other, and leaves anywhere around RAM.
    private static void WriteTables(TestMachine machine, Random random)
    {
        var entries = MemoryMarshal.Cast<byte, ulong>(machine.Ram(Tables, 8 * 4096));
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = random.Next(4) switch
            {
                0 => (((Tables >> 12) + (ulong)random.Next(8)) << 10) | 1,
                1 => (ulong)random.NextInt64(),
                _ => (((MemoryMap.Ram >> 12) - 2 + (uint)random.Next((int)(TestMachine.RamSize >> 12) + 4)) << 10) | (uint)random.Next(256) | 1,
            };
        }

        // The code stays where it is.
        entries[(int)(Kernel >> 30)] = (MemoryMap.Ram >> 12 << 10) | 0xCF | ((ulong)random.Next(2) << 5);
    }

    private static void RunToItsEnd(TestMachine machine)
    {
        for (var slice = 0; slice < 10; slice++)
        {
            var before = machine.Hart->Instructions;
            var reason = MachineLoop.Run(machine.Machine, Budget);
            Assert.InRange(machine.Hart->Instructions - before, 0ul, Budget + 4096ul);
            CheckState(machine);
            foreach (var request in machine.Requests())
            {
                ((Request*)request)->Status = 5;
                ((Request*)request)->State = (uint)RequestState.Completed;
            }

            TestMachine.Take(&machine.Mailbox->UartToHost);
            TestMachine.Take(&machine.Mailbox->Log);
            if (reason == RunReason.Halted)
                return;
        }
    }

    // What must hold whatever a guest does: x0, and that every translation leads into RAM, writable ones not to code.
    private static void CheckState(TestMachine machine)
    {
        var hart = machine.Hart;
        Assert.Equal(0ul, hart->X[0]);
        Assert.True(hart->Mode is Privilege.User or Privilege.Supervisor);
        Assert.Equal(0ul, hart->Pc & 1);
        for (var i = 0; i < 3 * Tlb.Entries; i++)
        {
            var entry = hart->Tlbs[i];
            foreach (var (tag, isWrite) in new[] { (entry.ReadTag, false), (entry.WriteTag, true) })
            {
                // Unused: of no page that the entry serves, nor within reach of one (the first entry and the last serve the neighbours of all ones).
                var index = i % Tlb.Entries;
                Assert.False(tag == Tlb.Invalid && (index is 0 or Tlb.Entries - 1));
                if (Tlb.Index(tag) != index || tag == Tlb.Invalid)
                    continue;
                var offset = (nuint)tag + entry.Addend - (nuint)machine.Machine->Memory.Base;
                Assert.True(offset < TestMachine.RamSize && (offset & 0xFFF) == 0);
                Assert.False(isWrite && (machine.Machine->Memory.PageFlags[offset >> 12] & (byte)PageFlags.HasCode) != 0);
            }
        }
    }
}
