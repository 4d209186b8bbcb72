using Gantry.Engine.Devices;
using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>Virtio 1.2, section 5.1; and the entropy device, 5.4.</summary>
public sealed unsafe class VirtioNetworkTests
{
    private const ulong Buffer = MemoryMap.Ram + 0x400000;

    [Fact]
    public void FramesGoBothWays()
    {
        using var machine = new TestMachine(network: true);
        var driver = machine.Driver(VirtioKind.Network).Start(2);
        Assert.Equal([2, 2, 3, 4, 5, 6, 1], Enumerable.Range(0, 7).Select(i => (int)driver.Config((uint)i)));
        machine.Ram(Buffer, 12).Fill(0xEE);
        machine.Ram(Buffer + 12, 60).Fill(0x11);
        driver.Send(1, 0, (Buffer, 12, false), (Buffer + 12, 60, false));
        Assert.Equal((0u, 0u), Assert.Single(driver.Used(1)));
        var sent = TestMachine.Take(&machine.Mailbox->NetToHost);
        Assert.Equal(64, sent.Length);
        Assert.Equal([60, 0, 0, 0, 0x11], sent[..5]);
        TestMachine.Put(&machine.Mailbox->NetToGuest, [20, 0, 0, 0, .. Enumerable.Repeat((byte)0x22, 20)]);
        machine.Poll();
        Assert.Empty(driver.Used(0));
        driver.Send(0, 0, (Buffer, 2048, true));
        Assert.Equal((0u, 32u), Assert.Single(driver.Used(0)));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x22], machine.Ram(Buffer, 13).ToArray());
    }

    [Fact]
    public void FramesOfTheWrongSizeAreDropped()
    {
        using var machine = new TestMachine(network: true);
        var driver = machine.Driver(VirtioKind.Network).Start(2);
        driver.Send(1, 0, (Buffer, 20, false));
        driver.Send(1, 1, (Buffer, 70000, false));
        Assert.Equal(2, driver.Used(1).Count);
        Assert.Equal(0u, machine.Mailbox->NetToHost.Count);
        TestMachine.Put(&machine.Mailbox->NetToGuest, [0xFF, 0xFF, 0xFF, 0, 1]);
        machine.Poll();
        driver.Send(0, 0, (Buffer, 30, true));
        TestMachine.Put(&machine.Mailbox->NetToGuest, [0xFF, 0, 0, 0, .. new byte[255]]);
        machine.Poll();
        Assert.Equal((0u, 0u), Assert.Single(driver.Used(0)));
    }

    [Fact]
    public void DeterministicEntropyRepeatsAndOrdinaryDoesNot()
    {
        Assert.Equal(Draw(true), Draw(true));
        Assert.NotEqual(Draw(false), Draw(false));
    }

    private static byte[] Draw(bool deterministic)
    {
        using var machine = new TestMachine(deterministic: deterministic);
        var driver = machine.Driver(VirtioKind.Entropy).Start(1);
        driver.Send(0, 0, (Buffer, 100, true));
        Assert.Equal((0u, 100u), Assert.Single(driver.Used(0)));
        Assert.Equal(0, machine.Ram(Buffer + 100, 1)[0]);
        return machine.Ram(Buffer, 100).ToArray();
    }
}
