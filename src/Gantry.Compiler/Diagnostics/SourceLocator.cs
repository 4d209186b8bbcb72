using System.Reflection.Metadata.Ecma335;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler.Diagnostics;

/// <summary>A place in a source file; lines and columns count from 1.</summary>
internal readonly record struct SourceLocation(string File, int Line, int Column);

/// <summary>From IL offsets to source lines, by the portable PDBs.</summary>
internal static class SourceLocator
{
    /// <summary>The source of an instruction, or null without a PDB.</summary>
    public static SourceLocation? Find(SourcePosition position)
    {
        if (position.Method == null)
            return null;
        var points = position.Method.SequencePoints ??= Decode(position.Method);
        if (points.Length == 0)
            return null;
        // The last point at or before the offset; code before the first one (a hidden prologue) belongs to it.
        int low = 0, high = points.Length;
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (points[middle].Offset <= position.ILOffset)
                low = middle;
            else
                high = middle;
        }

        return points[low].Location;
    }

    /// <summary>A method's visible sequence points; the PDB has them in the order of their offsets.</summary>
    private static (int Offset, SourceLocation Location)[] Decode(MethodDesc method)
    {
        if (method.Module.Pdb is not { } pdb)
            return [];
        var information = pdb.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle(MetadataTokens.GetRowNumber(method.Handle)));
        if (information.SequencePointsBlob.IsNil)
            return [];
        var points = new List<(int, SourceLocation)>();
        foreach (var point in information.GetSequencePoints())
        {
            if (!point.IsHidden)
                points.Add((point.Offset, new SourceLocation(pdb.GetString(pdb.GetDocument(point.Document).Name), point.StartLine, point.StartColumn)));
        }

        return [.. points];
    }
}
