using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>An open file or directory of the guest.</summary>
internal struct OpenFile
{
    public const uint Free = 0;
    public const uint Used = 1;

    public uint State;
    public uint Descriptor;
    public uint Mount;
}

/// <summary>
/// Serves the guest's 9p mounts from preopened folders: each request becomes one or a few WASI calls (docs/host-interface.md, kinds 16 to 31).
/// The runtime keeps every path inside its folder; a path that a symbolic link leads out of is refused by it.
/// </summary>
internal unsafe partial struct FileServer
{
    private const uint ListBufferSize = 65536;
    private const int NotPermitted = 1;
    private const int BadDescriptor = 9;
    private const int TooManyFiles = 24;
    private const int NotImplemented = 38;
    private const uint MaxOpenFiles = 65536;

    private Preopens preopens;
    private SessionAttributes session;
    private OpenFile* open;
    private uint openCapacity;
    private uint nextFree;
    private byte* listBuffer;
    private uint owner;
    private uint defaultPermissions;

    /// <summary>Starts serving.</summary>
    /// <param name="folders">The folders.</param>
    /// <param name="user">The container's user: files belong to it when it is a number.</param>
    public void Open(ref Preopens folders, Text user)
    {
        preopens = folders;
        if (preopens.MountCount == 0)
            return;
        user.Length = user.IndexOf((byte)':');
        owner = user.ToNumber(uint.MaxValue - 1, 0);
        // Root may do anything. Another user, whose number may not even be known yet, needs bits that let him: the runtime is who decides.
        defaultPermissions = user.Length == 0 || user.Is("root"u8) || user.Is("0"u8) ? 0x1EDu : 0x1FFu;
        listBuffer = Allocation.Bytes(ListBufferSize);
        openCapacity = 256;
        open = (OpenFile*)Allocation.Bytes(openCapacity * (uint)sizeof(OpenFile));
    }

    /// <summary>Closes what the guest left open.</summary>
    public readonly void CloseAll()
    {
        for (uint i = 0; i < openCapacity; i++)
        {
            if (open[i].State == OpenFile.Used)
                Preview1.fd_close(open[i].Descriptor);
        }
    }

    /// <summary>Does one request.</summary>
    public void Serve(Request* request)
    {
        if (request->Device >= preopens.MountCount)
        {
            request->Status = NotPermitted;
            return;
        }

        request->Status = (RequestKind)request->Kind switch
        {
            RequestKind.Stat => Stat(request),
            RequestKind.List => List(request),
            RequestKind.Open => OpenPath(request),
            RequestKind.Close => Close(request),
            RequestKind.Read => Read(request),
            RequestKind.Write => Write(request),
            RequestKind.MakeDirectory => MakeDirectory(request),
            RequestKind.Symlink => Symlink(request),
            RequestKind.ReadLink => ReadLink(request),
            RequestKind.Rename => Rename(request),
            RequestKind.Unlink => Unlink(request),
            RequestKind.SetAttributes => SetAttributes(request),
            RequestKind.Fsync => Fsync(request),
            RequestKind.StatFileSystem => StatFileSystem(request),
            RequestKind.Link => Link(request),
            // WASI has no fifos, sockets or devices to make.
            RequestKind.MakeNode => NotPermitted,
            _ => NotImplemented,
        };
    }

    private readonly uint FolderOf(Request* request) => preopens.Descriptor(request->Device);

    private static Text PathOf(Request* request) => PathOf(request->Path, request->PathLength);

    // WASI calls a folder's own root ".".
    private static Text PathOf(ulong address, uint length)
    {
        Text path;
        path.At = (byte*)(nuint)address;
        path.Length = length;
        if (length == 0)
        {
            fixed (byte* dot = "."u8)
                path.At = dot;
            path.Length = 1;
        }

        return path;
    }

    private readonly OpenFile* FileOf(Request* request)
    {
        var index = request->Handle - 1;
        return request->Handle == 0 || index >= openCapacity || open[index].State != OpenFile.Used ? null : open + index;
    }

    private ulong NewHandle(uint descriptor, uint mount)
    {
        for (uint i = 0; i < openCapacity; i++)
        {
            var index = (nextFree + i) & (openCapacity - 1);
            if (open[index].State != OpenFile.Free)
                continue;
            nextFree = index + 1;
            open[index].State = OpenFile.Used;
            open[index].Descriptor = descriptor;
            open[index].Mount = mount;
            return index + 1;
        }

        if (openCapacity == MaxOpenFiles)
            return 0;
        var larger = (OpenFile*)Allocation.Bytes(openCapacity * 2 * (uint)sizeof(OpenFile));
        Buffer.MemoryCopy(open, larger, openCapacity * (uint)sizeof(OpenFile), openCapacity * (uint)sizeof(OpenFile));
        open = larger;
        nextFree = openCapacity;
        openCapacity *= 2;
        return NewHandle(descriptor, mount);
    }
}
