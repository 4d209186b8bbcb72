using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Serves the root file system's blocks: from the module itself, or from a file beside it.</summary>
internal unsafe struct DiskServer
{
    private const int InputOutputError = 5;
    private const int ReadOnlyFileSystem = 30;
    private const uint HeaderOffset = 1024;
    private const uint HeaderSize = 128;

    private bool isExternal;
    private uint file;

    /// <summary>Opens the external file if the config names one; ends the process when it is missing or not the one converted.</summary>
    public void Open(ref Records records, ref Preopens preopens)
    {
        isExternal = records.Find(RecordType.External, out var name);
        if (!isExternal)
            return;
        for (uint i = 0; i < preopens.AllCount; i++)
        {
            uint fd = 0;
            if (Preview1.path_open(preopens.Descriptor(i), 1, name.At, name.Length, 0, preopens.FileRights(i) & ~WasiFlags.RightsWriting, 0, 0, &fd) != 0)
                continue;
            file = fd;
            Check(ref records, name);
            return;
        }

        Messages.Fail("the root file system lies beside the module; let the runtime preopen the folder that holds "u8, name);
    }

    /// <summary>Closes the external file.</summary>
    public readonly void Close()
    {
        if (isExternal)
            Preview1.fd_close(file);
    }

    /// <summary>Does one request.</summary>
    public readonly void Serve(Request* request)
    {
        if (request->Kind == (uint)RequestKind.BlockFlush)
            return;
        if (request->Kind != (uint)RequestKind.BlockRead || request->Device != 0)
        {
            request->Status = ReadOnlyFileSystem;
            return;
        }

        var offset = request->Offset;
        var segments = (Segment*)(nuint)request->Segments;
        for (uint i = 0; i < request->SegmentCount; i++)
        {
            if (!Read(offset, (byte*)(nuint)segments[i].Address, (uint)segments[i].Length))
            {
                request->Status = InputOutputError;
                return;
            }

            offset += segments[i].Length;
        }

        request->Result = request->Length;
    }

    private readonly bool Read(ulong offset, byte* target, uint length)
    {
        if (!isExternal)
            return ModuleData.Copy(ModuleData.Disk, target, offset, length) == (int)length;
        while (length != 0)
        {
            IoVector vector;
            vector.Address = (uint)(nuint)target;
            vector.Length = length;
            uint done = 0;
            if (Preview1.fd_pread(file, &vector, 1, offset, &done) != 0 || done == 0)
                return false;
            target += done;
            offset += done;
            length -= done;
        }

        return true;
    }

    // A guest from a snapshot has parts of the converted file in its caches: another one under it would be read as garbage.
    private readonly void Check(ref Records records, Text name)
    {
        FileStat stat;
        var header = Allocation.Bytes(HeaderSize);
        var same = Preview1.fd_filestat_get(file, &stat) == 0 && stat.Size == records.Number(RecordType.Disk) && Read(HeaderOffset, header, HeaderSize);
        if (same && records.Find(RecordType.DiskHeader, out var wanted) && wanted.Length == HeaderSize)
        {
            for (uint i = 0; i < HeaderSize; i++)
                same &= header[i] == wanted.At[i];
        }

        if (!same)
            Messages.Fail("not the root file system that this module was converted with: "u8, name);
    }
}
