namespace Gantry.Wasm;

/// <summary>The bytes are not a module of the binary format, or the module is not valid.</summary>
public sealed class WasmException : Exception
{
    /// <summary>Makes the error of one place.</summary>
    /// <param name="message">What is wrong there.</param>
    /// <param name="offset">The byte offset in the binary; in a module that was made and not read, in its function's code.</param>
    public WasmException(string message, int offset)
        : base($"{message} (at offset 0x{offset:x})") => Offset = offset;

    /// <summary>The byte offset of what is wrong.</summary>
    public int Offset { get; }
}

/// <summary>The limits the WebAssembly JavaScript interface sets for all engines ("Limits"); modules beyond them run nowhere.</summary>
public static class ImplementationLimits
{
    public const int Types = 1_000_000;
    public const int Functions = 1_000_000;
    public const int Imports = 1_000_000;
    public const int Exports = 1_000_000;
    public const int Globals = 1_000_000;
    public const int Tables = 100;
    public const int TableSize = 10_000_000;
    public const int ElementSegments = 100_000;
    public const int DataSegments = 100_000;
    public const int Parameters = 1_000;
    public const int Results = 1_000;
    public const int Locals = 50_000;
    public const int FunctionSize = 7_654_321;
    public const int NameLength = 100_000;

    /// <summary>Pages of 64 KiB a 32-bit memory can have.</summary>
    public const int MemoryPages = 65_536;
}
