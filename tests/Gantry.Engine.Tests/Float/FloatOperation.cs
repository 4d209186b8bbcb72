using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Tests.Float;

/// <summary>Our implementation of one instruction on up to three numbers and an integer (zero-extended patterns; results as the register file holds them).</summary>
public delegate ulong FloatFunction(ulong a, ulong b, ulong c, long x, RoundingMode mode, ref FloatFlags flags);

/// <summary>One instruction: how the oracle knows it, and what we say it does.</summary>
/// <param name="Name">The mnemonic.</param>
/// <param name="Encoding">The instruction (RISC-V: operands f10, f11, f12 or x10, result in f10 or x10, rm dynamic where it has one).</param>
/// <param name="Sources">Number of floating-point operands; 0 when the operand is the integer.</param>
/// <param name="SingleSources">The operands are binary32 (otherwise binary64).</param>
/// <param name="ToInteger">The result is in the integer register (otherwise in a floating-point register).</param>
/// <param name="Function">Our implementation.</param>
public sealed record FloatOperation(
    string Name, uint Encoding, int Sources, bool SingleSources, bool ToInteger, FloatFunction Function);
