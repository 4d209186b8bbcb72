
namespace Gantry.Engine;

/// <summary>Text lines for the host about guests that break rules. Bounded: a full ring drops whole lines.</summary>
public static unsafe class Log
{
    /// <summary>Writes the text, a number and a line feed.</summary>
    public static void Write(Machine* machine, ReadOnlySpan<byte> text, ulong number)
    {
        var ring = &machine->Mailbox->Log;
        var digits = stackalloc byte[24];
        var length = 0u;
        digits[23] = (byte)'\n';
        do
        {
            digits[22 - length++] = (byte)('0' + (number % 10));
            number /= 10;
        }
        while (number != 0);
        if (ring->Space < (uint)text.Length + length + 1)
            return;
        fixed (byte* bytes = text)
            ring->Write(bytes, (uint)text.Length);
        ring->Write(digits + 23 - length, length + 1);
    }
}
