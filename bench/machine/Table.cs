using System.Globalization;
using System.Text;

namespace Gantry.Bench.Machine;

/// <summary>The results as a Markdown table.</summary>
internal static class Table
{
    /// <summary>Rows down, columns across: nanoseconds for native, times slower for the others and for the published peer; then boot and instruction rates.</summary>
    public static string Format(IReadOnlyList<string> rows, IReadOnlyList<Result> results)
    {
        var text = new StringBuilder();
        var native = results.FirstOrDefault(result => result.Name == "native");
        Line(text, "row", results.Select(result => result.Name == "native" ? "native, ns" : result.Name), Published.Name);
        text.Append("|---|").Insert(text.Length, "---:|", results.Count + 1).Append('\n');
        foreach (var row in rows)
            Line(text, row, results.Select(result => Cell(row, result, native)), Published.Cell(row));
        if (results.Any(result => result.BootSeconds != null))
            Line(text, "boot to init, s", results.Select(result => Number(result.BootSeconds)), Published.Boot);
        if (results.Any(result => result.BootInstructions != null))
            Line(text, "boot to init, million instructions", results.Select(result => Number(result.BootInstructions / 1e6)), "–");
        foreach (var row in rows.Where(row => results.Any(result => result.Mips.ContainsKey(row))))
            Line(text, $"{row}, guest MIPS", results.Select(result => Number(result.Mips.TryGetValue(row, out var mips) ? mips : null)), "–");
        return text.ToString();
    }

    private static string Cell(string row, Result result, Result? native)
    {
        if (!result.Nanoseconds.TryGetValue(row, out var nanoseconds))
            return "–";
        if (result == native)
            return Number(nanoseconds);
        return native == null ? $"{Number(nanoseconds)} ns"
            : native.Nanoseconds.TryGetValue(row, out var unit) ? Number(nanoseconds / unit) : "–";
    }

    private static string Number(double? value) => value switch
    {
        null => "–",
        < 10 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    private static void Line(StringBuilder text, string first, IEnumerable<string> cells, string published) =>
        text.Append("| ").Append(first).Append(" | ").AppendJoin(" | ", cells.Append(published)).Append(" |\n");
}
