using System.Globalization;
using Gantry.Converter;

namespace Gantry.Cli.Commands;

/// <summary>Sizes as people write them.</summary>
internal static class Sizes
{
    /// <summary>Reads <c>512M</c>, <c>1G</c>, <c>262144K</c> or bytes.</summary>
    /// <exception cref="ConverterException">It is none of these.</exception>
    public static ulong Parse(string option, string text)
    {
        var shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            _ => 0,
        };
        if (!ulong.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > (1UL << 40) >> shift)
            throw new ConverterException($"{option} {text}: write a number with K, M or G, such as 512M");
        return number << shift;
    }

    /// <summary>A size for people.</summary>
    public static string Show(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / 1073741824.0:F2} GiB",
        >= 1L << 20 => $"{bytes / 1048576.0:F1} MiB",
        >= 1L << 10 => $"{bytes / 1024.0:F1} KiB",
        _ => $"{bytes} bytes",
    };
}
