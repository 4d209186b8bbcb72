namespace Gantry.Engine.Memory;

/// <summary>Comparing bytes without the framework's vectorized generics, which are much code for short names.</summary>
public static unsafe class Bytes
{
    /// <summary>Whether two pieces of memory hold the same bytes.</summary>
    public static bool Equal(byte* first, byte* second, uint length)
    {
        for (var i = 0u; i < length; i++)
        {
            if (first[i] != second[i])
                return false;
        }

        return true;
    }

    /// <summary>Whether memory holds exactly this text.</summary>
    public static bool Equal(byte* bytes, uint length, ReadOnlySpan<byte> text)
    {
        if (length != (uint)text.Length)
            return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (bytes[i] != text[i])
                return false;
        }

        return true;
    }
}
