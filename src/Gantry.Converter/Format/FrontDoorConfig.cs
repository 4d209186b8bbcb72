using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gantry.Converter.Format;

/// <summary>Types of the records in data segment 0 (docs/out-wasm.md, "Front-door config").</summary>
public enum FrontDoorRecord : ushort
{
    Entrypoint = 1,
    Cmd = 2,
    Env = 3,
    User = 4,
    Cwd = 5,
    Hostname = 6,
    Capabilities = 7,
    Ram = 16,
    CommandLine = 17,
    Port = 18,
    Mount = 19,
    Kernel = 20,
    Initrd = 21,
    Disk = 22,
    External = 23,
    Network = 24,
    DiskHeader = 25,
}

/// <summary>Writes what <c>_start</c> has to know.</summary>
public sealed class FrontDoorConfig
{
    private const uint Magic = 0x44465447;
    private const uint Version = 1;
    private const int HeaderSize = 16;
    private readonly ArrayBufferWriter<byte> records = new();

    /// <summary>Adds a text.</summary>
    public void Add(FrontDoorRecord type, string text) => Add(type, Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a number.</summary>
    public void Add(FrontDoorRecord type, ulong number) => Add(type, BitConverter.GetBytes(number));

    /// <summary>Adds bytes.</summary>
    public void Add(FrontDoorRecord type, ReadOnlySpan<byte> bytes)
    {
        Span<byte> header = stackalloc byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)type);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], bytes.Length);
        records.Write(header);
        records.Write(bytes);
    }

    /// <summary>Adds all of a container's configuration.</summary>
    public void Add(ContainerConfig container)
    {
        foreach (var word in container.Entrypoint) Add(FrontDoorRecord.Entrypoint, word);
        foreach (var word in container.Cmd) Add(FrontDoorRecord.Cmd, word);
        foreach (var variable in container.Env) Add(FrontDoorRecord.Env, variable);
        if (container.User.Length != 0) Add(FrontDoorRecord.User, container.User);
        if (container.Workdir.Length != 0) Add(FrontDoorRecord.Cwd, container.Workdir);
        Add(FrontDoorRecord.Hostname, container.Hostname);
        Add(FrontDoorRecord.Capabilities, StandardMachine.DefaultCapabilities);
    }

    /// <summary>The segment's bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[HeaderSize + records.WrittenCount];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)records.WrittenCount);
        records.WrittenSpan.CopyTo(bytes.AsSpan(HeaderSize));
        return bytes;
    }
}
