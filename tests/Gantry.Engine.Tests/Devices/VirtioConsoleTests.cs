using System.Buffers.Binary;
using System.Text;
using Gantry.Engine.Devices;
using Gantry.Engine.Host;
using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>Virtio 1.2, section 5.3.</summary>
public sealed unsafe class VirtioConsoleTests
{
    private const ulong Buffers = MemoryMap.Ram + 0x400000;
    private const int ControlReceive = 2;
    private const int ControlTransmit = 3;

    [Fact]
    public void PortsAreAddedNamedAndOpened_5_3_6_2()
    {
        using var machine = new TestMachine(ports: ["first", "second"]);
        var driver = Start(machine);
        Assert.Equal(3, driver.Config(4));
        Assert.Equal(["0 add 1", "1 add 1", "2 add 1"], Control(machine, driver, 0, 0, 1));
        Assert.Equal(["0 console 1", "0 open 1", "0 resize 24x80"], Control(machine, driver, 0, 3, 1));
        Assert.Equal(["1 name first", "1 open 1"], Control(machine, driver, 1, 3, 1));
        Assert.Empty(Control(machine, driver, 1, 6, 1));
        Assert.Equal(Port.GuestOpen, machine.Port(1)->Flags);
        Assert.Equal(0u, machine.Port(2)->Flags);
        // Nonsense is ignored.
        Assert.Empty(Control(machine, driver, 77, 3, 1));
        Assert.Empty(Control(machine, driver, 0, 99, 1));
    }

    [Fact]
    public void BytesGoBothWays_AndAFullRingHoldsTheChain()
    {
        using var machine = new TestMachine(ports: ["pipe"]);
        var driver = Start(machine);
        Control(machine, driver, 0, 0, 1);
        Control(machine, driver, 1, 3, 1);
        Control(machine, driver, 1, 6, 1);
        var text = new byte[6000];
        new Random(1).NextBytes(text);
        text.CopyTo(machine.Ram(Buffers + 0x10000, text.Length));
        driver.Send(5, 0, (Buffers + 0x10000, 1000, false), (Buffers + 0x10000 + 1000, 5000, false));
        Assert.Empty(driver.Used(5));
        var got = TestMachine.Take(&machine.Port(1)->ToHost);
        Assert.Equal(4096, got.Length);
        machine.Poll();
        Assert.Equal((0u, 0u), Assert.Single(driver.Used(5)));
        Assert.Equal(text, got.Concat(TestMachine.Take(&machine.Port(1)->ToHost)));

        TestMachine.Put(&machine.Port(1)->ToGuest, "hello, guest"u8);
        driver.Send(4, 0, (Buffers + 0x20000, 5, true));
        driver.Send(4, 1, (Buffers + 0x20100, 100, true));
        Assert.Equal([(0u, 5u), (1u, 7u)], driver.Used(4));
        Assert.Equal("hello", Encoding.ASCII.GetString(machine.Ram(Buffers + 0x20000, 5)));
        Assert.Equal(", guest", Encoding.ASCII.GetString(machine.Ram(Buffers + 0x20100, 7)));
    }

    [Theory]
    [InlineData(0u, 6000, true)]
    [InlineData(1u, 6000, false)]
    [InlineData(1u, 4096, false)] // ends where the ring does: the next one finds no room at all
    public void ARingThatStaysFullStopsOnlyTheMachineWhoseDriverSpins(uint port, int bytes, bool stops)
    {
        using var machine = new TestMachine(ports: ["pipe"]);
        var driver = Start(machine);
        Control(machine, driver, 0, 0, 1);
        Control(machine, driver, port, 3, 1);
        Control(machine, driver, port, 6, 1);
        Processor.ClearStop(machine.Machine);
        driver.Send(port == 0 ? 1 : 5, 0, (Buffers + 0x10000, bytes, false));
        driver.Send(port == 0 ? 1 : 5, 1, (Buffers + 0x20000, 100, false));
        // The host is called to make room in any case, once.
        Assert.NotEqual(0u, machine.Machine->StopRequested);
        Processor.ClearStop(machine.Machine);
        machine.Poll();
        Assert.Equal(stops, machine.Machine->StopRequested != 0);
    }

    [Fact]
    public void EndOfFileComesAfterTheLastByte()
    {
        using var machine = new TestMachine(ports: ["pipe"]);
        var driver = Start(machine);
        Control(machine, driver, 0, 0, 1);
        Control(machine, driver, 1, 3, 1);
        Control(machine, driver, 1, 6, 1);
        TestMachine.Put(&machine.Port(1)->ToGuest, "end"u8);
        machine.Port(1)->ToGuest.Flags |= Ring.Closed;
        machine.Poll();
        Assert.Empty(Received(machine, driver));
        driver.Send(4, 0, (Buffers + 0x20000, 100, true));
        Assert.Equal((0u, 3u), Assert.Single(driver.Used(4)));
        Assert.Equal(["1 open 0"], Received(machine, driver));
        machine.Port(1)->ToGuest.Flags = 0;
        machine.Poll();
        Assert.Equal(["1 open 1"], Received(machine, driver));
    }

    [Fact]
    public void ANewWindowSizeIsTold()
    {
        using var machine = new TestMachine();
        var driver = Start(machine);
        Control(machine, driver, 0, 0, 1);
        Control(machine, driver, 0, 3, 1);
        machine.Mailbox->Columns = 132;
        machine.Mailbox->Rows = 50;
        machine.Poll();
        Assert.Equal(["0 resize 50x132"], Received(machine, driver));
        Assert.Equal((132, 50), (driver.Config(0), driver.Config(2)));
    }

    private static FakeDriver Start(TestMachine machine)
    {
        var ports = (int)machine.Mailbox->PortCount;
        var driver = machine.Driver(VirtioKind.Console).Start(2 * (ports + 1));
        for (var i = 0; i < 16; i++)
            driver.Send(ControlReceive, i, (Buffers + (ulong)(i * 256), 256, true));
        machine.Poll();
        return driver;
    }

    private static List<string> Control(TestMachine machine, FakeDriver driver, uint id, ushort what, ushort value)
    {
        var message = machine.Ram(Buffers + 0x8000, 8);
        BinaryPrimitives.WriteUInt32LittleEndian(message, id);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], what);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], value);
        driver.Send(ControlTransmit, 0, (Buffers + 0x8000, 8, false));
        Assert.Equal((0u, 0u), Assert.Single(driver.Used(ControlTransmit)));
        return Received(machine, driver);
    }

    private static List<string> Received(TestMachine machine, FakeDriver driver)
    {
        var texts = new List<string>();
        foreach (var (head, length) in driver.Used(ControlReceive))
        {
            var message = machine.Ram(Buffers + (head * 256), (int)length);
            var value = BinaryPrimitives.ReadUInt16LittleEndian(message[6..]);
            var rest = message[8..];
            texts.Add(BinaryPrimitives.ReadUInt32LittleEndian(message) + " " + BinaryPrimitives.ReadUInt16LittleEndian(message[4..]) switch
            {
                1 => $"add {value}",
                4 => $"console {value}",
                5 => $"resize {BinaryPrimitives.ReadUInt16LittleEndian(rest)}x{BinaryPrimitives.ReadUInt16LittleEndian(rest[2..])}",
                6 => $"open {value}",
                7 => $"name {Encoding.UTF8.GetString(rest)}",
                var other => $"? {other}",
            });
            driver.Offer(ControlReceive, (int)head);
        }

        return texts;
    }
}
