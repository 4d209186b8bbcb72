using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Gantry.Engine.Devices;
using Gantry.Engine.Host;
using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>Virtio 1.2, section 5.2.</summary>
public sealed unsafe class VirtioBlockTests
{
    private const ulong Header = MemoryMap.Ram + 0x400000;
    private const ulong Data = MemoryMap.Ram + 0x410000;
    private const ulong Status = MemoryMap.Ram + 0x420000;
    private const uint In = 0;
    private const uint Out = 1;
    private const uint Flush = 4;
    private const uint GetId = 8;

    [Fact]
    public void ReadsAndWritesMemoryDisks()
    {
        var bytes = (byte*)NativeMemory.AllocZeroed(4096);
        bytes[512] = 0x5A;
        using var machine = new TestMachine([new DiskConfig { Size = 4096, Memory = (nuint)bytes }]);
        var driver = machine.Driver(VirtioKind.Block).Start(1);
        Assert.Equal(8, driver.Config(0));
        Assert.Equal(0, Ask(machine, driver, In, 1, (Data, 512, true)));
        Assert.Equal(0x5A, machine.Ram(Data, 1)[0]);
        Assert.Equal((0u, 513u), Assert.Single(driver.Used(0)));
        machine.Ram(Data, 1)[0] = 0x77;
        Assert.Equal(0, Ask(machine, driver, Out, 7, (Data, 512, false)));
        Assert.Equal(0x77, bytes[3584]);
        NativeMemory.Free(bytes);
    }

    [Fact]
    public void BeyondTheEndIsAnError()
    {
        var bytes = (byte*)NativeMemory.AllocZeroed(4096);
        using var machine = new TestMachine([new DiskConfig { Size = 4096, Memory = (nuint)bytes }]);
        var driver = machine.Driver(VirtioKind.Block).Start(1);
        Assert.Equal(1, Ask(machine, driver, In, 8, (Data, 512, true)));
        Assert.Equal(1, Ask(machine, driver, In, 7, (Data, 1024, true)));
        Assert.Equal(1, Ask(machine, driver, In, ulong.MaxValue / 512, (Data, 1024, true)));
        Assert.Equal(1, Ask(machine, driver, In, 0x80000000000000, (Data, 512, true)));
        Assert.Equal(1, Ask(machine, driver, Out, 0, (Data, 511, false)));
        Assert.Equal(2, Ask(machine, driver, 99, 0, (Data, 512, true)));
        NativeMemory.Free(bytes);
    }

    [Fact]
    public void AsksTheHostWithTheGuestsOwnBuffers()
    {
        using var machine = new TestMachine([new DiskConfig { Size = 1 << 20 }]);
        var driver = machine.Driver(VirtioKind.Block).Start(1);
        Assert.Equal(0xFF, Ask(machine, driver, In, 3, (Data, 1024, true), (Data + 0x4000, 512, true)));
        var request = (Request*)Assert.Single(machine.Requests());
        Assert.Equal(((uint)RequestKind.BlockRead, 1536UL, 1536UL, 2u), (request->Kind, request->Offset, request->Length, request->SegmentCount));
        var segments = (Segment*)(nuint)request->Segments;
        new Span<byte>((byte*)(nuint)segments[1].Address, (int)segments[1].Length).Fill(0x33);
        request->State = (uint)RequestState.Completed;
        machine.Poll();
        Assert.Equal(0, machine.Ram(Status, 1)[0]);
        Assert.Equal((0u, 1537u), Assert.Single(driver.Used(0)));
        Assert.False(machine.Ram(Data + 0x4000, 512).ContainsAnyExcept((byte)0x33));
        Assert.Equal(0u, machine.Mailbox->RequestsInFlight);
    }

    [Fact]
    public void HostErrorsAreTheGuestsErrors_AndAResetForgetsRequests()
    {
        using var machine = new TestMachine([new DiskConfig { Size = 1 << 20 }]);
        var driver = machine.Driver(VirtioKind.Block).Start(1);
        Ask(machine, driver, In, 3, (Data, 512, true));
        var request = (Request*)Assert.Single(machine.Requests());
        request->Status = 5;
        request->State = (uint)RequestState.Completed;
        machine.Poll();
        Assert.Equal(1, machine.Ram(Status, 1)[0]);
        Ask(machine, driver, Flush, 0);
        request = (Request*)Assert.Single(machine.Requests());
        Assert.Equal((uint)RequestKind.BlockFlush, request->Kind);
        driver.Start(1);
        request->State = (uint)RequestState.Completed;
        machine.Poll();
        Assert.Empty(driver.Used(0));
        Assert.Equal(0u, machine.Mailbox->RequestsInFlight);
    }

    [Fact]
    public void ReadOnlyDisksRefuseWrites()
    {
        using var machine = new TestMachine([new DiskConfig { Size = 1 << 20, Flags = Disk.ReadOnly }]);
        var driver = machine.Driver(VirtioKind.Block).Start(1);
        driver[0x14] = 0;
        Assert.NotEqual(0u, driver[0x10] & (1 << 5));
        Assert.Equal(1, Ask(machine, driver, Out, 0, (Data, 512, false)));
        Assert.Empty(machine.Requests());
        Assert.Equal(0, Ask(machine, driver, GetId, 0, (Data, 20, true)));
    }

    [Fact]
    public void MoreChainsThanSlotsWait()
    {
        using var machine = new TestMachine([new DiskConfig { Size = 1 << 20 }]);
        var driver = machine.Driver(VirtioKind.Block).Start(1, 256);
        WriteHeader(machine, In, 0);
        for (var i = 0; i < 80; i++)
            driver.Send(0, 3 * i, (Header, 16, false), (Data + ((ulong)i * 512), 512, true), (Status + (ulong)i, 1, true));
        var served = 0;
        while (served < 80)
        {
            var requests = machine.Requests();
            Assert.NotEmpty(requests);
            Assert.True(requests.Count <= 64);
            foreach (var request in requests)
                ((Request*)request)->State = (uint)RequestState.Completed;
            served += requests.Count;
            machine.Poll();
        }

        Assert.Equal(80, driver.Used(0).Count);
    }

    private static void WriteHeader(TestMachine machine, uint type, ulong sector)
    {
        var header = machine.Ram(Header, 16);
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sector);
    }

    // The status byte afterwards, 0xFF while the request is with the host.
    private static byte Ask(TestMachine machine, FakeDriver driver, uint type, ulong sector, params (ulong Address, int Length, bool Writable)[] data)
    {
        WriteHeader(machine, type, sector);
        machine.Ram(Status, 1)[0] = 0xFF;
        driver.Send(0, 0, [(Header, 16, false), .. data, (Status, 1, true)]);
        return machine.Ram(Status, 1)[0];
    }
}
