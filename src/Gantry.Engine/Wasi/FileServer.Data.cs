using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Requests on open files and directories.</summary>
internal unsafe partial struct FileServer
{
    private const uint LinuxAccessMode = 3;
    private const uint LinuxCreate = 0x40;
    private const uint LinuxExclusive = 0x80;
    private const uint LinuxTruncate = 0x200;
    private const uint LinuxDirectory = 0x10000;
    private const int LoopError = 40;
    private const int NotFound = 2;
    private const uint EntryHeaderSize = 20;
    private const uint WasiEntryHeaderSize = 24;

    private int OpenPath(Request* request)
    {
        var path = PathOf(request);
        FileStat stat;
        var error = StatPath(request->Device, path, &stat);
        var isNew = error == NotFound && (request->Flags & LinuxCreate) != 0;
        if (error != 0 && !isNew)
            return error;
        if (!isNew && stat.Type == FileType.SymbolicLink)
            return LoopError;
        var isDirectory = !isNew && stat.Type == FileType.Directory;
        uint openFlags = 0;
        if (isDirectory || (request->Flags & LinuxDirectory) != 0)
            openFlags |= WasiFlags.OpenDirectory;
        if ((request->Flags & LinuxCreate) != 0 && !isDirectory)
            openFlags |= WasiFlags.OpenCreate;
        if ((request->Flags & LinuxExclusive) != 0)
            openFlags |= WasiFlags.OpenExclusive;
        if ((request->Flags & LinuxTruncate) != 0)
            openFlags |= WasiFlags.OpenTruncate;
        var rights = isDirectory ? preopens.FolderRights(request->Device) : preopens.FileRights(request->Device);
        var access = request->Flags & LinuxAccessMode;
        if (access == 0 && !isDirectory && (request->Flags & LinuxTruncate) == 0)
            rights &= ~WasiFlags.RightsWriting;
        uint fd = 0;
        error = Preview1.path_open(FolderOf(request), 0, path.At, path.Length, openFlags, rights, isDirectory ? rights : 0, 0, &fd);
        if (error != 0)
            return WasiError.ToLinux(error);
        error = WasiError.ToLinux(Preview1.fd_filestat_get(fd, &stat));
        if (error == 0)
        {
            request->Result = NewHandle(fd, request->Device);
            if (request->Result == 0)
                error = TooManyFiles;
        }

        if (error != 0)
        {
            Preview1.fd_close(fd);
            return error;
        }

        if (isNew)
            return Adopt(request, &stat);
        Fill(request, &stat);
        return 0;
    }

    private readonly int Close(Request* request)
    {
        var file = FileOf(request);
        if (file == null)
            return BadDescriptor;
        file->State = OpenFile.Free;
        return WasiError.ToLinux(Preview1.fd_close(file->Descriptor));
    }

    private readonly int Read(Request* request) => Transfer(request, false);

    private readonly int Write(Request* request) => Transfer(request, true);

    private readonly int Transfer(Request* request, bool isWrite)
    {
        var file = FileOf(request);
        if (file == null)
            return BadDescriptor;
        var offset = request->Offset;
        var segments = (Segment*)(nuint)request->Segments;
        for (uint i = 0; i < request->SegmentCount; i++)
        {
            IoVector vector;
            vector.Address = (uint)segments[i].Address;
            vector.Length = (uint)segments[i].Length;
            while (vector.Length != 0)
            {
                uint done = 0;
                var error = isWrite
                    ? Preview1.fd_pwrite(file->Descriptor, &vector, 1, offset, &done)
                    : Preview1.fd_pread(file->Descriptor, &vector, 1, offset, &done);
                if (error == WasiError.Interrupted)
                    continue;
                if (error != 0)
                    return request->Result != 0 ? 0 : WasiError.ToLinux(error);
                if (done == 0)
                    return 0;
                request->Result += done;
                offset += done;
                vector.Address += done;
                vector.Length -= done;
            }
        }

        return 0;
    }

    private readonly int Fsync(Request* request)
    {
        var file = FileOf(request);
        if (file == null)
            return BadDescriptor;
        return WasiError.ToLinux(request->Flags != 0 ? Preview1.fd_datasync(file->Descriptor) : Preview1.fd_sync(file->Descriptor));
    }

    private readonly int List(Request* request)
    {
        var file = FileOf(request);
        if (file == null)
            return BadDescriptor;
        if (request->SegmentCount == 0)
            return 0;
        var segment = (Segment*)(nuint)request->Segments;
        var target = (byte*)(nuint)segment->Address;
        var space = (uint)segment->Length;
        uint filled = 0;
        var cookie = request->Offset;
        while (true)
        {
            uint got = 0;
            var error = Preview1.fd_readdir(file->Descriptor, listBuffer, ListBufferSize, cookie, &got);
            if (error != 0)
                return WasiError.ToLinux(error);
            var before = cookie;
            var full = Pack(got, target, space, ref filled, ref cookie);
            // A short buffer is the directory's end; a cookie that stands still would be asked for again for ever.
            if (full || got < ListBufferSize || cookie == before)
                break;
        }

        request->Result = filled;
        return 0;
    }

    // Turns WASI's entries into the host interface's; true when the target can take no more.
    private readonly bool Pack(uint got, byte* target, uint space, ref uint filled, ref ulong cookie)
    {
        for (uint at = 0; at + WasiEntryHeaderSize <= got;)
        {
            var next = *(ulong*)(listBuffer + at);
            var inode = *(ulong*)(listBuffer + at + 8);
            var length = *(uint*)(listBuffer + at + 16);
            var type = (FileType)listBuffer[at + 20];
            var name = listBuffer + at + WasiEntryHeaderSize;
            if (length > got - at - WasiEntryHeaderSize)
                return false;
            at += WasiEntryHeaderSize + length;
            if (length <= 2 && name[0] == (byte)'.' && (length == 1 || name[1] == (byte)'.'))
            {
                cookie = next;
                continue;
            }

            if (EntryHeaderSize + length > space - filled)
                return true;
            var entry = target + filled;
            *(ulong*)entry = inode == 0 ? 1 : inode;
            *(ulong*)(entry + 8) = next;
            entry[16] = (byte)(TypeBits(type) >> 12);
            entry[17] = 0;
            *(ushort*)(entry + 18) = (ushort)length;
            Buffer.MemoryCopy(name, entry + EntryHeaderSize, length, length);
            filled += EntryHeaderSize + length;
            cookie = next;
        }

        return false;
    }
}
