using System.Buffers.Binary;
using System.Text;
using Gantry.Engine.Host;

namespace Gantry.Host.Files;

/// <summary>Serves a folder of this machine's disk (Linux).</summary>
/// <remarks>
/// The guest is hostile: every path is opened with openat2 below the folder and through no symbolic link, and the last part is
/// only ever used relative to its directory's descriptor with the no-follow variant of each call.
/// </remarks>
public sealed unsafe class FolderServer : IFileServer
{
    private const int EBADF = 9;
    private const int EINVAL = 22;
    private const int ENOTSUP = 95;
    private const int O_PATH = 0x200000;
    private const int O_DIRECTORY = 0x10000;
    private const int O_NOFOLLOW = 0x20000;
    private const uint TypeMask = 0xF000;
    private const uint TypeLink = 0xA000;
    private const uint TypeFile = 0x8000;
    private const uint TypeDirectory = 0x4000;
    private const int SEEK_SET = 0;
    private const int EntryHeader = 20;
    private const int DirentHeader = 19;

    private readonly int root;
    private readonly bool privileged = Native.geteuid() == 0;
    private readonly HashSet<int> handles = [];
    private readonly Dictionary<int, byte[]> lists = [];

    /// <summary>Opens a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder, or it may not be opened.</exception>
    public FolderServer(string folder)
    {
        fixed (byte* path = Encoding.UTF8.GetBytes(Path.GetFullPath(folder) + "\0"))
            root = Native.open(path, O_PATH | O_DIRECTORY | Native.O_CLOEXEC, 0);
        if (root < 0)
            throw new DirectoryNotFoundException($"cannot open the folder {folder}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var fd in handles)
            _ = Native.close(fd);
        handles.Clear();
        _ = Native.close(root);
    }

    /// <inheritdoc/>
    public int Serve(ref FileRequest request)
    {
        var handle = (int)request.Slot.Handle - 1;
        if (request.Slot.Handle != 0 && !handles.Contains(handle))
            return EBADF;
        switch (request.Kind)
        {
            case RequestKind.List:
                return List(ref request, handle);
            case RequestKind.Close:
                handles.Remove(handle);
                lists.Remove(handle);
                return Result(Native.close(handle));
            case RequestKind.Read or RequestKind.Write:
                return Transfer(ref request, handle);
            case RequestKind.Fsync:
                return Result(request.Slot.Flags != 0 ? Native.fdatasync(handle) : Native.fsync(handle));
            default:
                return ServePath(ref request, request.Slot.Handle != 0 ? handle : -1);
        }
    }

    private static int Result(long value) => value < 0 ? Native.Error : 0;

    private int ServePath(ref FileRequest request, int handle)
    {
        var path = request.Path;
        if (handle >= 0 && (request.Kind is RequestKind.Stat or RequestKind.SetAttributes))
        {
            // An open file may have lost its path.
            byte nothing = 0;
            return request.Kind == RequestKind.Stat ? Stat(handle, &nothing, ref request) : SetAttributes(handle, &nothing, ref request);
        }

        var buffer = stackalloc byte[path.Length + 2];
        var directory = OpenParent(path, buffer, out var name);
        if (directory < 0)
            return Native.Error;
        try
        {
            return request.Kind switch
            {
                RequestKind.Stat => Stat(directory, name, ref request),
                RequestKind.Open => Open(directory, name, ref request),
                RequestKind.MakeDirectory => Made(directory, name, Native.mkdirat(directory, name, request.Slot.Mode), ref request),
                RequestKind.MakeNode => Made(
                    directory, name, Native.mknodat(directory, name, request.Slot.Mode, request.Slot.Device64), ref request),
                RequestKind.Symlink => Symlink(directory, name, ref request),
                RequestKind.ReadLink => ReadLink(directory, name, ref request),
                RequestKind.Unlink => Result(
                    Native.unlinkat(directory, name, request.Slot.Flags != 0 ? Native.AT_REMOVEDIR : 0)),
                RequestKind.Rename or RequestKind.Link => TwoPaths(directory, name, ref request),
                RequestKind.SetAttributes => SetAttributes(directory, name, ref request),
                RequestKind.StatFileSystem => StatFileSystem(ref request),
                _ => ENOTSUP,
            };
        }
        finally
        {
            if (directory != root)
                _ = Native.close(directory);
        }
    }

    // The directory of a path's last part, and that part; "." for the root itself.
    private int OpenParent(ReadOnlySpan<byte> path, byte* buffer, out byte* name)
    {
        var slash = path.LastIndexOf((byte)'/');
        path.CopyTo(new Span<byte>(buffer, path.Length));
        buffer[path.Length] = 0;
        name = buffer + slash + 1;
        if (path.Length == 0)
        {
            buffer[0] = (byte)'.';
            buffer[1] = 0;
        }

        if (slash < 0)
            return root;
        buffer[slash] = 0;
        return Native.OpenBeneath(root, buffer, O_PATH | O_DIRECTORY, 0);
    }

    private static int Stat(int directory, byte* name, ref FileRequest request)
    {
        Native.StatX status;
        var flags = Native.AT_SYMLINK_NOFOLLOW | (*name == 0 ? Native.AT_EMPTY_PATH : 0);
        if (Native.statx(directory, name, flags, Native.STATX_BASIC_STATS, &status) < 0)
            return Native.Error;
        request.Attributes = new NodeAttributes
        {
            Mode = status.Mode,
            Owner = status.Owner,
            Group = status.Group,
            Inode = status.Inode,
            Size = status.Size,
            Links = status.Links,
            Device = (status.NodeMinor & 0xFFUL) | ((ulong)status.NodeMajor << 8) | ((ulong)(status.NodeMinor & ~0xFFu) << 12),
            Blocks = status.Blocks,
            BlockSize = status.BlockSize,
            AccessTime = Time(status.AccessTime),
            ModifyTime = Time(status.ModifyTime),
            ChangeTime = Time(status.ChangeTime),
        };
        return 0;
    }

    private static long Time(Native.StatXTime time) => (time.Seconds * 1_000_000_000) + time.Nanoseconds;

    private int Open(int directory, byte* name, ref FileRequest request)
    {
        var flags = (int)request.Slot.Flags;
        var creating = (flags & Native.O_CREAT) != 0;
        // Never wait for the other end of a fifo.
        var fd = Native.OpenBeneath(directory, name, flags | O_NOFOLLOW | Native.O_NONBLOCK, creating ? request.Slot.Mode & 0xFFF : 0);
        if (fd < 0)
            return Native.Error;
        byte nothing = 0;
        var error = Stat(fd, &nothing, ref request);
        var type = request.Attributes.Mode & TypeMask;
        if (error == 0 && type != TypeFile && type != TypeDirectory)
            error = EINVAL;
        if (error != 0)
        {
            _ = Native.close(fd);
            return error;
        }

        if (creating)
            GiveTo(fd, &nothing, ref request);
        handles.Add(fd);
        request.Slot.Result = (ulong)fd + 1;
        return 0;
    }

    private int Made(int directory, byte* name, int result, ref FileRequest request)
    {
        if (result < 0)
            return Native.Error;
        GiveTo(directory, name, ref request);
        return Stat(directory, name, ref request);
    }

    // Only root can give files away; for others they belong to who runs this.
    private void GiveTo(int directory, byte* name, ref FileRequest request)
    {
        if (privileged)
        {
            var flags = Native.AT_SYMLINK_NOFOLLOW | (*name == 0 ? Native.AT_EMPTY_PATH : 0);
            _ = Native.fchownat(directory, name, request.Slot.Owner, request.Slot.Group, flags);
        }
    }

    private int Symlink(int directory, byte* name, ref FileRequest request)
    {
        var text = request.Path2;
        var target = stackalloc byte[text.Length + 1];
        text.CopyTo(new Span<byte>(target, text.Length));
        target[text.Length] = 0;
        return Made(directory, name, Native.symlinkat(target, directory, name), ref request);
    }

    private static int ReadLink(int directory, byte* name, ref FileRequest request)
    {
        var segment = request.Segment(0);
        fixed (byte* buffer = segment)
        {
            var length = Native.readlinkat(directory, name, buffer, (nuint)segment.Length);
            if (length < 0)
                return Native.Error;
            request.Slot.Result = (ulong)length;
            return 0;
        }
    }

    private int TwoPaths(int directory, byte* name, ref FileRequest request)
    {
        var path = request.Path2;
        var buffer = stackalloc byte[path.Length + 2];
        var directory2 = OpenParent(path, buffer, out var name2);
        if (directory2 < 0)
            return Native.Error;
        var result = Result(request.Kind == RequestKind.Rename
            ? Native.renameat(directory, name, directory2, name2)
            : Native.linkat(directory, name, directory2, name2, 0));
        if (directory2 != root)
            _ = Native.close(directory2);
        return result;
    }

    // An empty name means the open file itself.
    private int SetAttributes(int directory, byte* name, ref FileRequest request)
    {
        var attributes = request.Attributes;
        var valid = (AttributeMask)attributes.Valid;
        var isOpen = *name == 0;
        var flags = Native.AT_SYMLINK_NOFOLLOW | (isOpen ? Native.AT_EMPTY_PATH : 0);
        Native.StatX status;
        if (Native.statx(directory, name, flags, Native.STATX_BASIC_STATS, &status) < 0)
            return Native.Error;
        if ((valid & AttributeMask.Size) != 0)
        {
            var error = Truncate(directory, name, (long)attributes.Size);
            if (error != 0)
                return error;
        }

        if ((valid & (AttributeMask.Owner | AttributeMask.Group)) != 0 && privileged)
        {
            var owner = (valid & AttributeMask.Owner) != 0 ? attributes.Owner : uint.MaxValue;
            var group = (valid & AttributeMask.Group) != 0 ? attributes.Group : uint.MaxValue;
            if (Native.fchownat(directory, name, owner, group, flags) < 0)
                return Native.Error;
        }

        // A symbolic link has no mode of its own, and fchmodat would follow it.
        if ((valid & AttributeMask.Mode) != 0 && (status.Mode & TypeMask) != TypeLink)
        {
            var mode = attributes.Mode & 0xFFF;
            if ((isOpen ? Native.fchmod(directory, mode) : Native.fchmodat(directory, name, mode, 0)) < 0)
                return Native.Error;
        }

        if ((valid & (AttributeMask.AccessTime | AttributeMask.ModifyTime)) == 0)
            return 0;
        var times = stackalloc Native.TimeSpec[2];
        times[0] = TimeOf(valid, AttributeMask.AccessTime, AttributeMask.AccessTimeGiven, attributes.AccessTime);
        times[1] = TimeOf(valid, AttributeMask.ModifyTime, AttributeMask.ModifyTimeGiven, attributes.ModifyTime);
        return Result(
            isOpen ? Native.futimens(directory, times) : Native.utimensat(directory, name, times, Native.AT_SYMLINK_NOFOLLOW));
    }

    private static int Truncate(int directory, byte* name, long size)
    {
        if (*name == 0)
            return Result(Native.ftruncate(directory, size));
        var fd = Native.OpenBeneath(directory, name, Native.O_WRONLY | O_NOFOLLOW | Native.O_NONBLOCK, 0);
        if (fd < 0)
            return Native.Error;
        var result = Result(Native.ftruncate(fd, size));
        _ = Native.close(fd);
        return result;
    }

    private static Native.TimeSpec TimeOf(AttributeMask valid, AttributeMask change, AttributeMask given, long time)
    {
        if ((valid & change) == 0)
            return new Native.TimeSpec { Nanoseconds = Native.UTIME_OMIT };
        if ((valid & given) == 0)
            return new Native.TimeSpec { Nanoseconds = Native.UTIME_NOW };
        var seconds = Math.DivRem(time, 1_000_000_000, out var rest);
        return rest < 0
            ? new Native.TimeSpec { Seconds = seconds - 1, Nanoseconds = rest + 1_000_000_000 }
            : new Native.TimeSpec { Seconds = seconds, Nanoseconds = rest };
    }

    private int StatFileSystem(ref FileRequest request)
    {
        Native.StatVfs status;
        if (Native.fstatvfs(root, &status) < 0)
            return Native.Error;
        request.Statistics = new FileSystemStatistics
        {
            BlockSize = status.FragmentSize,
            Blocks = status.Blocks,
            BlocksFree = status.BlocksFree,
            BlocksAvailable = status.BlocksAvailable,
            Files = status.Files,
            FilesFree = status.FilesFree,
            FileSystemId = status.FileSystemId,
            NameLength = status.NameLength,
        };
        return 0;
    }

    private static int Transfer(ref FileRequest request, int handle)
    {
        var offset = (long)request.Slot.Offset;
        var done = 0UL;
        for (var i = 0; i < (int)request.Slot.SegmentCount; i++)
        {
            var segment = request.Segment(i);
            fixed (byte* bytes = segment)
            {
                var at = 0;
                while (at < segment.Length)
                {
                    var count = request.Kind == RequestKind.Read
                        ? Native.pread(handle, bytes + at, (nuint)(segment.Length - at), offset)
                        : Native.pwrite(handle, bytes + at, (nuint)(segment.Length - at), offset);
                    if (count < 0 && done == 0)
                        return Native.Error;
                    if (count <= 0)
                    {
                        request.Slot.Result = done;
                        return 0;
                    }

                    at += (int)count;
                    offset += count;
                    done += (ulong)count;
                }
            }
        }

        request.Slot.Result = done;
        return 0;
    }

    // A directory is read whole when its list begins, so that it may change while it is listed; cookies are offsets into the copy.
    private int List(ref FileRequest request, int handle)
    {
        var offset = request.Slot.Offset;
        if (offset == 0 || !lists.TryGetValue(handle, out var list))
        {
            var error = ReadEntries(handle, out list);
            if (error != 0)
                return error;
            lists[handle] = list;
        }

        if (offset > (ulong)list.Length)
            return EINVAL;
        var target = request.Segment(0);
        var rest = list.AsSpan((int)offset);
        var used = 0;
        while (used < rest.Length)
        {
            var size = EntryHeader + BinaryPrimitives.ReadUInt16LittleEndian(rest[(used + 18)..]);
            if (used + size > target.Length)
                break;
            used += size;
        }

        rest[..used].CopyTo(target);
        request.Slot.Result = (ulong)used;
        return 0;
    }

    // getdents64 gives struct linux_dirent64; the list has the host interface's entries.
    private static int ReadEntries(int handle, out byte[] list)
    {
        list = [];
        if (Native.lseek(handle, 0, SEEK_SET) < 0)
            return Native.Error;
        using var entries = new MemoryStream();
        var room = new byte[32768];
        while (true)
        {
            nint length;
            fixed (byte* buffer = room)
                length = Native.getdents64(handle, buffer, (nuint)room.Length);
            if (length < 0)
                return Native.Error;
            if (length == 0)
            {
                list = entries.ToArray();
                return 0;
            }

            for (var at = 0; at < length; at += BinaryPrimitives.ReadUInt16LittleEndian(room.AsSpan(at + 16)))
                AddEntry(entries, room.AsSpan(at));
        }
    }

    private static void AddEntry(MemoryStream entries, ReadOnlySpan<byte> dirent)
    {
        var name = dirent[DirentHeader..];
        name = name[..name.IndexOf((byte)0)];
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            return;
        Span<byte> header = stackalloc byte[EntryHeader];
        dirent[..8].CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], entries.Length + EntryHeader + name.Length);
        header[16] = dirent[18];
        header[17] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], (ushort)name.Length);
        entries.Write(header);
        entries.Write(name);
    }
}
