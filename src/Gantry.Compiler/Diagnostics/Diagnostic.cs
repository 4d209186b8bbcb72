namespace Gantry.Compiler.Diagnostics;

/// <summary>Something the compiler cannot compile.</summary>
/// <param name="File">Source file, or null when there is no PDB.</param>
/// <param name="Line">1-based line, 0 when unknown.</param>
/// <param name="Method">C# name of the method.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record Diagnostic(string? File, int Line, string Method, string Message)
{
    /// <summary>Whether it is a mistake of the compiler and not of the program.</summary>
    public bool IsInternal { get; init; }

    /// <summary>In the form that MSBuild recognises: <c>file(line): error GWC001: text</c>.</summary>
    public override string ToString()
    {
        var code = IsInternal ? "GWC900" : "GWC001";
        return File == null ? $"gantry-compiler : error {code}: {Message} [{Method}]" : $"{File}({Line}): error {code}: {Message} [{Method}]";
    }
}
