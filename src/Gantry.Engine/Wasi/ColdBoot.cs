using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Makes and boots the machine of a module that has no snapshot, from the front-door config.</summary>
internal static unsafe class ColdBoot
{
    /// <summary>The machine's handle; ends the process when it cannot be made.</summary>
    public static nuint Start(ref Records records)
    {
        var config = (MachineConfig*)Allocation.Bytes((uint)sizeof(MachineConfig));
        config->Magic = HostInterface.ConfigMagic;
        config->Version = HostInterface.Version;
        config->RamSize = records.Number(RecordType.Ram);
        config->KernelSize = records.Number(RecordType.Kernel);
        config->InitrdSize = records.Number(RecordType.Initrd);
        if (records.Find(RecordType.CommandLine, out var commandLine))
        {
            config->CommandLine = (ulong)(nuint)commandLine.At;
            config->CommandLineLength = commandLine.Length;
        }

        config->Columns = 80;
        config->Rows = 24;
        AddDisk(config, ref records);
        AddPorts(config, ref records);
        AddMounts(config, ref records);
        if (records.Find(RecordType.Network, out var address) && address.Length == 6)
        {
            config->Flags |= MachineConfig.Network;
            for (var i = 0; i < 6; i++)
                ((byte*)&config->Mac)[i] = address.At[i];
        }

        var machine = Exports.Create((nuint)config);
        if (machine == 0)
            Messages.Fail("not enough memory for the container"u8);
        var mailbox = (Mailbox*)Exports.GetMailbox(machine);
        if (mailbox->HaltKind == (uint)HaltKind.Running)
        {
            ModuleData.Copy(ModuleData.Kernel, (byte*)(nuint)mailbox->KernelBuffer, 0, (uint)config->KernelSize);
            if (config->InitrdSize != 0)
                ModuleData.Copy(ModuleData.Initrd, (byte*)(nuint)mailbox->InitrdBuffer, 0, (uint)config->InitrdSize);
            Exports.Boot(machine);
        }

        return machine;
    }

    private static void AddDisk(MachineConfig* config, ref Records records)
    {
        var disk = (DiskConfig*)Allocation.Bytes((uint)sizeof(DiskConfig));
        disk->Size = records.Number(RecordType.Disk);
        disk->Flags = Disk.ReadOnly;
        config->Disks = (ulong)(nuint)disk;
        config->DiskCount = 1;
    }

    private static void AddPorts(MachineConfig* config, ref Records records)
    {
        config->PortCount = records.Count(RecordType.Port);
        var port = (PortConfig*)Allocation.Bytes((config->PortCount + 1) * (uint)sizeof(PortConfig));
        config->Ports = (ulong)(nuint)port;
        uint position = 0;
        for (; records.Next(ref position, RecordType.Port, out var name); port++)
        {
            port->Name = (ulong)(nuint)name.At;
            port->NameLength = name.Length;
        }
    }

    private static void AddMounts(MachineConfig* config, ref Records records)
    {
        config->MountCount = records.Count(RecordType.Mount);
        var mount = (MountConfig*)Allocation.Bytes((config->MountCount + 1) * (uint)sizeof(MountConfig));
        config->Mounts = (ulong)(nuint)mount;
        uint position = 0;
        for (; records.Next(ref position, RecordType.Mount, out var tag); mount++)
        {
            mount->Tag = (ulong)(nuint)tag.At;
            mount->TagLength = tag.Length;
        }
    }
}
