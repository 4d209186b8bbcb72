using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Gantry.Compiler.IR;

namespace Gantry.Compiler.Diagnostics;

/// <summary>A place in a source file; lines and columns count from 1.</summary>
internal readonly record struct SourceLocation(string File, int Line, int Column);

/// <summary>From IL offsets to source lines, by the portable PDBs.</summary>
internal static class SourceLocator
{
    /// <summary>The source of an instruction, or null without a PDB.</summary>
    public static SourceLocation? Find(SourcePosition position)
    {
        if (position.Method?.Module.Pdb is not { } pdb)
            return null;
        var information = pdb.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle(MetadataTokens.GetRowNumber(position.Method.Handle)));
        if (information.SequencePointsBlob.IsNil)
            return null;
        SequencePoint? best = null;
        foreach (var point in information.GetSequencePoints())
        {
            if (point.IsHidden)
                continue;
            if (best != null && point.Offset > position.ILOffset)
                break;
            best = point;
        }

        return best is { } found ? new SourceLocation(pdb.GetString(pdb.GetDocument(found.Document).Name), found.StartLine, found.StartColumn) : null;
    }
}
