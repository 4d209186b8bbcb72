using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Jit;

/// <summary>
/// A module that tells whether <c>f64x2.relaxed_madd</c> is there and rounds once. It may round twice, but whichever it does on a host it always does (WebAssembly 3.0, Numerics, "Relaxed Operations": the choice is a parameter of
/// the execution environment).
/// </summary>
internal static unsafe class FusionProbe
{
    /// <summary>Its bytes. The export <c>fuses</c>, called with 0, so that nothing is known when it is compiled, returns 1 when (1 + 2^-30) (1 - 2^-30) - 1 is -2^-60; rounded twice it is 0.</summary>
    public static ReadOnlySpan<byte> Bytes =>
    [
        0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00, // magic, version
        0x01, 0x06, 0x01, 0x60, 0x01, 0x7C, 0x01, 0x7F, // type: f64 -> i32
        0x03, 0x02, 0x01, 0x00, // one function
        0x07, 0x09, 0x01, 0x05, 0x66, 0x75, 0x73, 0x65, 0x73, 0x00, 0x00, // exported as "fuses"
        0x0A, 0x38, 0x01, 0x36, 0x00, // its code
        0x20, 0x00, 0x44, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0xF0, 0x3F, 0xA0, // local.get 0, f64.const 1 + 2^-30, f64.add
        0xFD, 0x14, // f64x2.splat
        0x44, 0x00, 0x00, 0x80, 0xFF, 0xFF, 0xFF, 0xEF, 0x3F, 0xFD, 0x14, // f64.const 1 - 2^-30, f64x2.splat
        0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xF0, 0xBF, 0xFD, 0x14, // f64.const -1, f64x2.splat
        0xFD, 0x87, 0x02, // f64x2.relaxed_madd
        0xFD, 0x21, 0x00, // f64x2.extract_lane 0
        0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0xBC, 0x61, // f64.const -2^-60, f64.eq
        0x0B, // end
    ];

    /// <summary>Where they are; they do not move.</summary>
    public static nuint Address => (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Bytes));
}
