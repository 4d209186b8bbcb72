namespace Gantry.Bench.Machine;

/// <summary>
/// What the project has to beat: TinyEMU compiled to WebAssembly, in V8, times slower than native code on the machine it was measured on. Its rows were other
/// programs of the same kinds.
/// </summary>
internal static class Published
{
    /// <summary>Heading of the column.</summary>
    public const string Name = "TinyEMU in wasm";

    /// <summary>Seconds of processor time from start to a shell.</summary>
    public const string Boot = "1";

    /// <summary>The figure for a row; a dash when there is none.</summary>
    public static string Cell(string row) => row switch
    {
        "integer" => "22–28",
        "branchy" => "62–72",
        "fp" => "159–192",
        "chase" => "2.5",
        "copy" => "22",
        "syscall" => "8",
        "fault" => "14–19",
        "forkexec" => "4",
        _ => "–",
    };
}
