namespace Gantry.Compiler.Corpus.Programs;

/// <summary>A JSON tokenizer over UTF-8 (RFC 8259): a ref struct that hands out one token after another.</summary>
public ref struct JsonTokenizer(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> text = text;
    private int at;

    /// <summary>What the last token is.</summary>
    public JsonToken Token { get; private set; }

    /// <summary>The last number.</summary>
    public double Number { get; private set; }

    /// <summary>The bytes between the quotes of the last string.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>Goes to the next token.</summary>
    public bool Next()
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') at++;
        if (at >= text.Length) return Is(JsonToken.End);
        byte first = text[at++];
        switch (first)
        {
            case (byte)'{': return Is(JsonToken.ObjectStart);
            case (byte)'}': return Is(JsonToken.ObjectEnd);
            case (byte)'[': return Is(JsonToken.ArrayStart);
            case (byte)']': return Is(JsonToken.ArrayEnd);
            case (byte)':': return Is(JsonToken.Colon);
            case (byte)',': return Is(JsonToken.Comma);
            case (byte)'t': return Literal("rue"u8, JsonToken.True);
            case (byte)'f': return Literal("alse"u8, JsonToken.False);
            case (byte)'n': return Literal("ull"u8, JsonToken.Null);
            case (byte)'"': return String();
            default: return first == '-' || (uint)(first - '0') <= 9 ? ReadNumber(first) : Is(JsonToken.Error);
        }
    }

    private bool Is(JsonToken token)
    {
        Token = token;
        return token is not (JsonToken.End or JsonToken.Error);
    }

    private bool Literal(ReadOnlySpan<byte> rest, JsonToken token)
    {
        if (!text[at..].StartsWith(rest)) return Is(JsonToken.Error);
        at += rest.Length;
        return Is(token);
    }

    private bool String()
    {
        int start = at;
        while (at < text.Length && text[at] != '"')
        {
            if (text[at] < 0x20) return Is(JsonToken.Error);
            at += text[at] == '\\' ? 2 : 1;
        }

        if (at >= text.Length) return Is(JsonToken.Error);
        Text = text[start..at++];
        return Is(JsonToken.String);
    }

    private bool ReadNumber(byte first)
    {
        bool negative = first == '-';
        double value = negative ? 0 : first - '0';
        while (at < text.Length && (uint)(text[at] - '0') <= 9) value = (value * 10) + (text[at++] - '0');
        if (at < text.Length && text[at] == '.')
        {
            at++;
            double scale = 1;
            while (at < text.Length && (uint)(text[at] - '0') <= 9)
            {
                scale *= 10;
                value += (text[at++] - '0') / scale;
            }
        }

        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            at++;
            bool down = at < text.Length && text[at] == '-';
            if (down || (at < text.Length && text[at] == '+')) at++;
            int exponent = 0;
            while (at < text.Length && (uint)(text[at] - '0') <= 9) exponent = Math.Min((exponent * 10) + (text[at++] - '0'), 400);
            for (; exponent > 0; exponent--) value = down ? value / 10 : value * 10;
        }

        Number = negative ? -value : value;
        return Is(JsonToken.Number);
    }
}

/// <summary>The kinds of tokens.</summary>
public enum JsonToken : byte
{
    End,
    Error,
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Colon,
    Comma,
    String,
    Number,
    True,
    False,
    Null,
}

/// <summary>Runs the tokenizer.</summary>
public static class Json
{
    private static ReadOnlySpan<byte> Document => """
        {"name": "gantry", "tags": ["wasm", "linux\n", "c\u0023"], "version": 0.125, "big": -1.5e10, "tiny": 2E-7,
         "nested": {"a": [1, 2, 3, [4, [5, {"deep": null}]]], "flag": true, "other": false, "empty": {}, "none": []},
         "text": "caf\u00e9 \"quoted\" \\ backslash", "numbers": [0, -0, 12345678901234567890, 3.14159265358979, 1e308, 5e-3]}
        """u8;

    /// <summary>Tokenizes the document cut at <paramref name="cut"/> bytes from its end, again and again; a hash of all tokens.</summary>
    [WasmExport("program_json")]
    [Inputs(0, 2)]
    [Inputs(1, 2)]
    [Inputs(2, 2)]
    [Inputs(10, 2)]
    [Inputs(33, 2)]
    [Inputs(100, 2)]
    [Inputs(150, 2)]
    [Inputs(219, 2)]
    [Inputs(300, 2)]
    [Inputs(400, 2)]
    [Inputs(9999, 2)]
    public static ulong Run(int cut, int rounds)
    {
        ReadOnlySpan<byte> document = Document;
        document = document[..(document.Length - Math.Min(cut & 0xFFFF, document.Length))];
        ulong hash = 1;
        for (int round = 0; round < rounds; round++)
        {
            var tokenizer = new JsonTokenizer(document);
            while (tokenizer.Next())
            {
                hash = (hash * 31) + (ulong)tokenizer.Token;
                if (tokenizer.Token == JsonToken.Number) hash ^= BitConverter.DoubleToUInt64Bits(tokenizer.Number);
                if (tokenizer.Token != JsonToken.String) continue;
                foreach (byte b in tokenizer.Text) hash = (hash * 131) + b;
            }

            hash = (hash * 31) + (ulong)tokenizer.Token;
        }

        return hash;
    }
}
