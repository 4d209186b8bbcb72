using System.Buffers.Binary;

namespace Gantry.Images.Layers;

/// <summary>The platform an ELF program runs on, from its header (System V ABI, "ELF Header").</summary>
internal static class ElfPlatform
{
    public const int HeaderSize = 20;
    private const int Class = 4, Data = 5, Machine = 18;
    private const byte Class64 = 2, LittleEndian = 1;

    /// <summary>The platform, or null when <paramref name="header"/> is no ELF header or of a machine without a name here.</summary>
    public static Platform? Of(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderSize || !header.StartsWith("\u007fELF"u8) || header[Data] != LittleEndian) return null;
        var architecture = (header[Class], BinaryPrimitives.ReadUInt16LittleEndian(header[Machine..])) switch
        {
            (Class64, 243) => "riscv64",
            (Class64, 62) => "amd64",
            (Class64, 183) => "arm64",
            (_, 40) => "arm",
            (_, 3) => "386",
            _ => null,
        };
        return architecture is null ? null : new Platform("linux", architecture);
    }
}
