using System.Runtime.InteropServices;

namespace Gantry.Engine.Wasi;

/// <summary>Bytes somewhere in memory.</summary>
internal unsafe struct Text
{
    public byte* At;
    public uint Length;

    /// <summary>A C string's bytes.</summary>
    public static Text OfZeroTerminated(byte* at)
    {
        Text text;
        text.At = at;
        text.Length = 0;
        while (at[text.Length] != 0)
            text.Length++;
        return text;
    }

    /// <summary>Whether these are exactly the constant's bytes.</summary>
    public readonly bool Is(ReadOnlySpan<byte> constant)
    {
        return Length == (uint)constant.Length && StartsWith(constant);
    }

    /// <summary>Whether they begin with the constant.</summary>
    public readonly bool StartsWith(ReadOnlySpan<byte> constant)
    {
        if (Length < (uint)constant.Length)
            return false;
        for (var i = 0; i < constant.Length; i++)
        {
            if (At[i] != constant[i])
                return false;
        }

        return true;
    }

    /// <summary>What follows the first <paramref name="count"/> bytes.</summary>
    public readonly Text Skip(uint count)
    {
        Text text;
        text.At = At + count;
        text.Length = Length - count;
        return text;
    }

    /// <summary>Place of a byte, or <see cref="Length"/>.</summary>
    public readonly uint IndexOf(byte value)
    {
        uint i = 0;
        while (i < Length && At[i] != value)
            i++;
        return i;
    }

    /// <summary>A decimal number, or <paramref name="otherwise"/> when it is none or above <paramref name="most"/>.</summary>
    public readonly uint ToNumber(uint most, uint otherwise)
    {
        uint value = 0;
        if (Length == 0 || Length > 10)
            return otherwise;
        for (uint i = 0; i < Length; i++)
        {
            var digit = (uint)(At[i] - '0');
            if (digit > 9 || value > (uint.MaxValue - digit) / 10)
                return otherwise;
            value = value * 10 + digit;
        }

        return value <= most ? value : otherwise;
    }
}

/// <summary>Zeroed memory for the front door's own state; never freed, the process ends with it.</summary>
internal static unsafe class Allocation
{
    /// <summary>Memory, or the end of the process with status 125 when there is none.</summary>
    public static byte* Bytes(uint count)
    {
        var memory = (byte*)NativeMemory.AllocZeroed(count);
        if (memory == null)
            Messages.Fail("out of memory"u8);
        return memory;
    }
}
