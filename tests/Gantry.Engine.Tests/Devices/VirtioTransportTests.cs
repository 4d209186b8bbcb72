using Gantry.Engine.Devices;
using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>Virtio 1.2, sections 2, 4.2: what any driver relies on.</summary>
public sealed unsafe class VirtioTransportTests
{
    private const ulong Buffer = MemoryMap.Ram + 0x400000;

    [Fact]
    public void IdentifiesItself_4_2_2()
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy);
        Assert.Equal((0x74726976u, 2u, 4u), (driver[0], driver[4], driver[8]));
        Assert.Equal(0u, driver[0x70]);
    }

    [Fact]
    public void RefusesFeaturesItDidNotOffer_2_2_2()
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy);
        driver[0x70] = 3;
        driver[0x24] = 0;
        driver[0x20] = 1;
        driver[0x24] = 1;
        driver[0x20] = 1;
        driver[0x70] = 11;
        Assert.Equal(3u, driver.Status);
    }

    [Fact]
    public void RefusesLegacyDrivers()
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy);
        driver[0x70] = 11;
        Assert.Equal(3u, driver.Status);
    }

    [Fact]
    public void InterruptsUntilAcknowledged_4_2_3()
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy).Start(1);
        driver.Send(0, 0, (Buffer, 64, true));
        Assert.Equal(1u, driver[0x60]);
        Assert.NotEqual(0u, machine.Machine->Plic->Levels & (1u << driver.Line));
        driver[0x64] = 1;
        Assert.Equal(0u, driver[0x60]);
        Assert.Equal(0u, machine.Machine->Plic->Levels & (1u << driver.Line));
    }

    [Fact]
    public void NoInterruptWhenTheDriverWantsNone_2_7_7()
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy).Start(1);
        machine.Ram(MemoryMap.Ram + 0x102000, 2)[0] = 1;
        driver.Send(0, 0, (Buffer, 64, true));
        Assert.Equal((0u, 64u), Assert.Single(driver.Used(0)));
        Assert.Equal(0u, driver[0x60]);
    }

    [Fact]
    public void IndirectTables_2_7_5_3()
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy).Start(1);
        // The table is written as queue 0's descriptors 8 and 9, which lie in RAM like any other.
        driver.Describe(0, 8, Buffer, 16, FakeDriver.WriteFlag | FakeDriver.Next, 1);
        driver.Describe(0, 9, Buffer + 32, 16, FakeDriver.WriteFlag, 0);
        driver.Describe(0, 0, MemoryMap.Ram + 0x100000 + 128, 32, FakeDriver.Indirect, 0);
        driver.Offer(0, 0);
        Assert.Equal((0u, 32u), Assert.Single(driver.Used(0)));
        Assert.True(machine.Ram(Buffer, 16).ContainsAnyExcept((byte)0));
        Assert.False(machine.Ram(Buffer + 16, 16).ContainsAnyExcept((byte)0));
        Assert.True(machine.Ram(Buffer + 32, 16).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData("outside RAM", 0x1000UL, 64u, FakeDriver.WriteFlag, 0)]
    [InlineData("past the end of RAM", MemoryMap.Ram + TestMachine.RamSize - 32, 64u, FakeDriver.WriteFlag, 0)]
    [InlineData("wraps around", ulong.MaxValue - 15, 64u, FakeDriver.WriteFlag, 0)]
    [InlineData("a loop", Buffer, 64u, FakeDriver.WriteFlag | FakeDriver.Next, 0)]
    [InlineData("next beyond the table", Buffer, 64u, FakeDriver.WriteFlag | FakeDriver.Next, 16)]
    [InlineData("table is no table", Buffer, 17u, FakeDriver.Indirect, 0)]
    [InlineData("table outside RAM", 0UL, 16u, FakeDriver.Indirect, 0)]
    [InlineData("table that goes on", Buffer, 16u, FakeDriver.Indirect | FakeDriver.Next, 1)]
    public void MalformedChainsAskForAReset(string what, ulong address, uint length, int flags, int next)
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy).Start(1);
        driver.Describe(0, 0, address, length, (ushort)flags, (ushort)next);
        driver.Offer(0, 0);
        Assert.True((driver.Status & 64) != 0, what);
        Assert.Equal(2u, driver[0x60] & 2);
        Assert.Contains("malformed descriptor chain", machine.LogText, StringComparison.Ordinal);
        // After the reset it works again.
        driver.Start(1);
        driver.Send(0, 0, (Buffer, 8, true));
        Assert.Equal((0u, 8u), Assert.Single(driver.Used(0)));
    }

    [Theory]
    [InlineData(17, 0UL, 0x2000UL, 0x3000UL)]
    [InlineData(3, 0UL, 0x2000UL, 0x3000UL)]
    [InlineData(8, 8UL, 0x2000UL, 0x3000UL)]
    [InlineData(8, 0UL, 0x2001UL, 0x3000UL)]
    [InlineData(8, 0UL, 0x2000UL, 0x3002UL)]
    [InlineData(8, TestMachine.RamSize - 16, 0x2000UL, 0x3000UL)]
    [InlineData(8, 0UL, 0xFFFFFFFF00000000UL, 0x3000UL)]
    [InlineData(8, 0UL, 0x2000UL, TestMachine.RamSize)]
    public void BadQueuesAskForAReset(int size, ulong descriptors, ulong available, ulong used)
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy).Start(0);
        driver[0x38] = (uint)size;
        foreach (var (register, offset) in new[] { (0x80u, descriptors), (0x90u, available), (0xA0u, used) })
        {
            driver[register] = (uint)(MemoryMap.Ram + offset);
            driver[register + 4] = (uint)((MemoryMap.Ram + offset) >> 32);
        }

        driver[0x44] = 1;
        Assert.Equal(0u, driver[0x44]);
        Assert.True((driver.Status & 64) != 0);
    }

    [Fact]
    public void AnAvailableIndexTooFarAheadAsksForAReset()
    {
        using var machine = new TestMachine();
        var driver = machine.Driver(VirtioKind.Entropy).Start(1);
        machine.Ram(MemoryMap.Ram + 0x102000, 4)[2] = 200;
        driver[0x50] = 0;
        Assert.True((driver.Status & 64) != 0);
    }

    [Fact]
    public void NothingAnswersBesideTheDevices()
    {
        using var machine = new TestMachine();
        ulong value;
        Assert.False(Bus.Read(machine.Machine, 0, 4, &value));
        Assert.False(Bus.Read(machine.Machine, MemoryMap.Virtio + (0x1000 * machine.Machine->SlotCount), 4, &value));
        Assert.False(Bus.Read(machine.Machine, MemoryMap.Uart + 1, 4, &value));
        Assert.False(Bus.Write(machine.Machine, ulong.MaxValue - 3, 4, 0));
    }
}
