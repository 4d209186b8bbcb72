using System.Buffers.Binary;
using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>The guest's side of one virtio-mmio device, written from the specification, not from the device's code.</summary>
internal sealed class FakeDriver
{
    public const ushort Next = 1;
    public const ushort WriteFlag = 2;
    public const ushort Indirect = 4;

    private const ulong QueueArea = MemoryMap.Ram + 0x100000;
    private const ulong QueueStride = 0x4000;

    private readonly TestMachine machine;
    private readonly ulong registers;
    private readonly Dictionary<int, QueueState> queues = [];

    public FakeDriver(TestMachine machine, int slot)
    {
        this.machine = machine;
        registers = MemoryMap.Virtio + ((ulong)slot * 0x1000);
        Line = slot + 1;
    }

    public int Line { get; }

    public uint Status => machine.Read(registers + 0x70);

    public uint this[uint register]
    {
        get => machine.Read(registers + register);
        set => machine.Write(registers + register, value);
    }

    public byte Config(uint offset) => (byte)machine.Read(registers + 0x100 + offset, 1);

    /// <summary>The handshake of 3.1.1, taking all offered features and all queues.</summary>
    public FakeDriver Start(int queueCount, int size = 16)
    {
        this[0x70] = 0;
        this[0x70] = 1;
        this[0x70] = 3;
        for (var half = 0u; half < 2; half++)
        {
            this[0x14] = half;
            this[0x24] = half;
            this[0x20] = this[0x10];
        }

        this[0x70] = 11;
        Assert.Equal(11u, Status);
        for (var queue = 0; queue < queueCount; queue++)
            Enable(queue, size);
        this[0x70] = 15;
        return this;
    }

    public void Enable(int queue, int size)
    {
        var area = QueueArea + ((ulong)queue * QueueStride);
        this[0x30] = (uint)queue;
        Assert.True(this[0x34] >= size);
        this[0x38] = (uint)size;
        machine.Ram(area, (int)QueueStride).Clear();
        this[0x80] = (uint)area;
        this[0x84] = (uint)(area >> 32);
        this[0x90] = (uint)area + 0x2000;
        this[0x94] = (uint)(area >> 32);
        this[0xA0] = (uint)area + 0x3000;
        this[0xA4] = (uint)(area >> 32);
        this[0x44] = 1;
        queues[queue] = new QueueState(area, size);
    }

    /// <summary>Writes descriptor <paramref name="index"/> of a queue's table.</summary>
    public void Describe(int queue, int index, ulong address, uint length, ushort flags, ushort next)
    {
        var descriptor = machine.Ram(queues[queue].Area + (16 * (ulong)index), 16);
        BinaryPrimitives.WriteUInt64LittleEndian(descriptor, address);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[8..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor[12..], flags);
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor[14..], next);
    }

    /// <summary>Makes a chain of the given buffers, starting at descriptor <paramref name="first"/>, available and notifies.</summary>
    public void Send(int queue, int first, params (ulong Address, int Length, bool Writable)[] buffers)
    {
        for (var i = 0; i < buffers.Length; i++)
        {
            var flags = (ushort)((buffers[i].Writable ? WriteFlag : 0) | (i + 1 < buffers.Length ? Next : 0));
            Describe(queue, first + i, buffers[i].Address, (uint)buffers[i].Length, flags, (ushort)(first + i + 1));
        }

        Offer(queue, first);
    }

    /// <summary>Makes the chain at a descriptor available and notifies.</summary>
    public void Offer(int queue, int head)
    {
        var state = queues[queue];
        var available = machine.Ram(state.Area + 0x2000, 4 + (2 * state.Size));
        BinaryPrimitives.WriteUInt16LittleEndian(available[(4 + (2 * (state.Offered % state.Size)))..], (ushort)head);
        state.Offered++;
        BinaryPrimitives.WriteUInt16LittleEndian(available[2..], (ushort)state.Offered);
        this[0x50] = (uint)queue;
    }

    /// <summary>Used entries since the last call: chain's head and bytes written.</summary>
    public List<(uint Head, uint Length)> Used(int queue)
    {
        var state = queues[queue];
        var used = machine.Ram(state.Area + 0x3000, 4 + (8 * state.Size));
        var index = BinaryPrimitives.ReadUInt16LittleEndian(used[2..]);
        var found = new List<(uint, uint)>();
        while ((ushort)state.Seen != index)
        {
            var entry = used[(4 + (8 * (state.Seen % state.Size)))..];
            found.Add((BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])));
            state.Seen++;
        }

        return found;
    }

    private sealed class QueueState(ulong area, int size)
    {
        public ulong Area { get; } = area;

        public int Size { get; } = size;

        public int Offered { get; set; }

        public int Seen { get; set; }
    }
}
