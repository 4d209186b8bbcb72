using System.Buffers.Binary;

namespace Gantry.Guest.Tests;

/// <summary>A host that makes mistakes, or worse: init answers, never falls over, never runs with a setting missing.</summary>
public class HostileFrameTests(ITestOutputHelper output)
{
    public static TheoryData<int, byte[], string> BadSettings => new()
    {
        { 0x01, [1, 0], "text with a NUL" },
        { 0x02, Payload.Text("no equals sign"), "without '='" },
        { 0x02, Payload.Text("=no name"), "without a name" },
        { 0x02, [], "without a name" },
        { 0x03, Payload.Text("relative"), "not absolute" },
        { 0x04, [], "user of a wrong size" },
        { 0x05, [0, 0, 0], "stdio of a wrong size" },
        { 0x05, [2, 0, 0, 0, 0, 0], "stdio of an unknown kind" },
        { 0x06, Payload.Integers(16, 0, 0L, 0L), "rlimit out of range" },
        { 0x06, Payload.Integers(7, 0, 2L, 1L), "rlimit out of range" },
        { 0x07, [1], "capabilities of a wrong size" },
        { 0x08, Payload.Integers(4), "unknown options" },
        { 0x10, Payload.Text("xxxxtag"), "without tag, path and options" },
        { 0x10, [0, 0, 0, 0, (byte)'t', 0, (byte)'p', 0], "not absolute" },
        { 0x11, Payload.Integers(0, 0, 0), "without path and contents" },
        { 0x11, Payload.File(0, 0, 0, "etc/x", ""), "not absolute" },
        { 0x1f, [1], "unknown type" },
        { 0x0f, [], "unknown type" },
    };

    public static TheoryData<int, byte[], string> BadMessages => new()
    {
        { 0x20, [1, 2, 3], "time of a wrong size" },
        { 0x20, Payload.Integers(0L, 2_000_000_000, 0), "time out of range" },
        { 0x21, new byte[31], "entropy of a wrong size" },
        { 0x21, new byte[513], "entropy of a wrong size" },
        { 0x22, [], "host name" },
        { 0x22, new byte[65], "host name" },
        { 0x23, new byte[13], "network of a wrong size" },
        { 0x23, [10, 0, 0, 1, 0, 0, 0, 0, 33, 0, 0, 0], "prefix out of range" },
        { 0x23, [10, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0], "there is no eth0" },
        { 0x24, [0], "drop-caches of a wrong size" },
        { 0x25, [0], "shutdown of a wrong size" },
        { 0x30, [9], "signal of a wrong size" },
        { 0x30, Payload.Integers(65), "signal out of range" },
        { 0x31, [0], "resize of a wrong size" },
        { 0x32, [], "unknown type" },
        { 0x8001, [], "unknown type" },
        { 0xffff, new byte[131072], "unknown type" },
    };

    [Fact]
    public void BadSettingsAreNamedAndStopTheStart()
    {
        using Guest guest = new();
        foreach (TheoryDataRow<int, byte[], string> row in BadSettings)
        {
            (int type, byte[] payload, string message) = row.Data;
            guest.Send((FrameType)type, payload);
            Assert.Contains(message, guest.Expect(FrameType.Error).Text, StringComparison.Ordinal);
        }
        guest.RunProcess(0, "true");
        Assert.Equal("not started: a setting was refused", guest.Expect(FrameType.Error).Text);
        guest.ExpectEnd(125);
    }

    [Fact]
    public void BadMessagesAreNamedAndForgotten()
    {
        using Guest guest = new();
        foreach (TheoryDataRow<int, byte[], string> row in BadMessages)
        {
            (int type, byte[] payload, string message) = row.Data;
            guest.Send((FrameType)type, payload);
            Assert.Contains(message, guest.Expect(FrameType.Error).Text, StringComparison.Ordinal);
        }
        guest.Send(FrameType.Arg, "x", 16);
        Assert.Contains("over the limit", guest.Expect(FrameType.Error).Text, StringComparison.Ordinal);
        guest.Run("true");
        guest.ExpectExit(0);
    }

    [Fact]
    public void FramesInSingleBytes()
    {
        using Guest guest = new();
        byte[] all = [3, 0, 0, 0, 1, 0, 0, 0, .. "pwd"u8, 4, 0, 0, 0, 3, 0, 0, 0, .. "/usr"u8, 0, 0, 0, 0, 0x1f, 0, 0, 0];
        foreach (byte one in all)
        {
            guest.SendRaw([one]);
            Thread.Sleep(2);
        }
        guest.ExpectExit(0);
        Assert.Equal("/usr\n", guest.Output("stdout"));
    }

    [Theory]
    [InlineData(131073u)]
    [InlineData(uint.MaxValue)]
    public void OverlongFrameEndsTheGuest(uint length)
    {
        using Guest guest = new();
        guest.SendRaw(Payload.Integers(length, (ushort)1, (ushort)0));
        Assert.Equal("frame longer than the protocol's limit", guest.Expect(FrameType.Error).Text);
        guest.ExpectEnd(125);
    }

    [Fact]
    public void TooManySettings()
    {
        using Guest guest = new();
        string large = new('x', 131072);
        for (int i = 0; i < 15; i++)
            guest.Send(FrameType.Arg, large);
        guest.Send(FrameType.Arg, large);
        Assert.Equal("settings over the limit", guest.Expect(FrameType.Error).Text);
        guest.Send(FrameType.Run);
        Assert.Equal("not started: a setting was refused", guest.Expect(FrameType.Error).Text);
        guest.ExpectEnd(125);
    }

    [Fact]
    public void ArgumentsTheKernelRefuses()
    {
        using Guest guest = new();
        guest.Run("true", new string('x', 131072));
        Assert.Equal("exec: \"true\": argument list too long", guest.Expect(FrameType.Error).Text);
        guest.ExpectEnd(126);
    }

    [Fact]
    public void SettingsOfARunningProcessAreRefused()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "read line; exit 2");
        guest.Expect(FrameType.Started);
        guest.Send(FrameType.Arg, "late");
        guest.Send(FrameType.Run);
        Assert.Contains("runs already", guest.Expect(FrameType.Error).Text, StringComparison.Ordinal);
        Assert.Contains("runs already", guest.Expect(FrameType.Error).Text, StringComparison.Ordinal);
        guest.Send(FrameType.Signal, Payload.Integers(9), 7); // a process that does not exist: no answer
        guest.Write("stdin", "\n");
        guest.ExpectEnd(2);
    }

    [Fact]
    public void RandomFrames()
    {
        int seed = Environment.GetEnvironmentVariable("GANTRY_SEED") is { } text ? int.Parse(text, null) : Random.Shared.Next();
        output.WriteLine($"GANTRY_SEED={seed}");
        Random random = new(seed);
        using Guest guest = new();
        guest.Run("sh", "-c", "read line; exit 11");
        guest.Expect(FrameType.Started);
        ushort[] types = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x10, 0x11, 0x12, 0x1e, 0x20, 0x21, 0x22, 0x23, 0x24, 0x30, 0x31, 0x32, 0x8001];
        for (int i = 0; i < 2000; i++)
        {
            // Signals only to processes that are not there, RUN not at all: process 0 has to survive to answer at the end.
            ushort type = random.Next(20) == 0 ? (ushort)random.Next(0x40, 0x10000) : types[random.Next(types.Length)];
            byte[] payload = new byte[random.Next(8) == 0 ? random.Next(3000) : random.Next(40)];
            random.NextBytes(payload);
            guest.Send((FrameType)type, payload, type == 0x30 ? random.Next(3, 70) : random.Next(0, 20));
        }
        guest.Write("stdin", "\n");
        Frame frame;
        while ((frame = guest.Receive()).Type == FrameType.Error)
            Assert.InRange(frame.Payload.Length, 1, 1024);
        Assert.Equal(FrameType.Exited, frame.Type);
        Assert.Equal(11, BinaryPrimitives.ReadInt32LittleEndian(frame.Payload));
    }
}
