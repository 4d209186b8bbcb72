namespace Gantry.Engine.Wasi;

/// <summary>Lines for a person on standard error.</summary>
internal static unsafe class Messages
{
    /// <summary>Docker's status for "the container could not be started".</summary>
    public const uint OwnFailure = 125;

    /// <summary>Writes bytes to a descriptor until all are out; false when it takes no more (a closed pipe).</summary>
    public static bool Write(uint fd, byte* bytes, uint length)
    {
        while (length != 0)
        {
            IoVector vector;
            vector.Address = (uint)(nuint)bytes;
            vector.Length = length;
            uint done = 0;
            var error = Preview1.fd_write(fd, &vector, 1, &done);
            if (error == WasiError.Again || error == WasiError.Interrupted)
                continue;
            if (error != 0 || done == 0)
                return false;
            bytes += done;
            length -= done;
        }

        return true;
    }

    public static void Say(ReadOnlySpan<byte> text)
    {
        fixed (byte* bytes = text)
            Write(2, bytes, (uint)text.Length);
    }

    public static void Say(Text text) => Write(2, text.At, text.Length);

    /// <summary>Writes a decimal number.</summary>
    public static void Say(ulong number)
    {
        var digits = stackalloc byte[20];
        var at = 20;
        do
        {
            digits[--at] = (byte)('0' + number % 10);
            number /= 10;
        }
        while (number != 0);
        Write(2, digits + at, (uint)(20 - at));
    }

    /// <summary>Says why and ends the process with status 125.</summary>
    public static void Fail(ReadOnlySpan<byte> text)
    {
        Say("gantry: "u8);
        Say(text);
        Say("\n"u8);
        Preview1.proc_exit(OwnFailure);
    }

    /// <inheritdoc cref="Fail(ReadOnlySpan{byte})"/>
    public static void Fail(ReadOnlySpan<byte> text, Text detail)
    {
        Say("gantry: "u8);
        Say(text);
        Say(detail);
        Say("\n"u8);
        Preview1.proc_exit(OwnFailure);
    }
}
