using System.Runtime.InteropServices;
using System.Text;
using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Devices;
using Gantry.Engine.Host;

namespace Gantry.Engine.Tests.Devices;

/// <summary>A machine without a kernel, whose devices a <see cref="FakeDriver"/> drives through the bus.</summary>
/// <remarks>RAM lies between two inaccessible pages: a device that leaves it ends the test process.</remarks>
internal sealed unsafe partial class TestMachine : IDisposable
{
    public const ulong RamSize = 16 << 20;
    private const nuint Guard = 4096;

    private readonly List<nint> texts = [];
    private readonly byte* mapping;

    public TestMachine(
        DiskConfig[]? disks = null, string[]? mounts = null, string[]? ports = null, bool network = false, bool deterministic = false, bool readOnlyMounts = false)
    {
        disks ??= [];
        var mountTable = new MountConfig[(mounts ?? []).Length];
        for (var i = 0; i < mountTable.Length; i++)
        {
            mountTable[i] = new MountConfig
            {
                Tag = Text(mounts![i]), TagLength = (uint)mounts[i].Length, Flags = readOnlyMounts ? MountConfig.ReadOnly : 0,
            };
        }

        var portTable = new PortConfig[(ports ?? []).Length];
        for (var i = 0; i < portTable.Length; i++)
            portTable[i] = new PortConfig { Name = Text(ports![i]), NameLength = (uint)ports[i].Length };
        fixed (DiskConfig* diskConfigs = disks)
        fixed (MountConfig* mountConfigs = mountTable)
        fixed (PortConfig* portConfigs = portTable)
        {
            var config = new MachineConfig
            {
                Magic = HostInterface.ConfigMagic,
                Version = HostInterface.Version,
                RamSize = RamSize,
                CommandLine = Text("quiet"),
                CommandLineLength = 5,
                KernelSize = 4096,
                Columns = 80,
                Rows = 24,
                RingSize = 4096,
                Flags = (network ? MachineConfig.Network : 0) | (deterministic ? MachineConfig.Deterministic : 0),
                Mac = 0x060504030202,
                Seed = 7,
                Disks = (nuint)diskConfigs,
                DiskCount = (uint)disks.Length,
                Mounts = (nuint)mountConfigs,
                MountCount = (uint)mountTable.Length,
                Ports = (nuint)portConfigs,
                PortCount = (uint)portTable.Length,
            };
            Machine = MachineBuilder.Build(&config);
        }

        Assert.Equal((uint)HaltKind.Running, Machine->Mailbox->HaltKind);
        var length = (nuint)RamSize + (2 * Guard);
        mapping = mmap(null, length, 3, 0x22, -1, 0);
        Assert.Equal(0, mprotect(mapping, Guard, 0));
        Assert.Equal(0, mprotect(mapping + length - Guard, Guard, 0));
        Machine->Memory.Base = mapping + Guard;
        Hart->Ram = Machine->Memory.Base;
    }

    public Machine* Machine { get; }

    public Mailbox* Mailbox => Machine->Mailbox;

    public Hart* Hart => (Hart*)Machine->Cpu;

    public FakeDriver Driver(VirtioKind kind, int index = 0)
    {
        for (var slot = 0; slot < Machine->SlotCount; slot++)
        {
            if (Machine->Slots[slot].Kind == kind && index-- == 0)
                return new FakeDriver(this, slot);
        }

        throw new InvalidOperationException($"no {kind}");
    }

    public Port* Port(int index) => (Port*)(nuint)Mailbox->Ports + index;

    public string LogText => Encoding.UTF8.GetString(Take(&Mailbox->Log));

    public static byte[] Take(Ring* ring)
    {
        var bytes = new byte[ring->Count];
        fixed (byte* target = bytes)
            ring->Read(target, (uint)bytes.Length);
        return bytes;
    }

    public static void Put(Ring* ring, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* source = bytes)
            Assert.Equal((uint)bytes.Length, ring->Write(source, (uint)bytes.Length));
    }

    public Span<byte> Ram(ulong address, int length) => new(Machine->Memory.TryMap(address, (ulong)length), length);

    public uint Read(ulong address, int size = 4)
    {
        ulong value;
        Assert.True(Bus.Read(Machine, address, size, &value));
        return (uint)value;
    }

    public void Write(ulong address, ulong value, int size = 4) => Assert.True(Bus.Write(Machine, address, size, value));

    public void Poll() => MachineLoop.Poll(Machine);

    /// <summary>Posted requests, taken.</summary>
    public List<nint> Requests()
    {
        var found = new List<nint>();
        for (var i = 0; i < (int)RequestTable.Count; i++)
        {
            var request = RequestTable.Slot(Machine, i);
            if (request->State != (uint)RequestState.Posted)
                continue;
            request->State = (uint)RequestState.Taken;
            found.Add((nint)request);
        }

        return found;
    }

    public void Dispose()
    {
        Assert.Equal(0, munmap(mapping, (nuint)RamSize + (2 * Guard)));
        foreach (var text in texts)
            NativeMemory.Free((void*)text);
    }

    private ulong Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        texts.Add((nint)copy);
        return (nuint)copy;
    }

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc")]
    private static partial int mprotect(byte* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(byte* address, nuint length);
}
