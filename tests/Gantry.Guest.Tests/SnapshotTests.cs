using System.Security.Cryptography;

namespace Gantry.Guest.Tests;

/// <summary>The snapshot point: one boot, saved by qemu once READY has come, restored many times.</summary>
public sealed class SnapshotTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gantry-snapshot-").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Fact]
    public void RestoredGuestsGetFreshTimeAndEntropy()
    {
        string snapshot = Path.Combine(folder, "snapshot");
        using (Guest guest = new())
            guest.Snapshot(snapshot);
        string[] first = Draw(snapshot, RandomNumberGenerator.GetBytes(64)), second = Draw(snapshot, RandomNumberGenerator.GetBytes(64));
        Assert.Equal(4, first.Length);
        for (int i = 0; i < first.Length; i++)
            Assert.NotEqual(first[i], second[i]);
    }

    /// <summary>Random bytes, a random identifier and where address randomization put a library and the stack.</summary>
    private static string[] Draw(string snapshot, byte[] entropy)
    {
        using Guest guest = Guest.Restore(snapshot);
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        guest.Send(FrameType.Time, Payload.Now());
        guest.Send(FrameType.Entropy, entropy);
        guest.RunProcess(0, "sh", "-c", "date +%s; head -c 16 /dev/urandom | od -An -tx1; cat /proc/sys/kernel/random/uuid; sed -n '/libc/{s/-.*//p;q}' /proc/self/maps; sed -n '/stack/s/-.*//p' /proc/self/maps");
        guest.ExpectExit(0);
        string[] lines = guest.Output("stdout").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(long.Parse(lines[0], null), before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        return lines[1..];
    }
}
