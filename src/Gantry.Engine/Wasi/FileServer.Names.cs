using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Requests that make, move and remove names.</summary>
internal unsafe partial struct FileServer
{
    private const uint RemoveDirectory = 0x200;

    private int MakeDirectory(Request* request)
    {
        var path = PathOf(request);
        var error = Preview1.path_create_directory(FolderOf(request), path.At, path.Length);
        return error != 0 ? WasiError.ToLinux(error) : AdoptPath(request);
    }

    private int Symlink(Request* request)
    {
        var path = PathOf(request);
        var error = Preview1.path_symlink((byte*)(nuint)request->Path2, request->Path2Length, FolderOf(request), path.At, path.Length);
        request->Mode = TypeLink | 0x1FF;
        return error != 0 ? WasiError.ToLinux(error) : AdoptPath(request);
    }

    private readonly int ReadLink(Request* request)
    {
        if (request->SegmentCount == 0)
            return 0;
        var path = PathOf(request);
        var segment = (Segment*)(nuint)request->Segments;
        uint done = 0;
        var error = Preview1.path_readlink(FolderOf(request), path.At, path.Length, (byte*)(nuint)segment->Address, (uint)segment->Length, &done);
        request->Result = done;
        return WasiError.ToLinux(error);
    }

    private readonly int Rename(Request* request)
    {
        var from = PathOf(request);
        var to = PathOf(request->Path2, request->Path2Length);
        var replaced = LastName(request->Device, to, request->Path2, request->Path2Length);
        var error = Preview1.path_rename(FolderOf(request), from.At, from.Length, FolderOf(request), to.At, to.Length);
        if (error == 0 && replaced != 0)
            session.Remove(replaced);
        return WasiError.ToLinux(error);
    }

    private readonly int Unlink(Request* request)
    {
        var path = PathOf(request);
        var last = LastName(request->Device, path, request->Path, request->PathLength);
        var error = (request->Flags & RemoveDirectory) != 0
            ? Preview1.path_remove_directory(FolderOf(request), path.At, path.Length)
            : Preview1.path_unlink_file(FolderOf(request), path.At, path.Length);
        if (error == 0 && last != 0)
            session.Remove(last);
        return WasiError.ToLinux(error);
    }

    private readonly int Link(Request* request)
    {
        var from = PathOf(request);
        var to = PathOf(request->Path2, request->Path2Length);
        return WasiError.ToLinux(Preview1.path_link(FolderOf(request), 0, from.At, from.Length, FolderOf(request), to.At, to.Length));
    }

    // The session's key of a file that is about to lose its last name; 0 when nothing is remembered or other names remain.
    private readonly ulong LastName(uint mount, Text path, ulong inodePath, uint inodePathLength)
    {
        FileStat stat;
        if (session.IsEmpty || StatPath(mount, path, &stat) != 0 || (stat.Links > 1 && stat.Type != FileType.Directory))
            return 0;
        return SessionAttributes.KeyOf(mount, InodeOf(&stat, inodePath, inodePathLength));
    }
}
