using System.Runtime.InteropServices;
using Gantry.Engine.Devices;
using Gantry.Engine.Host;

namespace Gantry.Engine;

/// <summary>Makes a machine from the host's configuration.</summary>
public static unsafe class MachineBuilder
{
    private const ulong MinRam = 16 << 20;
    private const ulong MaxRam = 3UL << 30;
    private const uint DefaultRing = 64 << 10;
    private const uint SmallRing = 16 << 10;
    private const uint FrameRing = 256 << 10;
    private const uint DefaultInstructionsPerTick = 10;
    private const uint MaxSerial = 20;
    private const uint MaxName = 64;
    private const uint SectorSize = 512;

    /// <summary>Builds it; null when memory is exhausted. A bad configuration gives a machine that is halted and says why.</summary>
    public static Machine* Build(MachineConfig* config)
    {
        var machine = Machine.Allocate();
        if (machine == null)
            return null;
        var mailbox = machine->Mailbox;
        mailbox->Log.Allocate(SmallRing);
        RequestTable.Allocate(machine);
        if (!Check(machine, config))
            return machine;
        mailbox->UartToHost.Allocate(SmallRing);
        mailbox->UartToGuest.Allocate(SmallRing);
        mailbox->Columns = config->Columns;
        mailbox->Rows = config->Rows;
        machine->KernelSize = config->KernelSize;
        machine->InitrdSize = config->InitrdSize;
        machine->CommandLine = CopyText(config->CommandLine, config->CommandLineLength);
        if ((config->Flags & MachineConfig.Deterministic) != 0)
        {
            machine->Clock.InstructionsPerTick =
                config->InstructionsPerTick == 0 ? DefaultInstructionsPerTick : config->InstructionsPerTick;
            machine->EntropySeed = config->Seed;
        }

        if (!Platform.Create(machine, config->RamSize))
            return null;
        Clock.Set(machine, 0);
        AddPorts(machine, config);
        AddDisks(machine, config);
        AddMounts(machine, config);
        if ((config->Flags & MachineConfig.Network) != 0)
        {
            mailbox->NetToHost.Allocate(FrameRing);
            mailbox->NetToGuest.Allocate(FrameRing);
            VirtioNetwork.Create(Machine.AddSlot(machine), machine, config->Mac & 0xFFFFFFFFFFFF);
        }

        VirtioEntropy.Create(Machine.AddSlot(machine), machine);
        mailbox->Ram = (nuint)machine->Memory.Base;
        mailbox->RamSize = machine->Memory.Size;
        return machine;
    }

    private static bool Check(Machine* machine, MachineConfig* config)
    {
        if (config->Magic != HostInterface.ConfigMagic || config->Version != HostInterface.Version)
            return Refuse(machine, "the configuration has a wrong magic number or version"u8);
        if (config->RamSize is < MinRam or > MaxRam)
            return Refuse(machine, "the RAM size must be between 16 MiB and 3 GiB"u8);
        if (config->CommandLineLength > HostInterface.MaxCommandLine)
            return Refuse(machine, "the kernel command line is longer than 2,000 bytes"u8);
        if (config->DiskCount > HostInterface.MaxDisks || config->MountCount > HostInterface.MaxMounts)
            return Refuse(machine, "there are more than 8 disks or more than 8 mounts"u8);
        if (config->PortCount > HostInterface.MaxPorts)
            return Refuse(machine, "there are more than 15 ports"u8);
        if (config->RingSize != 0 && (config->RingSize is < 4096 or > 1 << 20 || (config->RingSize & (config->RingSize - 1)) != 0))
            return Refuse(machine, "the ring size must be a power of two from 4 KiB to 1 MiB"u8);
        return CheckDisks(machine, config) && CheckNames(machine, config);
    }

    private static bool CheckDisks(Machine* machine, MachineConfig* config)
    {
        var disks = (DiskConfig*)(nuint)config->Disks;
        for (var i = 0u; i < config->DiskCount; i++)
        {
            if (disks[i].Size % SectorSize != 0)
                return Refuse(machine, "a disk's size is not a multiple of 512"u8);
            if (disks[i].SerialLength > MaxSerial)
                return Refuse(machine, "a disk's serial is longer than 20 bytes"u8);
        }

        return true;
    }

    private static bool CheckNames(Machine* machine, MachineConfig* config)
    {
        var mounts = (MountConfig*)(nuint)config->Mounts;
        for (var i = 0u; i < config->MountCount; i++)
        {
            if (mounts[i].TagLength is 0 or > MaxName)
                return Refuse(machine, "a mount's tag must have 1 to 64 bytes"u8);
        }

        var ports = (PortConfig*)(nuint)config->Ports;
        for (var i = 0u; i < config->PortCount; i++)
        {
            if (ports[i].NameLength is 0 or > MaxName)
                return Refuse(machine, "a port's name must have 1 to 64 bytes"u8);
        }

        return true;
    }

    private static bool Refuse(Machine* machine, ReadOnlySpan<byte> reason)
    {
        Machine.Halt(machine, HaltKind.Failed, 0, reason);
        return false;
    }

    private static byte* CopyText(ulong address, uint length)
    {
        var copy = (byte*)NativeMemory.AllocZeroed(length + 1);
        Buffer.MemoryCopy((byte*)(nuint)address, copy, length, length);
        return copy;
    }

    private static void AddPorts(Machine* machine, MachineConfig* config)
    {
        var mailbox = machine->Mailbox;
        var size = config->RingSize == 0 ? DefaultRing : config->RingSize;
        var ports = (Port*)NativeMemory.AllocZeroed(config->PortCount + 1, (nuint)sizeof(Port));
        mailbox->Ports = (nuint)ports;
        mailbox->PortCount = config->PortCount + 1;
        mailbox->PortStride = (uint)sizeof(Port);
        var configs = (PortConfig*)(nuint)config->Ports;
        for (var i = 0u; i <= config->PortCount; i++)
        {
            ports[i].Id = i;
            ports[i].ToHost.Allocate(size);
            ports[i].ToGuest.Allocate(size);
            if (i == 0)
                continue;
            ports[i].Name = (nuint)CopyText(configs[i - 1].Name, configs[i - 1].NameLength);
            ports[i].NameLength = configs[i - 1].NameLength;
        }

        VirtioConsole.Create(Machine.AddSlot(machine), machine);
    }

    private static void AddDisks(Machine* machine, MachineConfig* config)
    {
        var mailbox = machine->Mailbox;
        var configs = (DiskConfig*)(nuint)config->Disks;
        var disks = (Disk*)NativeMemory.AllocZeroed(HostInterface.MaxDisks, (nuint)sizeof(Disk));
        mailbox->Disks = (nuint)disks;
        mailbox->DiskCount = config->DiskCount;
        mailbox->DiskStride = (uint)sizeof(Disk);
        for (var i = 0u; i < config->DiskCount; i++)
        {
            disks[i].Size = configs[i].Size;
            disks[i].Memory = configs[i].Memory;
            disks[i].Flags = configs[i].Flags & Disk.ReadOnly;
            VirtioBlock.Create(
                Machine.AddSlot(machine), machine, i, disks + i, (byte*)(nuint)configs[i].Serial, configs[i].SerialLength);
        }
    }

    private static void AddMounts(Machine* machine, MachineConfig* config)
    {
        var configs = (MountConfig*)(nuint)config->Mounts;
        machine->Mailbox->MountCount = config->MountCount;
        for (var i = 0u; i < config->MountCount; i++)
        {
            VirtioNineP.Create(
                Machine.AddSlot(machine), machine, i, CopyText(configs[i].Tag, configs[i].TagLength), configs[i].TagLength, configs[i].Flags);
        }
    }
}
