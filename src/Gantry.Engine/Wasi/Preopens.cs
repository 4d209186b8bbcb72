namespace Gantry.Engine.Wasi;

/// <summary>One folder that the runtime opened for us.</summary>
internal struct Preopen
{
    public uint Descriptor;
    public Text Name;

    /// <summary>Rights that files opened in it may have.</summary>
    public ulong Rights;
}

/// <summary>The folders the runtime preopened; those with a proper guest path come first, in the order of the mounts.</summary>
internal unsafe struct Preopens
{
    private const uint FirstDescriptor = 3;
    private const uint MaxPreopens = 64;

    private Preopen* folders;

    /// <summary>Folders in all.</summary>
    public uint AllCount;

    /// <summary>Folders that are mounted in the guest.</summary>
    public uint MountCount;

    public readonly uint Descriptor(uint index) => folders[index].Descriptor;

    public readonly ulong FileRights(uint index) => folders[index].Rights & ~WasiFlags.RightsDirectory;

    public readonly ulong FolderRights(uint index) => folders[index].Rights & ~WasiFlags.RightsWriting;

    public readonly Text Name(uint index) => folders[index].Name;

    /// <summary>Finds them all.</summary>
    /// <param name="mostMounts">Mount devices the machine has; more folders than that end the process.</param>
    public void Load(uint mostMounts)
    {
        folders = (Preopen*)Allocation.Bytes(MaxPreopens * (uint)sizeof(Preopen));
        for (var fd = FirstDescriptor; AllCount < MaxPreopens; fd++)
        {
            PreStat stat;
            if (Preview1.fd_prestat_get(fd, &stat) != 0)
                break;
            Preopen folder;
            folder.Descriptor = fd;
            folder.Name.At = Allocation.Bytes(stat.NameLength + 1);
            folder.Name.Length = stat.NameLength;
            FdStat status;
            if (stat.Tag != 0 || Preview1.fd_prestat_dir_name(fd, folder.Name.At, stat.NameLength) != 0 || Preview1.fd_fdstat_get(fd, &status) != 0)
                continue;
            folder.Rights = status.Inheriting;
            // Some runtimes count the name's final zero.
            folder.Name.Length = folder.Name.IndexOf(0);
            folders[AllCount++] = folder;
            if (!IsMountable(folder.Name))
                continue;
            // Mounts first: what was there moves to the end.
            folders[AllCount - 1] = folders[MountCount];
            folders[MountCount++] = folder;
        }

        if (MountCount > mostMounts)
            Messages.Fail("too many preopened folders: a container can have 8"u8);
    }

    // "/" and "." would hide the container itself: such a folder only serves to find an external image in.
    private static bool IsMountable(Text name)
    {
        for (uint i = 0; i < name.Length; i++)
        {
            if (name.At[i] != (byte)'/' && name.At[i] != (byte)'.')
                return true;
        }

        return false;
    }
}
