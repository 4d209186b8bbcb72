namespace Gantry.Engine.Cpu.Float;

/// <summary>IEEE 754-2019 section 4.3 rounding directions, numbered as RISC-V's frm.</summary>
public enum RoundingMode : uint
{
    /// <summary>To nearest, ties to even.</summary>
    RNE = 0,

    /// <summary>Towards zero.</summary>
    RTZ = 1,

    /// <summary>Towards negative infinity.</summary>
    RDN = 2,

    /// <summary>Towards positive infinity.</summary>
    RUP = 3,

    /// <summary>To nearest, ties to the larger magnitude.</summary>
    RMM = 4,
}

/// <summary>IEEE 754-2019 section 7 exceptions, at the places of RISC-V's fflags. They accrue: operations only set them.</summary>
[Flags]
public enum FloatFlags : uint
{
    /// <summary>No exception.</summary>
    None = 0,

    /// <summary>Inexact.</summary>
    NX = 1,

    /// <summary>Underflow: tiny and inexact.</summary>
    UF = 2,

    /// <summary>Overflow.</summary>
    OF = 4,

    /// <summary>Division by zero.</summary>
    DZ = 8,

    /// <summary>Invalid operation.</summary>
    NV = 16,
}

/// <summary>What IEEE 754 leaves to the architecture. Implemented by empty structs, so that each instance is constants.</summary>
public interface IFloatRules
{
    /// <summary>A NaN result is the (quieted) first NaN operand; otherwise always the default NaN.</summary>
    static abstract bool PropagatesNaN { get; }

    /// <summary>Sign of the default NaN, the result of invalid operations.</summary>
    static abstract bool DefaultNaNIsNegative { get; }

    /// <summary>Tininess is judged after rounding as if the exponent had no bounds (section 7.5, a) or b)).</summary>
    static abstract bool TininessAfterRounding { get; }

    /// <summary>
    /// Conversions to integers that do not fit give the integer's most negative number, NaN included;
    /// otherwise they saturate and NaN gives the largest number.
    /// </summary>
    static abstract bool InvalidIntegerIsIndefinite { get; }
}

/// <summary>RISC-V unprivileged specification, chapters "F" and "D".</summary>
public readonly struct RiscVRules : IFloatRules
{
    /// <inheritdoc/>
    public static bool PropagatesNaN => false;

    /// <inheritdoc/>
    public static bool DefaultNaNIsNegative => false;

    /// <inheritdoc/>
    public static bool TininessAfterRounding => true;

    /// <inheritdoc/>
    public static bool InvalidIntegerIsIndefinite => false;
}

/// <summary>x86 SSE and later (Intel SDM volume 1, 4.8.3.5 and 4.9.1.5).</summary>
public readonly struct SseRules : IFloatRules
{
    /// <inheritdoc/>
    public static bool PropagatesNaN => true;

    /// <inheritdoc/>
    public static bool DefaultNaNIsNegative => true;

    /// <inheritdoc/>
    public static bool TininessAfterRounding => true;

    /// <inheritdoc/>
    public static bool InvalidIntegerIsIndefinite => true;
}
