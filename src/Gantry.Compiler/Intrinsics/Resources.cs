using System.Resources;

namespace Gantry.Compiler.Intrinsics;

/// <summary>The base library's own exception texts.</summary>
internal static class Resources
{
    private static readonly Lazy<Dictionary<string, string>> Texts = new(Read);

    /// <summary>A text by its resource key; the key itself when there is none.</summary>
    public static string Text(string key) => Texts.Value.GetValueOrDefault(key, key);

    private static Dictionary<string, string> Read()
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        using var stream = typeof(object).Assembly.GetManifestResourceStream("System.Private.CoreLib.Strings.resources");
        if (stream == null)
            return texts;
        using var reader = new ResourceReader(stream);
        foreach (System.Collections.DictionaryEntry entry in reader)
        {
            if (entry is { Key: string key, Value: string value })
                texts[key] = value;
        }

        return texts;
    }
}
