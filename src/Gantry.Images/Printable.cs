using System.Text;

namespace Gantry.Images;

/// <summary>
/// Byte strings. Linux names are bytes without an encoding: they are held as one byte a char (Latin-1), so that no name is
/// lost and ordinal comparison is the byte order EROFS directories need.
/// </summary>
public static class Printable
{
    /// <summary>Text for an error message: control characters escaped and cut at 200 characters, for hostile input.</summary>
    public static string Of(string text)
    {
        var result = new StringBuilder();
        foreach (var c in text.Length > 200 ? text.AsSpan(0, 200) : text)
            result.Append(c is < ' ' or (>= '\x7f' and < '\xa0') ? $"\\x{(int)c:x2}" : c.ToString());
        if (text.Length > 200) result.Append('…');
        return result.ToString();
    }

    /// <summary>A byte-string name as text: decoded from UTF-8 where it is, control characters escaped.</summary>
    public static string OfName(string bytes) => Of(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes)));

    /// <summary>The byte-string name of ordinary text (its UTF-8 bytes, one a char).</summary>
    public static string ToName(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
