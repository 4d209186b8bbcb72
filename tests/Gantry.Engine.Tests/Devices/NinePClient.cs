using System.Buffers.Binary;
using System.Text;
using Gantry.Engine.Devices;
using Gantry.Engine.Host;
using Gantry.Engine.RiscV;
using Gantry.Host.Engines;
using Gantry.Host.Files;

namespace Gantry.Engine.Tests.Devices;

/// <summary>A 9P2000.L client over the fake driver, and the host that answers from a folder.</summary>
internal sealed unsafe class NinePClient : IDisposable
{
    private const ulong Request = MemoryMap.Ram + 0x400000;
    private const ulong Reply = MemoryMap.Ram + 0x480000;
    private const int ReplySize = 0x10000;

    private readonly FakeDriver driver;
    private readonly NativeEngine engine = new();
    private readonly IFileServer server;

    public NinePClient(TestMachine machine, IFileServer server)
    {
        Machine = machine;
        this.server = server;
        driver = machine.Driver(VirtioKind.NineP).Start(1);
        var answer = Call(100, new Body().Word(65536).Text("9P2000.L"));
        Assert.Equal("9P2000.L", answer.Skip(4).Text());
        Call(104, new Body().Word(0).Word(uint.MaxValue).Text("").Text("").Word(0));
    }

    public TestMachine Machine { get; }

    public FakeDriver Driver => driver;

    /// <summary>Sends a message and serves the host until the reply is there.</summary>
    public Body Call(byte type, Body body)
    {
        Send(type, body);
        for (var turn = 0; turn < 100; turn++)
        {
            if (driver.Used(0) is [var (_, length)])
                return Parse(type, (int)length);
            Serve();
        }

        throw new InvalidOperationException($"no reply to {type}");
    }

    public void Send(byte type, Body body)
    {
        var message = machineRam(Request, 7 + body.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        message[4] = type;
        message[5] = 0x34;
        message[6] = 0x12;
        body.Bytes.CopyTo(message[7..]);
        // In pieces that split header and fields.
        driver.Send(0, 0, (Request, 3, false), (Request + 3, message.Length - 3, false), (Reply, 9, true), (Reply + 9, ReplySize - 9, true));
    }

    public void Serve()
    {
        foreach (var address in Machine.Requests())
        {
            var slot = (Gantry.Engine.Host.Request*)address;
            var request = new FileRequest(engine, ref *slot);
            slot->Status = server.Serve(ref request);
            slot->State = (uint)RequestState.Completed;
        }

        Machine.Poll();
    }

    /// <summary>Walks from a fid; the names' qid types.</summary>
    public byte[] Walk(uint fid, uint newFid, params string[] names)
    {
        var body = new Body().Word(fid).Word(newFid).Short(names.Length);
        foreach (var name in names)
            body.Text(name);
        var answer = Call(110, body);
        var types = new byte[answer.Short()];
        for (var i = 0; i < types.Length; i++)
        {
            types[i] = answer.Byte();
            answer.Skip(12);
        }

        return types;
    }

    public void Clunk(uint fid) => Call(120, new Body().Word(fid));

    public void Open(uint fid, uint flags) => Call(12, new Body().Word(fid).Word(flags));

    public byte[] Read(uint fid, ulong offset, uint count)
    {
        var answer = Call(116, new Body().Word(fid).Wide(offset).Word(count));
        return answer.Rest((int)answer.Word());
    }

    public uint Write(uint fid, ulong offset, byte[] data) =>
        Call(118, new Body().Word(fid).Wide(offset).Word((uint)data.Length).Raw(data)).Word();

    public List<string> List(uint fid, uint count)
    {
        var names = new List<string>();
        var cookie = 0UL;
        while (true)
        {
            var answer = Call(40, new Body().Word(fid).Wide(cookie).Word(count));
            var entries = new Body().Raw(answer.Rest((int)answer.Word()));
            Assert.True(entries.Length <= count);
            if (entries.Length == 0)
                return names;
            while (entries.Left > 0)
            {
                entries.Skip(13);
                cookie = entries.Wide();
                entries.Skip(1);
                names.Add(entries.Text());
            }
        }
    }

    public void Dispose() => server.Dispose();

    private Span<byte> machineRam(ulong address, int length) => Machine.Ram(address, length);

    private Body Parse(byte type, int length)
    {
        var reply = machineRam(Reply, length);
        Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(reply));
        Assert.Equal((0x34, 0x12), (reply[5], reply[6]));
        var body = new Body().Raw(reply[7..]);
        if (reply[4] == 7)
            throw new NinePFailure(body.Word());
        Assert.Equal(type + 1, reply[4]);
        return body;
    }
}

/// <summary>The server answered Rlerror.</summary>
internal sealed class NinePFailure(uint error) : Exception($"errno {error}")
{
    public uint Error => error;
}

/// <summary>Fields of a message, written at the end, read from the start.</summary>
internal sealed class Body
{
    private readonly List<byte> bytes = [];
    private int position;

    public int Length => bytes.Count;

    public int Left => bytes.Count - position;

    public byte[] Bytes => [.. bytes];

    public Body Word(uint value) => Raw(BitConverter.GetBytes(value));

    public Body Wide(ulong value) => Raw(BitConverter.GetBytes(value));

    public Body Short(int value) => Raw(BitConverter.GetBytes((ushort)value));

    public Body Text(string text)
    {
        var encoded = Encoding.UTF8.GetBytes(text);
        return Short(encoded.Length).Raw(encoded);
    }

    public Body Raw(ReadOnlySpan<byte> data)
    {
        bytes.AddRange(data);
        return this;
    }

    public Body Skip(int count)
    {
        position += count;
        return this;
    }

    public byte Byte() => bytes[position++];

    public ushort Short() => BitConverter.ToUInt16(Rest(2));

    public uint Word() => BitConverter.ToUInt32(Rest(4));

    public ulong Wide() => BitConverter.ToUInt64(Rest(8));

    public string Text() => Encoding.UTF8.GetString(Rest(Short()));

    public byte[] Rest(int count)
    {
        var part = bytes.GetRange(position, count).ToArray();
        position += count;
        return part;
    }
}
