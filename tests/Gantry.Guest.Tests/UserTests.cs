using System.Globalization;

namespace Gantry.Guest.Tests;

/// <summary>USER by docker's rules. Each case is an extra process of one guest; `id` in the guest reports.</summary>
public sealed class UserTests
{
    private const string Passwd =
        """
        # comment
        root:x:0:0:root:/root:/bin/sh
        broken line without colons
        ada:x:1000:1001:Ada:/home/ada:/bin/sh
        bob:x:1002:1002::
        2000:x:1003:1003::/home/digits:/bin/sh

        """;

    private const string Group =
        """
        root:x:0:
        ada:x:1001:
        wheel:x:10:root,ada
        audio:x:29:adam,ada
        video:x:44:adam
        staff:x:50:bob,

        """;

    [Theory]
    [InlineData("root", "0", "0", "0 10", "/root")]
    [InlineData("ada", "1000", "1001", "10 29 1001", "/home/ada")]
    [InlineData("1000", "1000", "1001", "10 29 1001", "/home/ada")]
    [InlineData("ada:video", "1000", "44", "44", "/home/ada")]
    [InlineData("ada:777", "1000", "777", "777", "/home/ada")]
    [InlineData("ada:", "1000", "1001", "10 29 1001", "/home/ada")]
    [InlineData("bob", "1002", "1002", "50 1002", "/")]
    [InlineData("2000", "1003", "1003", "1003", "/home/digits")]
    [InlineData("4321", "4321", "0", "0", "/")]
    [InlineData("4321:1234", "4321", "1234", "1234", "/")]
    [InlineData(":29", "0", "29", "29", "/root")]
    public void KnownTo(string user, string uid, string gid, string groups, string home)
    {
        using Guest guest = new();
        guest.Send(FrameType.File, Payload.File(0x1a4, 0, 0, "/etc/passwd", Passwd));
        guest.Send(FrameType.File, Payload.File(0x1a4, 0, 0, "/etc/group", Group));
        guest.Send(FrameType.User, user);
        guest.Run("sh", "-c", "id -u; id -g; grep ^Groups: /proc/self/status; echo $HOME; echo >/dev/stdout ok");
        guest.ExpectExit(0);
        string[] lines = guest.Output("stdout").Split('\n');
        Assert.Equal([uid, gid], lines[..2]);
        string sorted = string.Join(' ', lines[2]["Groups:".Length..].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Select(text => int.Parse(text, CultureInfo.InvariantCulture)).Order());
        Assert.Equal(groups, sorted);
        Assert.Equal([home, "ok", ""], lines[3..]);
    }

    [Theory]
    [InlineData("nobody-here", "unable to find user nobody-here: no matching entries in passwd file")]
    [InlineData("root:nothing", "unable to find group nothing: no matching entries in group file")]
    [InlineData("99999999999", "unable to find user 99999999999: no matching entries in passwd file")]
    public void UnknownNamesAreRefused(string user, string message)
    {
        using Guest guest = new();
        guest.Send(FrameType.User, user);
        guest.Run("true");
        Assert.Equal(message, guest.Expect(FrameType.Error).Text);
        guest.ExpectEnd(125);
    }

    [Fact]
    public void ImagesWithoutPasswd()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "rm /etc/passwd /etc/group; echo removed; exec sleep 1000");
        guest.Expect(FrameType.Started);
        guest.WaitFor("stdout", "removed");
        guest.Send(FrameType.User, "1000:50", 2);
        guest.RunProcess(2, "sh", "-c", "id -u; id -g; echo $HOME");
        guest.ExpectExit(0, 2);
        guest.WaitFor("stdout.2", "1000\n50\n/\n");
        guest.Send(FrameType.User, "root", 2);
        guest.RunProcess(2, "true");
        Assert.Contains("unable to find user root", guest.Expect(FrameType.Error, 2).Text, StringComparison.Ordinal);
        guest.ExpectEnd(125, 2);
    }
}
