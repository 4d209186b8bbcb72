using System.Buffers.Binary;
using System.Text;

namespace Gantry.Wasm;

/// <summary>
/// A growing byte buffer that knows the binary format's numbers (LEB128, little-endian floats, names) and, in its other
/// part, its instructions. Reuse one with <see cref="Clear"/>: it keeps its memory.
/// </summary>
public sealed partial class CodeWriter
{
    private byte[] buffer;

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="capacity">The bytes it can take before it first grows.</param>
    public CodeWriter(int capacity = 256) => buffer = new byte[Math.Max(capacity, 16)];

    /// <summary>The bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes written so far; valid until the next write.</summary>
    public ReadOnlySpan<byte> WrittenSpan => buffer.AsSpan(0, Length);

    /// <summary>The bytes written so far; valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => buffer.AsMemory(0, Length);

    /// <summary>A copy of the bytes written so far.</summary>
    public byte[] ToArray() => WrittenSpan.ToArray();

    /// <summary>Forgets what was written.</summary>
    public void Clear() => Length = 0;

    /// <summary>Forgets what was written after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    /// <summary>Appends <paramref name="count"/> bytes and returns them to be filled in.</summary>
    public Span<byte> Append(int count)
    {
        if (buffer.Length - Length < count) Array.Resize(ref buffer, Math.Max(checked(Length + count), buffer.Length * 2));
        Span<byte> span = buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }

    /// <summary>Appends one byte.</summary>
    public void Byte(byte value)
    {
        if (Length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        buffer[Length++] = value;
    }

    /// <summary>Appends bytes as they are.</summary>
    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Append(value.Length));

    /// <summary>Appends an unsigned LEB128 number.</summary>
    public void U32(uint value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    /// <summary>Appends an index or a count, which must not be negative, as an unsigned LEB128 number.</summary>
    public void Index(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        U32((uint)value);
    }

    /// <summary>Appends an unsigned LEB128 number in exactly five bytes, to be overwritten by <see cref="PatchPaddedU32"/>.</summary>
    /// <returns>The position of the five bytes.</returns>
    public int PaddedU32(uint value)
    {
        int position = Length;
        Append(5);
        PatchPaddedU32(position, value);
        return position;
    }

    /// <summary>Overwrites five bytes made by <see cref="PaddedU32"/>.</summary>
    public void PatchPaddedU32(int position, uint value)
    {
        Span<byte> span = buffer.AsSpan(position, 5);
        for (int i = 0; i < 4; i++) span[i] = (byte)((value >> (7 * i)) | 0x80);
        span[4] = (byte)(value >> 28);
    }

    /// <summary>Appends a signed LEB128 number (s32, s33 and s64 look alike).</summary>
    public void S64(long value)
    {
        while (value is < -64 or > 63)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)(value & 0x7F));
    }

    /// <summary>Appends a 32-bit float.</summary>
    public void F32(float value) => BinaryPrimitives.WriteSingleLittleEndian(Append(4), value);

    /// <summary>Appends a 64-bit float.</summary>
    public void F64(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Append(8), value);

    /// <summary>Appends a name: its length in UTF-8 bytes, then those.</summary>
    public void Name(string value)
    {
        int count = Encoding.UTF8.GetByteCount(value);
        Index(count);
        Encoding.UTF8.GetBytes(value, Append(count));
    }

    /// <summary>Appends a byte vector: its length, then the bytes.</summary>
    public void ByteVector(ReadOnlySpan<byte> value)
    {
        Index(value.Length);
        Bytes(value);
    }
}
