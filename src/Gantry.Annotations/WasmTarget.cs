namespace Gantry;

/// <summary>What the code is being compiled for; lets one source serve CoreCLR and WebAssembly.</summary>
public static class WasmTarget
{
    /// <summary>False on CoreCLR; a constant true, folded before anything else, in code compiled by Gantry.Compiler.</summary>
    public static bool IsWebAssembly => false;
}
