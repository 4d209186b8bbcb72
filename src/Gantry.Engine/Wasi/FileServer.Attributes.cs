using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Requests about attributes.</summary>
internal unsafe partial struct FileServer
{
    private const uint TypeMask = 0xF000;
    private const uint TypeDirectory = 0x4000;
    private const uint TypeRegular = 0x8000;
    private const uint TypeLink = 0xA000;
    private const uint PermissionMask = 0xFFF;
    private const uint BlockSize = 4096;

    private readonly int Stat(Request* request)
    {
        FileStat stat;
        var error = StatOf(request, &stat);
        if (error == 0)
            Fill(request, &stat);
        return error;
    }

    private readonly int StatOf(Request* request, FileStat* stat)
    {
        var file = FileOf(request);
        return file != null ? WasiError.ToLinux(Preview1.fd_filestat_get(file->Descriptor, stat)) : StatPath(request->Device, PathOf(request), stat);
    }

    private readonly int StatPath(uint mount, Text path, FileStat* stat) =>
        WasiError.ToLinux(Preview1.path_filestat_get(preopens.Descriptor(mount), 0, path.At, path.Length, stat));

    // A runtime without inode numbers gives 0 for all: then the path has to do.
    private static ulong InodeOf(FileStat* stat, ulong path, uint length)
    {
        if (stat->Inode != 0)
            return stat->Inode;
        var hash = 14695981039346656037UL;
        for (uint i = 0; i < length; i++)
            hash = (hash ^ ((byte*)(nuint)path)[i]) * 1099511628211UL;
        return hash | 1;
    }

    private readonly void Fill(Request* request, FileStat* stat) =>
        Fill((NodeAttributes*)(nuint)request->Attributes, request->Device, stat, InodeOf(stat, request->Path, request->PathLength));

    private readonly void Fill(NodeAttributes* attributes, uint mount, FileStat* stat, ulong inode)
    {
        *attributes = default;
        attributes->Inode = inode;
        attributes->Mode = TypeBits(stat->Type) | defaultPermissions;
        attributes->Owner = owner;
        attributes->Group = owner;
        var node = session.Find(SessionAttributes.KeyOf(mount, inode));
        if (node != null)
        {
            attributes->Mode = TypeBits(stat->Type) | node->Mode;
            attributes->Owner = node->Owner;
            attributes->Group = node->Group;
        }

        attributes->Size = stat->Size;
        attributes->Links = Math.Max(stat->Links, 1);
        attributes->Blocks = (stat->Size + 511) / 512;
        attributes->BlockSize = BlockSize;
        attributes->AccessTime = (long)stat->AccessTime;
        attributes->ModifyTime = (long)stat->ModifyTime;
        attributes->ChangeTime = (long)stat->ChangeTime;
        attributes->Version = stat->ModifyTime ^ stat->Size << 1 ^ stat->ChangeTime;
    }

    private static uint TypeBits(FileType type) => type switch
    {
        FileType.Directory => TypeDirectory,
        FileType.SymbolicLink => TypeLink | 0x1FF,
        FileType.BlockDevice => 0x6000,
        FileType.CharacterDevice => 0x2000,
        FileType.SocketDgram => 0xC000,
        FileType.SocketStream => 0xC000,
        _ => TypeRegular,
    };

    /// <summary>Attributes of something just made, which belongs to its creator with the mode asked for.</summary>
    private int Adopt(Request* request, FileStat* stat)
    {
        var inode = InodeOf(stat, request->Path, request->PathLength);
        var permissions = request->Mode & PermissionMask;
        if (permissions != defaultPermissions || request->Owner != owner || request->Group != owner)
            session.Set(SessionAttributes.KeyOf(request->Device, inode), permissions, request->Owner, request->Group);
        Fill((NodeAttributes*)(nuint)request->Attributes, request->Device, stat, inode);
        return 0;
    }

    private int AdoptPath(Request* request)
    {
        FileStat stat;
        var error = StatPath(request->Device, PathOf(request), &stat);
        return error != 0 ? error : Adopt(request, &stat);
    }

    private int SetAttributes(Request* request)
    {
        var wanted = *(NodeAttributes*)(nuint)request->Attributes;
        var valid = (AttributeMask)wanted.Valid;
        FileStat stat;
        var error = StatOf(request, &stat);
        if (error == 0 && (valid & AttributeMask.Size) != 0)
            error = SetSize(request, wanted.Size);
        if (error == 0 && (valid & (AttributeMask.AccessTime | AttributeMask.ModifyTime)) != 0)
            error = SetTimes(request, &wanted);
        if (error == 0 && (valid & (AttributeMask.Mode | AttributeMask.Owner | AttributeMask.Group)) != 0)
        {
            NodeAttributes now;
            Fill(&now, request->Device, &stat, InodeOf(&stat, request->Path, request->PathLength));
            session.Set(
                SessionAttributes.KeyOf(request->Device, now.Inode),
                ((valid & AttributeMask.Mode) != 0 ? wanted.Mode : now.Mode) & PermissionMask,
                (valid & AttributeMask.Owner) != 0 ? wanted.Owner : now.Owner,
                (valid & AttributeMask.Group) != 0 ? wanted.Group : now.Group);
        }

        return error;
    }

    private readonly int SetSize(Request* request, ulong size)
    {
        var file = FileOf(request);
        if (file != null)
            return WasiError.ToLinux(Preview1.fd_filestat_set_size(file->Descriptor, size));
        var path = PathOf(request);
        uint fd = 0;
        var error = Preview1.path_open(FolderOf(request), 0, path.At, path.Length, 0, preopens.FileRights(request->Device), 0, 0, &fd);
        if (error != 0)
            return WasiError.ToLinux(error);
        error = Preview1.fd_filestat_set_size(fd, size);
        Preview1.fd_close(fd);
        return WasiError.ToLinux(error);
    }

    private readonly int SetTimes(Request* request, NodeAttributes* wanted)
    {
        var valid = (AttributeMask)wanted->Valid;
        uint flags = 0;
        if ((valid & AttributeMask.AccessTime) != 0)
            flags |= (valid & AttributeMask.AccessTimeGiven) != 0 ? WasiFlags.SetAccessTime : WasiFlags.SetAccessTimeNow;
        if ((valid & AttributeMask.ModifyTime) != 0)
            flags |= (valid & AttributeMask.ModifyTimeGiven) != 0 ? WasiFlags.SetModifyTime : WasiFlags.SetModifyTimeNow;
        var access = (ulong)Math.Max(wanted->AccessTime, 0);
        var modify = (ulong)Math.Max(wanted->ModifyTime, 0);
        var path = PathOf(request);
        return WasiError.ToLinux(Preview1.path_filestat_set_times(FolderOf(request), 0, path.At, path.Length, access, modify, flags));
    }

    // WASI has no statfs: sizes that no program takes for full.
    private static int StatFileSystem(Request* request)
    {
        var statistics = (FileSystemStatistics*)(nuint)request->Attributes;
        *statistics = default;
        statistics->BlockSize = BlockSize;
        statistics->Blocks = 1UL << 28;
        statistics->BlocksFree = 1UL << 27;
        statistics->BlocksAvailable = 1UL << 27;
        statistics->Files = 1UL << 24;
        statistics->FilesFree = 1UL << 23;
        statistics->NameLength = 255;
        return 0;
    }
}
