namespace Gantry.Engine.Wasi;

/// <summary>Types of the records in the front-door config (docs/out-wasm.md).</summary>
internal static class RecordType
{
    public const uint Entrypoint = 1;
    public const uint Cmd = 2;
    public const uint Env = 3;
    public const uint User = 4;
    public const uint Cwd = 5;
    public const uint Hostname = 6;
    public const uint Capabilities = 7;
    public const uint Ram = 16;
    public const uint CommandLine = 17;
    public const uint Port = 18;
    public const uint Mount = 19;
    public const uint Kernel = 20;
    public const uint Initrd = 21;
    public const uint Disk = 22;
    public const uint External = 23;
    public const uint Network = 24;
    public const uint DiskHeader = 25;
}

/// <summary>The front-door config in memory. Our own converter wrote it, yet lengths are checked: a damaged file must fail with a message.</summary>
internal unsafe struct Records
{
    private const uint Magic = 0x44465447;
    private const uint Version = 1;
    private const uint HeaderSize = 16;
    private const uint RecordHeaderSize = 8;

    private byte* bytes;
    private uint length;

    /// <summary>Bytes of all records.</summary>
    public readonly uint Length => length;

    /// <summary>Reads the config out of the module; ends the process when there is none.</summary>
    public void Load()
    {
        var header = Allocation.Bytes(HeaderSize);
        if (ModuleData.Copy(ModuleData.Config, header, 0, HeaderSize) != (int)HeaderSize)
            Messages.Fail("this is the bare engine, not a converted image: make one with `gantry convert IMAGE out.wasm`"u8);
        if (*(uint*)header != Magic || *(uint*)(header + 4) != Version)
            Messages.Fail("the module's config is damaged or of another version"u8);
        length = *(uint*)(header + 8);
        bytes = Allocation.Bytes(length + 1);
        ModuleData.Copy(ModuleData.Config, bytes, HeaderSize, length);
    }

    /// <summary>The next record at or after <paramref name="position"/>, which moves behind it; false at the end.</summary>
    public readonly bool Next(ref uint position, out uint type, out Text value)
    {
        type = 0;
        value = default;
        if (length < RecordHeaderSize || position > length - RecordHeaderSize)
            return false;
        type = *(ushort*)(bytes + position);
        value.Length = *(uint*)(bytes + position + 4);
        position += RecordHeaderSize;
        if (value.Length > length - position)
            Messages.Fail("the module's config is damaged"u8);
        value.At = bytes + position;
        position += value.Length;
        return true;
    }

    /// <summary>The next record of one type.</summary>
    public readonly bool Next(ref uint position, uint wanted, out Text value)
    {
        while (Next(ref position, out var type, out value))
        {
            if (type == wanted)
                return true;
        }

        return false;
    }

    /// <summary>The first record of a type; false when there is none.</summary>
    public readonly bool Find(uint wanted, out Text value)
    {
        uint position = 0;
        return Next(ref position, wanted, out value);
    }

    /// <summary>A record's number, 0 when it is missing.</summary>
    public readonly ulong Number(uint wanted) => Find(wanted, out var value) && value.Length == 8 ? *(ulong*)value.At : 0;

    /// <summary>How many records of a type there are.</summary>
    public readonly uint Count(uint wanted)
    {
        uint position = 0;
        uint count = 0;
        while (Next(ref position, wanted, out _))
            count++;
        return count;
    }
}
