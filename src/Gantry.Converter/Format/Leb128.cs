namespace Gantry.Converter.Format;

/// <summary>LEB128 numbers of the binary format (core 5.2.2) outside of a module that Gantry.Wasm writes as a whole.</summary>
internal static class Leb128
{
    /// <summary>Bytes of a padded u32.</summary>
    public const int PaddedSize = 5;

    public static int Size(uint value)
    {
        var size = 1;
        while ((value >>= 7) != 0) size++;
        return size;
    }

    public static int SignedSize(int value)
    {
        var size = 1;
        for (; value is < -64 or > 63; value >>= 7) size++;
        return size;
    }

    public static void Write(Stream stream, uint value)
    {
        for (; value >= 0x80; value >>= 7) stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }

    public static void WriteSigned(Stream stream, int value)
    {
        for (; value is < -64 or > 63; value >>= 7) stream.WriteByte((byte)(value & 0x7F | 0x80));
        stream.WriteByte((byte)(value & 0x7F));
    }

    public static void WritePadded(Stream stream, uint value)
    {
        for (var i = 0; i < PaddedSize - 1; i++, value >>= 7) stream.WriteByte((byte)(value & 0x7F | 0x80));
        stream.WriteByte((byte)value);
    }

    /// <summary>Reads a u32; throws <see cref="ConverterException"/> when it is malformed.</summary>
    public static uint ReadUnsigned(ReadOnlySpan<byte> bytes, out int count)
    {
        ulong value = 0;
        for (count = 0; count < PaddedSize && count < bytes.Length;)
        {
            var b = bytes[count];
            value |= (ulong)(b & 0x7F) << (7 * count++);
            if ((b & 0x80) == 0 && value <= uint.MaxValue) return (uint)value;
        }

        throw new ConverterException("the file is no valid WebAssembly module (a damaged number)");
    }

    /// <summary>Reads an s32's bits.</summary>
    public static uint ReadSigned(ReadOnlySpan<byte> bytes)
    {
        long value = 0;
        for (var i = 0; i < PaddedSize && i < bytes.Length; i++)
        {
            value |= (long)(bytes[i] & 0x7F) << (7 * i);
            if ((bytes[i] & 0x80) != 0) continue;
            var shift = 64 - 7 * (i + 1);
            return (uint)(value << shift >> shift);
        }

        throw new ConverterException("the file is no valid WebAssembly module (a damaged number)");
    }
}
