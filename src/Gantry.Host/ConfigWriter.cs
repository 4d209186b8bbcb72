using System.Text;
using Gantry.Engine.Host;
using Gantry.Host.Engines;

namespace Gantry.Host;

/// <summary>Writes a <see cref="MachineConfig"/> into the engine's memory.</summary>
internal static unsafe class ConfigWriter
{
    /// <summary>The config's address.</summary>
    public static ulong Write(IEngine engine, MachineOptions options)
    {
        var disks = Table(engine, options.Disks, static (_, disk) => new DiskConfig
        {
            Size = disk.Size,
            Flags = disk.ReadOnly ? Disk.ReadOnly : 0,
        });
        var mounts = Table(engine, options.Mounts, static (engine, mount) => new MountConfig
        {
            Tag = Text(engine, mount.Tag, out var length),
            TagLength = length,
            Flags = mount.ReadOnly ? MountConfig.ReadOnly : 0,
        });
        var ports = Table(engine, options.Ports, static (engine, name) => new PortConfig
        {
            Name = Text(engine, name, out var length),
            NameLength = length,
        });
        var commandLine = Text(engine, options.CommandLine, out var commandLineLength);
        var mac = 0UL;
        for (var i = 0; i < 6 && options.Mac != null; i++)
            mac |= (ulong)options.Mac[i] << (8 * i);
        var address = engine.Allocate((ulong)sizeof(MachineConfig));
        *(MachineConfig*)engine.Pointer(address, (ulong)sizeof(MachineConfig)) = new MachineConfig
        {
            Magic = HostInterface.ConfigMagic,
            Version = HostInterface.Version,
            RamSize = options.MemorySize,
            KernelSize = (ulong)options.Kernel.Length,
            InitrdSize = (ulong)options.Initrd.Length,
            CommandLine = commandLine,
            CommandLineLength = commandLineLength,
            Flags = (options.Deterministic ? MachineConfig.Deterministic : 0) | (options.Mac != null ? MachineConfig.Network : 0),
            Disks = disks,
            DiskCount = (uint)options.Disks.Count,
            Mounts = mounts,
            MountCount = (uint)options.Mounts.Count,
            Ports = ports,
            PortCount = (uint)options.Ports.Count,
            Mac = mac,
            Columns = options.Window.Columns,
            Rows = options.Window.Rows,
            Seed = options.Seed,
        };
        return address;
    }

    private static ulong Table<TItem, TEntry>(IEngine engine, IReadOnlyList<TItem> items, Func<IEngine, TItem, TEntry> make)
        where TEntry : unmanaged
    {
        if (items.Count == 0)
            return 0;
        var address = engine.Allocate((ulong)(items.Count * sizeof(TEntry)));
        for (var i = 0; i < items.Count; i++)
        {
            // Made first: making may allocate, and allocating may move the memory.
            var entry = make(engine, items[i]);
            *((TEntry*)engine.Pointer(address, (ulong)(items.Count * sizeof(TEntry))) + i) = entry;
        }

        return address;
    }

    private static ulong Text(IEngine engine, string text, out uint length)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        length = (uint)bytes.Length;
        if (length == 0)
            return 0;
        var address = engine.Allocate(length);
        bytes.CopyTo(new Span<byte>(engine.Pointer(address, length), bytes.Length));
        return address;
    }
}
