namespace Gantry.Images.Registry;

/// <summary>A <c>WWW-Authenticate</c> challenge (RFC 9110, 11.6.1): scheme and parameters.</summary>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int MaxParameters = 20;

    /// <summary>Reads one header value; null when it is not understood.</summary>
    public static AuthChallenge? Parse(string scheme, string? parameters)
    {
        var result = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var rest = (parameters ?? "").AsSpan().Trim();
        while (!rest.IsEmpty)
        {
            var equals = rest.IndexOf('=');
            if (equals < 1 || result.Count >= MaxParameters) return null;
            var name = rest[..equals].Trim().ToString();
            rest = rest[(equals + 1)..].TrimStart();
            string value;
            if (rest.StartsWith("\""))
            {
                if (!TakeQuoted(ref rest, out value)) return null;
            }
            else
            {
                var comma = rest.IndexOf(',');
                value = (comma < 0 ? rest : rest[..comma]).Trim().ToString();
                rest = comma < 0 ? default : rest[comma..];
            }
            result[name] = value;
            rest = rest.TrimStart(" ,");
        }
        return new AuthChallenge(scheme, result);
    }

    private static bool TakeQuoted(ref ReadOnlySpan<char> rest, out string value)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                rest = rest[(i + 1)..];
                value = text.ToString();
                return true;
            }
            if (rest[i] == '\\' && i + 1 < rest.Length) i++;
            text.Append(rest[i]);
        }
        value = "";
        return false;
    }
}
