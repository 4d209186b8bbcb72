using System.Buffers.Binary;
using System.Text;

namespace Gantry.Guest.Tests;

/// <summary>The frame types of docs/guest.md.</summary>
internal enum FrameType : ushort
{
    Arg = 0x01, Env, Cwd, User, Stdio, Rlimit, Capabilities, Options,
    Mount = 0x10, File = 0x11, Run = 0x1f,
    Time = 0x20, Entropy, Hostname, Network, DropCaches, Shutdown,
    Signal = 0x30, Resize,
    Ready = 0x8001, Started, Exited, Error,
}

/// <summary>One frame as it came from the guest.</summary>
internal sealed record Frame(FrameType Type, ushort Process, byte[] Payload)
{
    /// <summary>The payload as text (ERROR).</summary>
    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>The first integer (STARTED: process id, EXITED: status).</summary>
    public int Number => BinaryPrimitives.ReadInt32LittleEndian(Payload);

    /// <summary>EXITED: the signal, or 0.</summary>
    public int ExitSignal => BinaryPrimitives.ReadInt32LittleEndian(Payload.AsSpan(4));
}

/// <summary>Payloads of the frames that hold more than a text.</summary>
internal static class Payload
{
    /// <summary>Little-endian integers one after the other, each as wide as its type.</summary>
    public static byte[] Integers(params object[] values)
    {
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        foreach (object value in values)
        {
            switch (value)
            {
                case byte v: writer.Write(v); break;
                case ushort v: writer.Write(v); break;
                case int v: writer.Write(v); break;
                case uint v: writer.Write(v); break;
                case long v: writer.Write(v); break;
                case ulong v: writer.Write(v); break;
                default: throw new ArgumentException(value.GetType().Name);
            }
        }
        return bytes.ToArray();
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Terminal(int rows, int columns) => Integers((byte)1, (byte)0, (ushort)rows, (ushort)columns);

    public static byte[] File(uint mode, uint uid, uint gid, string path, string contents) =>
        [.. Integers(mode, uid, gid), .. Text(path), 0, .. Text(contents)];

    public static byte[] Mount(bool readOnly, string tag, string path, string options = "") =>
        [.. Integers(readOnly ? 1 : 0), .. Text(tag), 0, .. Text(path), 0, .. Text(options)];

    public static byte[] Now()
    {
        TimeSpan time = DateTime.UtcNow - DateTime.UnixEpoch;
        return Integers((long)time.TotalSeconds, (uint)(time.Ticks % TimeSpan.TicksPerSecond * 100), 0);
    }
}
