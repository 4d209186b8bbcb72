namespace Gantry.Compiler.Diagnostics;

/// <summary>Something the compiler cannot compile.</summary>
/// <param name="File">Source file, or null when there is no PDB.</param>
/// <param name="Line">1-based line, 0 when unknown.</param>
/// <param name="Method">C# name of the method.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record Diagnostic(string? File, int Line, string Method, string Message)
{
    /// <summary>In the form that MSBuild recognises: <c>file(line): error GWC001: text</c>.</summary>
    public override string ToString() => File == null
        ? $"gantry-compiler : error GWC001: {Message} [{Method}]"
        : $"{File}({Line}): error GWC001: {Message} [{Method}]";
}
