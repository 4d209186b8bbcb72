using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>The 16550's registers as Linux's 8250 driver uses them.</summary>
public sealed unsafe class UartTests
{
    [Fact]
    public void SendsReceivesAndInterrupts()
    {
        using var machine = new TestMachine();
        Assert.Equal(0x60, Read(machine, 5));
        foreach (var letter in "boot"u8)
            Write(machine, 0, letter);
        Assert.Equal("boot"u8.ToArray(), TestMachine.Take(&machine.Mailbox->UartToHost));
        Write(machine, 1, 1);
        Assert.Equal(1, Read(machine, 2));
        TestMachine.Put(&machine.Mailbox->UartToGuest, "ok"u8);
        machine.Poll();
        Assert.NotEqual(0u, machine.Machine->Plic->Levels & (1u << (int)MemoryMap.UartLine));
        Assert.Equal((4, 0x61, (int)'o', (int)'k', 0x60), (Read(machine, 2), Read(machine, 5), Read(machine, 0), Read(machine, 0), Read(machine, 5)));
        Assert.Equal(0u, machine.Machine->Plic->Levels & (1u << (int)MemoryMap.UartLine));
        // Transmitter empty: due when enabled, gone when identified (table "interrupt control functions").
        Write(machine, 1, 2);
        Assert.Equal((2, 1), (Read(machine, 2), Read(machine, 2)));
    }

    [Fact]
    public void ProbingFindsA16550()
    {
        using var machine = new TestMachine();
        Write(machine, 7, 0x5A);
        Write(machine, 3, 0x80);
        Write(machine, 0, 2);
        Write(machine, 1, 0);
        Assert.Equal((2, 0), (Read(machine, 0), Read(machine, 1)));
        Write(machine, 3, 3);
        Write(machine, 2, 1);
        Assert.Equal((0x5A, 0xC1), (Read(machine, 7), Read(machine, 2)));
        // Loopback: OUT2 and RTS come back as DCD and CTS.
        Write(machine, 4, 0x1A);
        Assert.Equal(0x90, Read(machine, 6));
    }

    [Fact]
    public void AFullRingShowsABusyTransmitter()
    {
        using var machine = new TestMachine();
        for (var i = 0; i < 16384; i++)
            Write(machine, 0, (byte)i);
        Assert.Equal(0, Read(machine, 5));
        Assert.Equal(1u, machine.Machine->StopRequested);
        Assert.Equal(16384, TestMachine.Take(&machine.Mailbox->UartToHost).Length);
        Assert.Equal(0x60, Read(machine, 5));
    }

    private static int Read(TestMachine machine, uint register) => (int)machine.Read(MemoryMap.Uart + register, 1);

    private static void Write(TestMachine machine, uint register, byte value) => machine.Write(MemoryMap.Uart + register, value, 1);
}
