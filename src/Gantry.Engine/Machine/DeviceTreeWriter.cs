using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gantry.Engine;

/// <summary>Writes a flattened device tree (Devicetree Specification 0.4, chapter 5), version 17, into a bounded buffer.</summary>
/// <remarks>Whatever does not fit sets <see cref="Overflow"/> instead of being written.</remarks>
public unsafe struct DeviceTreeWriter
{
    private const uint Magic = 0xD00DFEED;
    private const uint Version = 17;
    private const uint LastCompatibleVersion = 16;
    private const uint HeaderSize = 40;
    private const uint ReservationSize = 16;
    private const uint BeginNodeToken = 1;
    private const uint EndNodeToken = 2;
    private const uint PropertyToken = 3;
    private const uint EndToken = 9;

    /// <summary>Something did not fit: the tree is not to be used.</summary>
    public bool Overflow;

    private byte* buffer;
    private uint capacity;
    private uint position;
    private byte* strings;
    private uint stringsCapacity;
    private uint stringsLength;

    /// <summary>Starts an empty tree.</summary>
    /// <param name="target">Where the tree will be; aligned to 8.</param>
    /// <param name="size">Bytes there.</param>
    /// <param name="names">Scratch for the strings block.</param>
    /// <param name="namesSize">Bytes of scratch.</param>
    public void Start(byte* target, uint size, byte* names, uint namesSize)
    {
        buffer = target;
        capacity = size;
        strings = names;
        stringsCapacity = namesSize;
        stringsLength = 0;
        Overflow = size < HeaderSize + ReservationSize;
        position = HeaderSize + ReservationSize;
        if (!Overflow)
            NativeMemory.Clear(target, position);
    }

    /// <summary>Opens a node.</summary>
    public void BeginNode(ReadOnlySpan<byte> name)
    {
        Word(BeginNodeToken);
        Text(name);
    }

    /// <summary>Opens a node whose name ends in a unit address, <c>name@address</c>.</summary>
    public void BeginNode(ReadOnlySpan<byte> name, ulong unitAddress)
    {
        Word(BeginNodeToken);
        Bytes(name);
        Byte((byte)'@');
        Hex(unitAddress);
        Byte(0);
        Align();
    }

    /// <summary>Closes the node opened last.</summary>
    public void EndNode() => Word(EndNodeToken);

    /// <summary>A property without a value.</summary>
    public void Property(ReadOnlySpan<byte> name) => BeginProperty(name, 0);

    /// <summary>A property of one cell.</summary>
    public void Property(ReadOnlySpan<byte> name, uint value)
    {
        BeginProperty(name, 4);
        Word(value);
    }

    /// <summary>A property of two cells.</summary>
    public void Property(ReadOnlySpan<byte> name, uint first, uint second)
    {
        BeginProperty(name, 8);
        Word(first);
        Word(second);
    }

    /// <summary>A property of two 64-bit numbers, such as <c>reg</c> with two address and two size cells.</summary>
    public void PropertyWide(ReadOnlySpan<byte> name, ulong first, ulong second)
    {
        BeginProperty(name, 16);
        Wide(first);
        Wide(second);
    }

    /// <summary>A property of one 64-bit number.</summary>
    public void PropertyWide(ReadOnlySpan<byte> name, ulong value)
    {
        BeginProperty(name, 8);
        Wide(value);
    }

    /// <summary>A text property; the terminating zero is added.</summary>
    public void PropertyText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        BeginProperty(name, (uint)value.Length + 1);
        Text(value);
    }

    /// <summary>A property of any bytes.</summary>
    public void PropertyBytes(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        BeginProperty(name, (uint)value.Length);
        Bytes(value);
        Align();
    }

    /// <summary>Ends the tree and returns its size; 0 when it did not fit.</summary>
    public uint Finish()
    {
        Word(EndToken);
        var structureEnd = position;
        Bytes(new ReadOnlySpan<byte>(strings, (int)stringsLength));
        if (Overflow)
            return 0;
        var header = (uint*)buffer;
        header[0] = BigEndian(Magic);
        header[1] = BigEndian(position);
        header[2] = BigEndian(HeaderSize + ReservationSize);
        header[3] = BigEndian(structureEnd);
        header[4] = BigEndian(HeaderSize);
        header[5] = BigEndian(Version);
        header[6] = BigEndian(LastCompatibleVersion);
        header[7] = 0;
        header[8] = BigEndian(stringsLength);
        header[9] = BigEndian(structureEnd - HeaderSize - ReservationSize);
        return position;
    }

    private static uint BigEndian(uint value) => BinaryPrimitives.ReverseEndianness(value);

    private void BeginProperty(ReadOnlySpan<byte> name, uint length)
    {
        Word(PropertyToken);
        Word(length);
        Word(StringOffset(name));
    }

    // Each name once in the strings block.
    private uint StringOffset(ReadOnlySpan<byte> name)
    {
        var at = 0u;
        while (at < stringsLength)
        {
            var length = 0u;
            while (strings[at + length] != 0)
                length++;
            if (Memory.Bytes.Equal(strings + at, length, name))
                return at;
            at += length + 1;
        }

        if (stringsCapacity - stringsLength < (uint)name.Length + 1)
        {
            Overflow = true;
            return 0;
        }

        for (var i = 0; i < name.Length; i++)
            strings[stringsLength + (uint)i] = name[i];
        stringsLength += (uint)name.Length;
        strings[stringsLength++] = 0;
        return at;
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        Bytes(text);
        Byte(0);
        Align();
    }

    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
            Byte(bytes[i]);
    }

    private void Hex(ulong value)
    {
        var shift = 60;
        while (shift > 0 && (value >> shift) == 0)
            shift -= 4;
        for (; shift >= 0; shift -= 4)
        {
            var digit = (uint)(value >> shift) & 15;
            Byte((byte)(digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
    }

    private void Byte(byte value)
    {
        if (position >= capacity)
        {
            Overflow = true;
            return;
        }

        buffer[position++] = value;
    }

    private void Align()
    {
        while ((position & 3) != 0 && !Overflow)
            Byte(0);
    }

    private void Word(uint value)
    {
        Byte((byte)(value >> 24));
        Byte((byte)(value >> 16));
        Byte((byte)(value >> 8));
        Byte((byte)value);
    }

    private void Wide(ulong value)
    {
        Word((uint)(value >> 32));
        Word((uint)value);
    }
}
