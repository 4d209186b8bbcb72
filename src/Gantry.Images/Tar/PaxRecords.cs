using System.Globalization;
using System.Text;

namespace Gantry.Images.Tar;

/// <summary>The records of PAX extended headers (POSIX.1-2017 pax "pax Extended Header"): <c>LENGTH KEY=VALUE\n</c>.</summary>
internal sealed class PaxRecords
{
    private const string XattrPrefix = "SCHILY.xattr.";
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <summary>Sparse map of format 0.0, whose records repeat and so must be kept in order.</summary>
    public List<Extent>? SparseMap { get; private set; }

    /// <summary>These records on top of <paramref name="global"/> ones; an empty value deletes (POSIX "shall delete").</summary>
    public static PaxRecords Parse(ReadOnlySpan<byte> data, PaxRecords? global, int maxSegments)
    {
        var records = new PaxRecords();
        if (global is not null)
            foreach (var (key, value) in global._values) records._values[key] = value;
        long? sparseOffset = null;
        while (!data.IsEmpty)
        {
            var blank = data.IndexOf((byte)' ');
            if (blank is < 1 or > 9 || !int.TryParse(data[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= blank + 2 || length > data.Length || data[length - 1] != '\n')
                throw TarHeader.Invalid("a PAX record's length is wrong");
            var record = data[(blank + 1)..(length - 1)];
            data = data[length..];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1) throw TarHeader.Invalid("a PAX record has no key");
            var key = Encoding.Latin1.GetString(record[..equals]);
            var value = record[(equals + 1)..].ToArray();
            switch (key)
            {
                case "GNU.sparse.offset":
                    sparseOffset = ParseInteger(value, key);
                    continue;
                case "GNU.sparse.numbytes":
                    records.SparseMap ??= [];
                    if (records.SparseMap.Count >= maxSegments) throw TarReader.TooManySegments();
                    records.SparseMap.Add(new Extent(sparseOffset ?? throw TarHeader.Invalid("GNU.sparse.numbytes without offset"),
                        ParseInteger(value, key)));
                    sparseOffset = null;
                    continue;
            }
            if (value.Length == 0 && !key.StartsWith(XattrPrefix, StringComparison.Ordinal)) records._values.Remove(key);
            else records._values[key] = value;
        }
        return records;
    }

    /// <summary>The value as a byte string; null when the record is absent.</summary>
    public string? Text(string key)
    {
        if (!_values.TryGetValue(key, out var value)) return null;
        if (value.AsSpan().Contains((byte)0)) throw TarHeader.Invalid($"the PAX record {key} holds a NUL");
        return Encoding.Latin1.GetString(value);
    }

    /// <summary>The value as a decimal integer; null when the record is absent.</summary>
    public long? Integer(string key) => _values.TryGetValue(key, out var value) ? ParseInteger(value, key) : null;

    /// <summary>The value as seconds with an optional fraction; null when the record is absent.</summary>
    public Timestamp? Time(string key)
    {
        if (Text(key) is not { } text) return null;
        var negative = text.StartsWith('-');
        var digits = negative ? text.AsSpan(1) : text;
        var dot = digits.IndexOf('.');
        var whole = dot < 0 ? digits : digits[..dot];
        var fraction = dot < 0 ? default : digits[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || fraction.IndexOfAnyExceptInRange('0', '9') >= 0) throw TarHeader.Invalid($"the PAX record {key} is not a time");
        uint nanoseconds = 0;
        for (var i = 0; i < 9; i++) nanoseconds = nanoseconds * 10 + (i < fraction.Length ? (uint)(fraction[i] - '0') : 0);
        if (!negative) return new Timestamp(seconds, nanoseconds);
        return nanoseconds == 0 ? new Timestamp(-seconds, 0) : new Timestamp(-seconds - 1, 1_000_000_000 - nanoseconds);
    }

    /// <summary>Extended attributes, null when there are none.</summary>
    public Dictionary<string, byte[]>? Xattrs()
    {
        Dictionary<string, byte[]>? xattrs = null;
        foreach (var (key, value) in _values)
            if (key.StartsWith(XattrPrefix, StringComparison.Ordinal) && key.Length > XattrPrefix.Length)
                (xattrs ??= new(StringComparer.Ordinal))[key[XattrPrefix.Length..]] = value;
        return xattrs;
    }

    private static long ParseInteger(ReadOnlySpan<byte> value, string key) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw TarHeader.Invalid($"the PAX record {key} is not a number");
}
