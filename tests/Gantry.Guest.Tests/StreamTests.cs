using System.Security.Cryptography;

namespace Gantry.Guest.Tests;

/// <summary>Pipes and terminals of the container's process and of extra ones.</summary>
public class StreamTests
{
    [Fact]
    public void StreamsAreSeparate()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "echo out; echo err >&2; [ -p /dev/stdin ] && [ -p /dev/stdout ] && echo pipes >/dev/stderr");
        guest.ExpectExit(0);
        Assert.Equal("out\n", guest.Output("stdout"));
        Assert.Equal("err\npipes\n", guest.Output("stderr"));
    }

    [Fact]
    public void InputEnds()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "cat; echo the end");
        guest.Expect(FrameType.Started);
        guest.Write("stdin", "hello\n");
        guest.WaitFor("stdout", "hello\n"); // qemu drops what it has not read when the socket closes
        guest.Close("stdin");
        guest.ExpectEnd(0);
        Assert.Equal("hello\nthe end\n", guest.Output("stdout"));
    }

    [Fact]
    public void OutputEndsBeforeTheProcess()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "echo last; exec >&-; read line; exit 4");
        guest.Expect(FrameType.Started);
        guest.WaitFor("monitor", "\"open\": false, \"id\": \"port-stdout\"");
        Assert.DoesNotContain("\"open\": false, \"id\": \"port-stderr\"", guest.Output("monitor"), StringComparison.Ordinal);
        guest.Write("stdin", "go\n");
        guest.ExpectEnd(4);
        Assert.Equal("last\n", guest.Output("stdout"));
    }

    [Fact]
    public void MegabytesBothWays()
    {
        byte[] data = RandomNumberGenerator.GetBytes(4 << 20);
        using Guest guest = new();
        guest.Run("sh", "-c", $"head -c {data.Length} | tee /dev/stderr");
        guest.Expect(FrameType.Started);
        guest.Write("stdin", data);
        guest.ExpectEnd(0);
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(guest.Bytes("stdout")));
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(guest.Bytes("stderr")));
    }

    [Fact]
    public void MegabytesAtTheVeryEnd()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "seq 1 200000; kill -KILL $$; exit 6");
        guest.ExpectExit(6);
        Assert.Equal(string.Concat(Enumerable.Range(1, 200000).Select(i => $"{i}\n")), guest.Output("stdout"));
    }

    [Fact]
    public void TerminalIsControllingAndSized()
    {
        using Guest guest = new();
        guest.Send(FrameType.Stdio, Payload.Terminal(33, 111));
        guest.Send(FrameType.User, "games");
        guest.Run(
            "bash", "-c",
            """
            tty; stty size; stat -c %U $(tty); echo $TERM; stty -a | grep -o ' iutf8'; echo direct >/dev/tty; echo error >&2
            ps() { cat /proc/self/stat | cut -d' ' -f7; }; ps
            trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 0.05; done
            """);
        guest.Expect(FrameType.Started);
        guest.WaitFor("tty", "ready");
        guest.Send(FrameType.Resize, Payload.Integers((ushort)50, (ushort)200));
        guest.ExpectEnd(3);
        // 58624 is device 229:0, the terminal as the kernel's process table has it.
        Assert.Equal(
            ["/dev/hvc0", "33 111", "games", "xterm", " iutf8", "direct", "error", "58624", "ready", "50 200", ""],
            guest.Output("tty").Split("\r\n"));
    }

    [Fact]
    public void JobControlAndInterrupt()
    {
        using Guest guest = new();
        guest.Send(FrameType.Stdio, Payload.Terminal(24, 80));
        guest.Send(FrameType.Env, "PS1=$ ");
        guest.Run("bash", "--norc", "--noediting", "-i");
        guest.Expect(FrameType.Started);
        guest.WaitFor("tty", "$ ");
        guest.Write("tty", "cat\n");
        guest.Write("tty", "one line\n");
        guest.WaitFor("tty", "one line\r\none line");
        guest.Write("tty", "\x03");
        guest.WaitFor("tty", "^C");
        // The mark is printed by the job itself, which therefore is in the foreground when ^Z comes.
        guest.Write("tty", "echo status $?; sh -c 'echo mark$((1+1)); exec sleep 1000'\n");
        guest.WaitFor("tty", "status 130");
        guest.WaitFor("tty", "mark2");
        guest.Write("tty", "\x1a");
        guest.WaitFor("tty", "Stopped");
        guest.Write("tty", "exit 12\nexit 12\n"); // the first only warns of the stopped job
        guest.ExpectEnd(12);
        Assert.DoesNotContain("no job control", guest.Output("tty"), StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherTerminal()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "echo up; exec sleep 1000");
        guest.Expect(FrameType.Started);
        guest.WaitFor("stdout", "up");
        guest.Send(FrameType.Stdio, Payload.Terminal(20, 70), 1);
        guest.Send(FrameType.Cwd, "/usr", 1);
        guest.Send(FrameType.Env, "PS1=$ ", 1);
        guest.RunProcess(1, "bash", "--norc", "--noediting", "-i");
        Assert.InRange(guest.Expect(FrameType.Started, 1).Number, 2, 1000);
        guest.Write("terminal.1", "tty; stty size; pwd; cat /proc/1/cmdline | tr '\\0' ' '\n");
        guest.WaitFor("terminal.1", "/dev/pts/0\r\n20 70\r\n/usr\r\nsleep 1000");
        guest.Send(FrameType.Resize, Payload.Integers((ushort)44, (ushort)55), 1);
        guest.Write("terminal.1", "stty size; sh -c 'echo mark$((1+1)); exec sleep 1000'\n");
        guest.WaitFor("terminal.1", "44 55");
        guest.WaitFor("terminal.1", "mark2");
        guest.Write("terminal.1", "\x03");
        guest.WaitFor("terminal.1", "^C");
        guest.Write("terminal.1", "exit 9\n");
        guest.ExpectEnd(9, 1);
        guest.Send(FrameType.Shutdown, Payload.Integers(9, 1000));
        guest.ExpectEnd(137);
    }

    [Fact]
    public void ExtraProcessesComeAndGo()
    {
        using Guest guest = new();
        guest.Run("sh", "-c", "echo up; exec sleep 1000");
        guest.Expect(FrameType.Started);
        guest.WaitFor("stdout", "up");
        for (int i = 0; i < 40; i++)
        {
            guest.RunProcess(2, "sh", "-c", $"echo round {i}; echo bad {i} >&2; exit {i}");
            guest.ExpectExit(i, 2);
            guest.WaitFor("stdout.2", $"round {i}\n");
            guest.WaitFor("stderr.2", $"bad {i}\n");
        }
        // No such ports: often enough to run out of descriptors (1024), if a failed start kept its pipes.
        for (int i = 0; i < 250; i++)
        {
            guest.RunProcess(3, "true");
            Assert.Equal("the machine has no ports for the process's pipes", guest.Expect(FrameType.Error, 3).Text);
            guest.ExpectEnd(125, 3);
        }
        guest.RunProcess(2, "nosuch");
        Assert.Contains("not found", guest.Expect(FrameType.Error, 2).Text, StringComparison.Ordinal);
        guest.ExpectEnd(127, 2);
        // One that is still there when the container ends: killed, and reported before the last frame.
        guest.RunProcess(2, "sleep", "1000");
        guest.Expect(FrameType.Started, 2);
        guest.Send(FrameType.Signal, Payload.Integers(9));
        Assert.Equal(9, guest.ExpectEnd(137, 2).ExitSignal);
        guest.ExpectEnd(137);
    }

    [Fact]
    public void BackgroundWriterDoesNotKeepAnExtraProcess()
    {
        using Guest guest = new();
        guest.Run("sleep", "1000");
        guest.Expect(FrameType.Started);
        guest.RunProcess(2, "sh", "-c", "yes & echo started; exit 8");
        guest.ExpectExit(8, 2);
    }
}
