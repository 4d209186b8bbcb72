using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Frame types of the control protocol (docs/guest.md).</summary>
internal static class Frame
{
    public const uint Arg = 0x0001;
    public const uint Env = 0x0002;
    public const uint Cwd = 0x0003;
    public const uint User = 0x0004;
    public const uint Stdio = 0x0005;
    public const uint Capabilities = 0x0007;
    public const uint Mount = 0x0010;
    public const uint Run = 0x001f;
    public const uint Time = 0x0020;
    public const uint Entropy = 0x0021;
    public const uint Hostname = 0x0022;
    public const uint Signal = 0x0030;
    public const uint Ready = 0x8001;
    public const uint Exited = 0x8003;
    public const uint Error = 0x8004;

    public const uint HeaderSize = 8;
    public const uint MaxPayload = 131072;
}

/// <summary>The host's end of port <c>gantry.control</c>: frames go out through a queue of our own, since a port's ring is small.</summary>
internal unsafe struct ControlPort
{
    /// <summary>The guest's init is ready for settings.</summary>
    public bool IsReady;

    /// <summary>Process 0 has ended.</summary>
    public bool HasExited;

    /// <summary>Its status.</summary>
    public uint Status;

    private Port* port;
    private byte* queue;
    private uint capacity;
    private uint queued;
    private uint sent;
    private byte* received;
    private uint receivedLength;

    /// <summary>Starts on a port with room for <paramref name="size"/> bytes of frames.</summary>
    public void Open(Port* control, uint size)
    {
        port = control;
        capacity = size;
        queue = Allocation.Bytes(size);
        received = Allocation.Bytes(Frame.HeaderSize + Frame.MaxPayload);
    }

    /// <summary>Queues a frame about process 0.</summary>
    public void Queue(uint type, byte* payload, uint length)
    {
        Begin(type, length);
        Append(payload, length);
    }

    /// <inheritdoc cref="Queue(uint, byte*, uint)"/>
    public void Queue(uint type, Text text) => Queue(type, text.At, text.Length);

    /// <summary>Queues a frame's header; exactly <paramref name="length"/> bytes must be appended.</summary>
    public void Begin(uint type, uint length)
    {
        if (length > Frame.MaxPayload)
            Messages.Fail("an argument or variable is longer than 131072 bytes"u8);
        var header = stackalloc uint[2];
        header[0] = length;
        header[1] = type;
        Append((byte*)header, Frame.HeaderSize);
    }

    public void Append(byte* bytes, uint length)
    {
        if (queued == sent)
            queued = sent = 0;
        if (length > capacity - queued)
            Messages.Fail("too many settings"u8);
        Buffer.MemoryCopy(bytes, queue + queued, length, length);
        queued += length;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
            Append(at, (uint)bytes.Length);
    }

    /// <summary>Moves queued bytes to the guest and takes its frames; true when anything moved.</summary>
    public bool Serve()
    {
        var moved = port->ToGuest.Write(queue + sent, queued - sent);
        sent += moved;
        var any = moved != 0;
        while (Receive())
            any = true;
        return any;
    }

    private bool Receive()
    {
        var wanted = Frame.HeaderSize;
        if (receivedLength >= Frame.HeaderSize)
            wanted += *(uint*)received;
        if (receivedLength < wanted)
        {
            var got = port->ToHost.Read(received + receivedLength, wanted - receivedLength);
            receivedLength += got;
            if (receivedLength >= Frame.HeaderSize && *(uint*)received > Frame.MaxPayload)
                Messages.Fail("the guest sent nonsense on its control port"u8);
            if (got != 0 && receivedLength == Frame.HeaderSize && *(uint*)received == 0)
                Take();
            return got != 0;
        }

        Take();
        return true;
    }

    private void Take()
    {
        var length = *(uint*)received;
        var type = (uint)*(ushort*)(received + 4);
        var process = *(ushort*)(received + 6);
        var payload = received + Frame.HeaderSize;
        receivedLength = 0;
        if (type == Frame.Ready)
            IsReady = true;
        else if (type == Frame.Exited && process == 0 && length >= 4)
        {
            HasExited = true;
            Status = *(uint*)payload;
        }
        else if (type == Frame.Error)
        {
            Text text;
            text.At = payload;
            text.Length = length;
            Messages.Say("gantry: "u8);
            Messages.Say(text);
            Messages.Say("\n"u8);
        }
    }
}
