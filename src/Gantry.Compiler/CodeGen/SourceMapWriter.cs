using System.Text;
using System.Text.Json;
using Gantry.Compiler.Diagnostics;
using Gantry.Compiler.IR;

namespace Gantry.Compiler.CodeGen;

/// <summary>Writes a source map, version 3: one generated line, whose columns are byte offsets in the module.</summary>
internal static class SourceMapWriter
{
    private const string Base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    public static string Write(List<List<(int Offset, SourcePosition Position)>> functions, int[] codeOffsets)
    {
        var sources = new List<string>();
        var sourceIndex = new Dictionary<string, int>();
        var mappings = new StringBuilder();
        int lastColumn = 0, lastSource = 0, lastLine = 0, lastSourceColumn = 0;
        for (var i = 0; i < functions.Count; i++)
        {
            SourceLocation? previous = null;
            foreach (var (offset, position) in functions[i])
            {
                if (SourceLocator.Find(position) is not { } location || location == previous)
                    continue;
                previous = location;
                if (!sourceIndex.TryGetValue(location.File, out var source))
                {
                    sourceIndex[location.File] = source = sources.Count;
                    sources.Add(location.File);
                }

                var column = codeOffsets[i] + offset;
                if (mappings.Length > 0)
                    mappings.Append(',');
                Append(mappings, column - lastColumn);
                Append(mappings, source - lastSource);
                Append(mappings, location.Line - 1 - lastLine);
                Append(mappings, location.Column - 1 - lastSourceColumn);
                (lastColumn, lastSource, lastLine, lastSourceColumn) = (column, source, location.Line - 1, location.Column - 1);
            }
        }

        var builder = new StringBuilder("{\"version\":3,\"sources\":");
        builder.Append(JsonSerializer.Serialize(sources)).Append(",\"names\":[],\"mappings\":\"").Append(mappings).Append("\"}");
        return builder.ToString();
    }

    /// <summary>A signed number as base-64 VLQ.</summary>
    private static void Append(StringBuilder builder, int value)
    {
        var rest = value < 0 ? ((uint)-value << 1) | 1 : (uint)value << 1;
        do
        {
            var digit = rest & 31;
            rest >>= 5;
            builder.Append(Base64[(int)(rest != 0 ? digit | 32 : digit)]);
        }
        while (rest != 0);
    }
}
