using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.Float;

/// <summary>128-bit unsigned arithmetic on pairs of words.</summary>
internal static class Wide
{
    /// <summary>High word of the product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Multiply(ulong a, ulong b, out ulong low)
    {
        if (!WasmTarget.IsWebAssembly) return Math.BigMul(a, b, out low);

        // WebAssembly 1 has no widening multiplication.
        ulong a0 = (uint)a, a1 = a >> 32, b0 = (uint)b, b1 = b >> 32;
        ulong p00 = a0 * b0;
        ulong middle = (a1 * b0) + (p00 >> 32);
        ulong middle2 = (a0 * b1) + (uint)middle;
        low = (middle2 << 32) | (uint)p00;
        return (a1 * b1) + (middle >> 32) + (middle2 >> 32);
    }

    /// <summary>Shifts right by 0 or more; whatever falls out sets the lowest bit ("jamming"), so that it still counts as inexact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ShiftRightJam(ref ulong high, ref ulong low, int count)
    {
        if (count == 0) return;
        if (count < 64)
        {
            ulong lost = low << (64 - count);
            low = (high << (64 - count)) | (low >> count) | (lost != 0 ? 1ul : 0);
            high >>= count;
        }
        else if (count < 128)
        {
            ulong lost = count == 64 ? low : (high << (128 - count)) | low;
            low = (high >> (count - 64)) | (lost != 0 ? 1ul : 0);
            high = 0;
        }
        else
        {
            low = (high | low) != 0 ? 1ul : 0;
            high = 0;
        }
    }

    /// <summary>Quotient of high:low by a divisor whose bit 63 is set and which is larger than high (Knuth, TAOCP 2, 4.3.1, algorithm D).</summary>
    public static ulong Divide(ulong high, ulong low, ulong divisor, out ulong remainder)
    {
        ulong first = DivideStep(high, low >> 32, divisor, out ulong rest);
        ulong second = DivideStep(rest, (uint)low, divisor, out remainder);
        return (first << 32) | second;
    }

    // One 32-bit digit of the quotient: (high * 2^32 + digit) / divisor, where high < divisor.
    private static ulong DivideStep(ulong high, ulong digit, ulong divisor, out ulong remainder)
    {
        ulong d1 = divisor >> 32, d0 = (uint)divisor;
        ulong q = high / d1, r = high % d1;
        while (q >> 32 != 0 || q * d0 > ((r << 32) | digit))
        {
            q--;
            r += d1;
            if (r >> 32 != 0) break;
        }

        remainder = (high << 32) + digit - (q * divisor);
        return q;
    }
}
