namespace Gantry.Images.Erofs;

/// <summary>The name spaces EROFS stores as a number in front of a shortened name (e_name_index).</summary>
internal static class XattrNames
{
    private static readonly (string Prefix, byte Index, bool Whole)[] Prefixes =
    [
        ("user.", 1, false),
        ("system.posix_acl_access", 2, true),
        ("system.posix_acl_default", 3, true),
        ("trusted.", 4, false),
        ("security.", 6, false),
    ];

    /// <summary>Splits a full name into index and rest; false when Linux has no such name space.</summary>
    public static bool TrySplit(string name, out byte index, out string rest)
    {
        foreach (var (prefix, number, whole) in Prefixes)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || whole != (name.Length == prefix.Length)) continue;
            index = number;
            rest = name[prefix.Length..];
            return true;
        }
        index = 0;
        rest = "";
        return false;
    }

    /// <summary>The full name of an index and rest, or null when the index is unknown.</summary>
    public static string? Join(byte index, string rest)
    {
        foreach (var (prefix, number, whole) in Prefixes)
            if (number == index) return whole ? prefix : prefix + rest;
        return null;
    }
}
