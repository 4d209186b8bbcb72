namespace Gantry.Engine.Jit;

/// <summary>Numbers of WebAssembly's binary format (core specification 2.0, chapter 5, and the tail-call extension): what a translator writes itself. All else comes from templates.</summary>
public static class Wasm
{
    /// <summary>Value types.</summary>
    public const int I32 = 0x7F, I64 = 0x7E, V128 = 0x7B, FuncRef = 0x70;

    /// <summary>The type of a block that neither takes nor leaves values.</summary>
    public const int NoResult = 0x40;

    /// <summary>Control.</summary>
    public const int Unreachable = 0x00, Block = 0x02, Loop = 0x03, If = 0x04, Else = 0x05, End = 0x0B, Br = 0x0C, BrIf = 0x0D, BrTable = 0x0E, CallIndirect = 0x11, ReturnCallIndirect = 0x13;

    /// <summary>Variables.</summary>
    public const int Drop = 0x1A, LocalGet = 0x20, LocalSet = 0x21, LocalTee = 0x22;

    /// <summary>Memory.</summary>
    public const int I32Load = 0x28, I64Load = 0x29, I32Load8U = 0x2D, I32Load16U = 0x2F, I64Store = 0x37, I32Store8 = 0x3A;

    /// <summary>Numbers.</summary>
    public const int I32Const = 0x41, I64Const = 0x42, I64Eqz = 0x50, I64And = 0x83, I32Eqz = 0x45, I32Eq = 0x46, I32Ne = 0x47, I32LtS = 0x48, I32Add = 0x6A, I32Sub = 0x6B, I32Mul = 0x6C, I32Or = 0x72, I32ShrU = 0x76;

    /// <summary>Sections.</summary>
    public const int TypeSection = 1, ImportSection = 2, FunctionSection = 3, ElementSection = 9, CodeSection = 10;
}
