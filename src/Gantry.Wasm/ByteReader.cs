using System.Buffers.Binary;
using System.Text;

namespace Gantry.Wasm;

/// <summary>Reads the binary format's numbers and names from bytes nobody vouches for: every step is bounds-checked.</summary>
public ref struct ByteReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    private readonly ReadOnlySpan<byte> bytes;
    private readonly int origin;

    /// <summary>Starts at the first byte.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="origin">The offset of the first byte in the binary, for errors.</param>
    public ByteReader(ReadOnlySpan<byte> bytes, int origin = 0)
    {
        this.bytes = bytes;
        this.origin = origin;
    }

    /// <summary>The position of the next byte, from the first byte given.</summary>
    public int Position { readonly get; private set; }

    /// <summary>The position of the next byte in the binary.</summary>
    public readonly int Offset => origin + Position;

    /// <summary>Whether all bytes were read.</summary>
    public readonly bool AtEnd => Position == bytes.Length;

    /// <summary>The bytes not read yet.</summary>
    public readonly int Remaining => bytes.Length - Position;

    /// <summary>Makes an error about the next byte.</summary>
    public readonly WasmException Error(string message) => new(message, Offset);

    /// <summary>Reads one byte.</summary>
    public byte Byte()
    {
        if (Position >= bytes.Length) throw Error("unexpected end");
        return bytes[Position++];
    }

    /// <summary>The next byte, or -1 at the end.</summary>
    public readonly int Peek() => Position < bytes.Length ? bytes[Position] : -1;

    /// <summary>Reads bytes as they are.</summary>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)Remaining) throw Error("length out of bounds");
        ReadOnlySpan<byte> result = bytes.Slice(Position, count);
        Position += count;
        return result;
    }

    /// <summary>Reads a u32: at most five bytes, the unused bits of the fifth zero (core 5.2.2).</summary>
    public uint U32()
    {
        uint first = Byte();
        if (first < 0x80) return first;
        Position--;
        uint result = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = Byte();
            if (shift == 28 && b > 0x0F) throw Error(b >= 0x80 ? "integer representation too long" : "integer too large");
            result |= (uint)(b & 0x7F) << shift;
            if (b < 0x80) return result;
        }
    }

    /// <summary>Reads a u32 as an index; one that no list can have comes out as <see cref="int.MaxValue"/>.</summary>
    public int Index() => (int)Math.Min(U32(), int.MaxValue);

    /// <summary>Reads the length of a vector whose elements take at least one byte each.</summary>
    public int Count(int limit, string what)
    {
        int offset = Offset;
        uint count = U32();
        if (count > (uint)limit) throw new WasmException($"{count} {what} exceed the limit of {limit}", offset);
        if (count > (uint)Remaining) throw new WasmException($"{count} {what} do not fit in the {Remaining} bytes left", offset);
        return (int)count;
    }

    public int S32() => (int)Signed(32);

    public long S33() => Signed(33);

    public long S64() => Signed(64);

    public float F32() => BinaryPrimitives.ReadSingleLittleEndian(Bytes(4));

    public double F64() => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8));

    /// <summary>Reads a name: valid UTF-8 with its length in front (core 5.2.4).</summary>
    public string Name()
    {
        int offset = Offset;
        int length = Count(ImplementationLimits.NameLength, "bytes of a name");
        try
        {
            return StrictUtf8.GetString(Bytes(length));
        }
        catch (ArgumentException)
        {
            throw new WasmException("malformed UTF-8 encoding", offset);
        }
    }

    /// <summary>Reads a value type.</summary>
    public ValType ValType()
    {
        byte value = Byte();
        if (!ValTypes.IsValType(value)) throw new WasmException($"malformed value type 0x{value:x2}", Offset - 1);
        return (ValType)value;
    }

    /// <summary>Reads a reference type.</summary>
    public ValType RefType()
    {
        ValType type = ValType();
        if (!type.IsReference()) throw new WasmException("malformed reference type", Offset - 1);
        return type;
    }

    // The last byte a width allows may only carry the sign in the bits beyond the width.
    private long Signed(int width)
    {
        long result = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = Byte();
            int used = width - shift;
            if (used < 7)
            {
                if (b >= 0x80) throw Error("integer representation too long");
                int extension = (sbyte)(b << 1) >> used;
                if (extension != 0 && extension != -1) throw Error("integer too large");
            }

            result |= (long)(b & 0x7F) << shift;
            if (b >= 0x80) continue;
            int bits = shift + 7;
            return bits < 64 ? result << (64 - bits) >> (64 - bits) : result;
        }
    }
}
