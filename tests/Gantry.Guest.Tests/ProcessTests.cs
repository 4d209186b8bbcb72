namespace Gantry.Guest.Tests;

/// <summary>What the container's process sees of its settings, and how its end is reported.</summary>
public class ProcessTests
{
    [Fact]
    public void SettingsReachTheProcess()
    {
        using Guest guest = new();
        guest.Send(FrameType.Hostname, "box");
        guest.Send(FrameType.Env, "A=first");
        guest.Send(FrameType.Env, "B=two words = and more");
        guest.Send(FrameType.Env, "A=last");
        guest.Send(FrameType.Cwd, "/made/for me");
        guest.Send(FrameType.Rlimit, Payload.Integers(7, 0, 100L, 200L));
        guest.Send(FrameType.Rlimit, Payload.Integers(4, 0, -1L, -1L));
        guest.Send(FrameType.File, Payload.File(0x1a0, 1, 2, "/etc/new/file", "contents\n"));
        guest.Send(FrameType.File, Payload.File(0x1a4, 0, 0, "/etc/resolv.conf", "nameserver 10.0.0.1\n"));
        guest.Run(
            "sh", "-c",
            """
            printf '<%s>\n' "$0" "$@" "$A" "$B" "$PATH" "$HOME" "$HOSTNAME" "${TERM-none}" "$$"
            hostname; pwd; ulimit -n; ulimit -Hn; ulimit -c
            stat -c '%a %u %g' /etc/new/file; cat /etc/new/file /etc/resolv.conf
            ls /proc/self/fd | wc -l
            """, "zero", "", "tab\tand\nnewline", "ünï");
        guest.ExpectExit(0);
        Assert.Equal(
            """
            <zero>
            <>
            <tab	and
            newline>
            <ünï>
            <last>
            <two words = and more>
            </usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin>
            </root>
            <box>
            <none>
            <1>
            box
            /made/for me
            100
            200
            unlimited
            640 1 2
            contents
            nameserver 10.0.0.1
            4

            """, guest.Output("stdout"));
        Assert.Equal("", guest.Output("stderr"));
    }

    [Fact]
    public void LargeArgumentsAndEnvironment()
    {
        using Guest guest = new();
        string large = new('x', 100_000);
        for (int i = 0; i < 500; i++)
            guest.Send(FrameType.Env, $"V{i}={i}");
        guest.Run("sh", "-c", "echo ${#1} ${#2} $V0 $V499", "sh", large, large);
        guest.ExpectExit(0);
        Assert.Equal("100000 100000 0 499\n", guest.Output("stdout"));
    }

    [Theory]
    [InlineData(0, "true")]
    [InlineData(255, "sh", "-c", "exit 255")]
    public void ExitStatus(int status, params string[] command)
    {
        using Guest guest = new();
        guest.Run(command);
        guest.ExpectExit(status);
    }

    [Theory]
    [InlineData(127, "exec: \"nosuch\": executable file not found in $PATH", "nosuch")]
    [InlineData(127, "exec: \"/no/such\": no such file or directory", "/no/such")]
    [InlineData(126, "exec: \"/etc/passwd\": permission denied", "/etc/passwd")]
    [InlineData(126, "exec: \"/script\": exec format error", "/script")]
    [InlineData(127, "exec: \"\": executable file not found in $PATH", "")]
    [InlineData(125, "no command: the image names none and none was given")]
    public void WhatCannotBeExecuted(int status, string message, params string[] command)
    {
        using Guest guest = new();
        guest.Send(FrameType.File, Payload.File(0x1ed, 0, 0, "/script", "no interpreter line\n"));
        guest.Run(command);
        Assert.Equal(message, guest.Expect(FrameType.Error).Text);
        guest.ExpectEnd(status);
    }

    [Fact]
    public void ClockIsSet()
    {
        using Guest guest = new();
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        guest.Run("date", "+%s");
        guest.ExpectExit(0);
        Assert.InRange(long.Parse(guest.Output("stdout"), null), before, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Fact]
    public void SignalsAreForwarded()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "trap 'echo got usr1' USR1; echo set; while :; do sleep 0.05; done");
        guest.Expect(FrameType.Started);
        guest.WaitFor("stdout", "set");
        guest.Send(FrameType.Signal, Payload.Integers(10));
        guest.WaitFor("stdout", "got usr1");
        guest.Send(FrameType.Signal, Payload.Integers(9));
        Assert.Equal(9, guest.ExpectEnd(137).ExitSignal);
    }

    [Fact]
    public void ShutdownIsGentleFirst()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "trap 'echo asked; exit 7' TERM; echo set; while :; do sleep 0.05; done");
        guest.Expect(FrameType.Started);
        guest.WaitFor("stdout", "set");
        guest.Send(FrameType.Shutdown, Payload.Integers(0, 30_000));
        guest.ExpectEnd(7);
        Assert.EndsWith("asked\n", guest.Output("stdout"), StringComparison.Ordinal);
    }

    [Fact]
    public void ShutdownKillsAfterTheGrace()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "trap '' TERM; echo set; while :; do sleep 0.05; done");
        guest.Expect(FrameType.Started);
        guest.WaitFor("stdout", "set");
        guest.Send(FrameType.Shutdown, Payload.Integers(0, 200));
        guest.ExpectEnd(137);
    }

    [Fact]
    public void BackgroundProcessesEndWithTheContainer()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "(trap '' TERM HUP; echo left behind; sleep 1000) & sleep 0.3; exit 5");
        guest.ExpectExit(5);
        Assert.Equal("left behind\n", guest.Output("stdout"));
    }

    [Fact]
    public void ReaperTakesInOrphansAndForwardsSignals()
    {
        using Guest guest = new();
        guest.Send(FrameType.Options, Payload.Integers(1));
        guest.Run(
            "sh", "-c",
            """
            echo "pid $$"; trap 'exit 9' TERM
            for i in 1 2 3; do (sleep 0.1 &); done; sleep 0.5
            echo "zombies $(cat /proc/[0-9]*/stat 2>/dev/null | grep -c ' Z ')"
            while :; do sleep 0.05; done
            """);
        Assert.Equal(2, guest.Expect(FrameType.Started).Number);
        guest.WaitFor("stdout", "zombies 0");
        guest.Send(FrameType.Signal, Payload.Integers(15));
        guest.ExpectEnd(9);
        Assert.StartsWith("pid 2\n", guest.Output("stdout"), StringComparison.Ordinal);
    }

    [Fact]
    public void CapabilitiesAreDroppedForGood()
    {
        using Guest guest = new();
        guest.Send(FrameType.Capabilities, Payload.Integers(0xa80425fbUL));
        guest.Run("grep", "-E", "Cap(Prm|Eff|Bnd)", "/proc/self/status");
        guest.ExpectExit(0);
        Assert.Equal("CapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\n", guest.Output("stdout"));
    }
}
