using System.Buffers.Binary;
using Gantry.Engine.Devices;
using Gantry.Engine.Host;
using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>
/// A hostile driver and a hostile host: random registers, descriptors, messages and answers. RAM lies between inaccessible pages,
/// so a device that leaves it ends the process; in-range misuse must end in a reset request or be ignored.
/// </summary>
public sealed unsafe class DeviceFuzzTests
{
    private const ulong Area = MemoryMap.Ram + 0x100000;
    private const ulong Data = MemoryMap.Ram + 0x400000;
    private const int Rounds = 4000;

    private static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("GANTRY_FUZZ_SEED"), out var seed) ? seed : 20260;

    [Theory]
    [InlineData(VirtioKind.Block)]
    [InlineData(VirtioKind.Console)]
    [InlineData(VirtioKind.Network)]
    [InlineData(VirtioKind.Entropy)]
    [InlineData(VirtioKind.NineP)]
    public void HostileDriversHarmOnlyThemselves(VirtioKind kind)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"GANTRY_FUZZ_SEED={Seed}");
        var random = new Random(Seed + (int)kind);
        using var machine = new TestMachine([new DiskConfig { Size = 1 << 20 }], ["mount"], ["port"], network: true);
        var driver = machine.Driver(kind);
        var queues = (int)QueueCount(machine, kind);
        for (var round = 0; round < Rounds; round++)
        {
            if ((driver.Status & (64 | 4)) != 4 && random.Next(4) != 0)
                driver.Start(queues);
            Step(machine, driver, kind, queues, random);
            Answer(machine, random);
            TestMachine.Take(&machine.Mailbox->Log);
            machine.Poll();
        }

        // And it still works for a driver that keeps to the rules.
        for (var turn = 0; turn < 100 && machine.Mailbox->RequestsInFlight != 0; turn++)
        {
            foreach (var request in machine.Requests())
                ((Request*)request)->State = (uint)RequestState.Completed;
            machine.Poll();
        }

        var entropy = machine.Driver(VirtioKind.Entropy).Start(1);
        entropy.Send(0, 0, (Data, 64, true));
        Assert.Equal((0u, 64u), Assert.Single(entropy.Used(0)));
        Assert.Equal((uint)HaltKind.Running, machine.Mailbox->HaltKind);
    }

    private static uint QueueCount(TestMachine machine, VirtioKind kind)
    {
        for (var slot = 0; slot < machine.Machine->SlotCount; slot++)
        {
            if (machine.Machine->Slots[slot].Kind == kind)
                return machine.Machine->Slots[slot].QueueCount;
        }

        return 0;
    }

    private static void Step(TestMachine machine, FakeDriver driver, VirtioKind kind, int queues, Random random)
    {
        var queue = random.Next(queues);
        switch (random.Next(kind == VirtioKind.NineP ? 24 : 12))
        {
            case 0:
                driver[(uint)random.Next(64) * 4] = (uint)random.Next() >> random.Next(31);
                break;
            case 1:
                machine.Write(MemoryMap.Virtio + ((ulong)(driver.Line - 1) * 0x1000) + 0x100 + (uint)random.Next(64), (uint)random.Next(), 1);
                break;
            case 2:
                // Rubbish all over the rings.
                random.NextBytes(machine.Ram(Area + ((ulong)queue * 0x4000) + (uint)random.Next(0x3F00), 16));
                driver[0x50] = (uint)queue;
                break;
            case 3:
                // Place a queue anywhere.
                driver[0x30] = (uint)queue;
                driver[0x44] = 0;
                driver[new[] { 0x80u, 0x90u, 0xA0u }[random.Next(3)]] = (uint)(Area + RandomLength(random));
                driver[0x38] = 1u << random.Next(10);
                driver[0x44] = 1;
                break;
            case 4 or 5:
                foreach (var ring in new[] { (nint)(&machine.Port(0)->ToGuest), (nint)(&machine.Port(1)->ToGuest) })
                {
                    var bytes = new byte[Math.Min(100, ((Ring*)ring)->Space)];
                    TestMachine.Put((Ring*)ring, bytes);
                }

                TestMachine.Take(&machine.Port(random.Next(2))->ToHost);
                machine.Mailbox->Columns = (ushort)random.Next();
                break;
            case 6:
                if (machine.Mailbox->NetToGuest.Space > 80)
                    TestMachine.Put(&machine.Mailbox->NetToGuest, [60, (byte)(random.Next(20) == 0 ? 200 : 0), 0, 0, .. new byte[60]]);
                TestMachine.Take(&machine.Mailbox->NetToHost);
                break;
            default:
                SendChain(machine, driver, kind, queue, random);
                break;
        }
    }

    private static void SendChain(TestMachine machine, FakeDriver driver, VirtioKind kind, int queue, Random random)
    {
        if ((driver.Status & 4) == 0)
            return;
        var message = machine.Ram(Data, 256);
        random.NextBytes(message);
        if (kind == VirtioKind.Block && random.Next(8) != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)random.Next(10));
            BinaryPrimitives.WriteUInt64LittleEndian(message[8..], (ulong)random.Next(2048 + 4));
        }

        if (kind == VirtioKind.Console && random.Next(4) != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)random.Next(3));
            BinaryPrimitives.WriteUInt16LittleEndian(message[4..], (ushort)random.Next(9));
            BinaryPrimitives.WriteUInt16LittleEndian(message[6..], (ushort)random.Next(2));
        }

        if (kind == VirtioKind.NineP && random.Next(16) != 0)
            WriteNineP(message, random);
        var count = random.Next(1, 6);
        var writable = random.Next(0, count + 1);
        for (var i = 0; i < count; i++)
        {
            var wild = random.Next(60) == 0;
            var isWritable = i >= writable && i > 0;
            var address = wild ? (ulong)random.NextInt64() >> random.Next(63) : i == 0 ? Data : Data + 0x1000 + ((ulong)random.Next(16) * 0x1000);
            var length = i == 0 ? RandomHeader(kind, random) : wild ? RandomLength(random) : (uint)random.Next(0, 9) * 512;
            if (i == count - 1 && kind == VirtioKind.Block && random.Next(4) != 0)
                length = 1;
            var flags = (isWritable ? FakeDriver.WriteFlag : 0) | (i + 1 < count ? FakeDriver.Next : 0) | (random.Next(80) == 0 ? random.Next(8) : 0);
            driver.Describe(queue, i, address, length, (ushort)flags, (ushort)(random.Next(80) == 0 ? random.Next(20) : i + 1));
        }

        driver.Offer(queue, random.Next(60) == 0 ? random.Next(65536) : 0);
    }

    private static uint RandomHeader(VirtioKind kind, Random random) => random.Next(16) == 0
        ? (uint)random.Next(1, 200)
        : kind switch { VirtioKind.Block => 16, VirtioKind.Console => 8, VirtioKind.NineP => 256, _ => 100 };

    private static uint RandomLength(Random random) => (uint)random.NextInt64(uint.MaxValue) >> random.Next(32);

    // Known types with fids and names that often exist, so that fuzzing gets past the first check.
    private static void WriteNineP(Span<byte> message, Random random)
    {
        ReadOnlySpan<byte> types = [8, 12, 14, 16, 18, 20, 22, 24, 26, 30, 32, 40, 50, 52, 54, 70, 72, 74, 76, 100, 102, 104, 108, 110, 110, 110, 116, 118, 120, 122];
        BinaryPrimitives.WriteInt32LittleEndian(message, random.Next(20) == 0 ? random.Next() : 200);
        message[4] = random.Next(3) == 0 ? (byte)104 : types[random.Next(types.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(message[7..], (uint)random.Next(4));
        if (message[4] == 104)
        {
            message.Slice(11, 12).Clear();
            return;
        }

        if (message[4] is 110 or 74 or 20 or 70)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(message[11..], (uint)random.Next(4));
            var names = random.Next(4);
            BinaryPrimitives.WriteUInt16LittleEndian(message[15..], (ushort)names);
            for (var i = 0; i < names; i++)
            {
                message[17 + (3 * i)] = 1;
                message[18 + (3 * i)] = 0;
                message[19 + (3 * i)] = (byte)"ab./"[random.Next(4)];
            }

            return;
        }

        message[11] = (byte)random.Next(3);
        message[12] = 0;
        message[13] = (byte)random.Next('a', 'c');
    }

    // A host that answers late, wrongly, and with more than there is room for.
    private static void Answer(TestMachine machine, Random random)
    {
        for (var i = 0; i < (int)RequestTable.Count; i++)
        {
            var request = RequestTable.Slot(machine.Machine, i);
            if (request->State != (uint)RequestState.Posted || random.Next(3) == 0)
                continue;
            // Whatever is handed to the host must be memory it may write.
            var segments = (Segment*)(nuint)request->Segments;
            var total = 0UL;
            for (var s = 0; s < (int)request->SegmentCount; s++)
            {
                new Span<byte>((byte*)(nuint)segments[s].Address, checked((int)segments[s].Length)).Fill((byte)random.Next());
                total += segments[s].Length;
            }

            Assert.Equal(request->Length, request->SegmentCount == 0 ? request->Length : total);
            Assert.True(request->PathLength <= HostInterface.MaxPath && request->Path2Length <= HostInterface.MaxPath);
            if (request->Kind is >= (uint)RequestKind.Stat and not (uint)RequestKind.StatFileSystem && request->Attributes != 0)
            {
                var attributes = (NodeAttributes*)(nuint)request->Attributes;
                attributes->Mode = random.Next(3) == 0 ? 0x81A4u : 0x41EDu;
                attributes->Inode = (ulong)random.Next(100);
            }

            request->Result = random.Next(4) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(1, 4096);
            request->Status = random.Next(4) == 0 ? random.Next(-5, 5000) : 0;
            request->State = (uint)RequestState.Completed;
        }
    }
}
