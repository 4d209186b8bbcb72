using System.Diagnostics;
using System.Text;

namespace Gantry.Converter.Tests.Containers;

/// <summary><c>gantry run -it</c> in a real terminal: util-linux's <c>script</c> holds the other end of the pty.</summary>
public sealed class TerminalTests(ConvertedImages images)
{
    private const int TimeoutSeconds = 120;

    [Fact]
    public async Task KeysSizesAndCtrlCGoInsideAndTheTerminalIsLeftAsItWas()
    {
        var folder = Directory.CreateDirectory(Path.Combine(images.Folder, "terminal")).FullName;
        var outer = $"stty rows 33 cols 101; echo tty=$(tty)=; dotnet '{ConvertedImages.Tool}' run -it -v '{folder}:/work' -e GREETING=hello '{images.Small}' bash --norc; echo status=$?=; stty -a";
        using var process = Process.Start(new ProcessStartInfo("script", ["-qefc", outer, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var screen = new StringBuilder();
        var reading = ReadAsync(process.StandardOutput, screen);
        try
        {
            var terminal = (await UntilAsync(process, screen, "tty=", "=")).Trim();
            // The marks are computed by the shell inside, so that the echo of what is typed is not taken for them.
            await TypeAsync(process, "PS1=; echo size:$((1+1)):$(stty size):\n");
            Assert.Equal("33 101", await UntilAsync(process, screen, "size:2:", ":"));
            await TypeAsync(process, "trap 'echo resized:$((1+2)):$(stty size):' WINCH\necho ready:$((1+5)):\n");
            await UntilAsync(process, screen, "ready:6", ":");
            Command.Run("stty", ["-F", terminal, "rows", "44", "cols", "122"]).Expect(0);
            await UntilAsync(process, screen, "resized:3:44 122", ":", resend: () => TypeAsync(process, "\n"));
            await TypeAsync(process, "echo started:$((2+2)):; sleep 1000; echo interrupted:$?:\n");
            await UntilAsync(process, screen, "started:4", ":");
            // The shell may still be about to start sleep when the key comes: it is pressed again until something ended.
            await TypeAsync(process, "\u0003");
            await TypeAsync(process, "echo alive:$((2+3)):\n");
            await UntilAsync(process, screen, "alive:5", ":", resend: () => TypeAsync(process, "\u0003\necho alive:$((2+3)):\n"));
            await TypeAsync(process, "printf '%s' 'zażółć→世界' > /work/typed; echo bytes:$((3+4)):$(wc -c < /work/typed):$GREETING:\n");
            Assert.Equal("19", await UntilAsync(process, screen, "bytes:7:", ":"));
            await UntilAsync(process, screen, "bytes:7:19:hello", ":");
            await TypeAsync(process, "cat /work/typed; exit 7\n");
            Assert.Equal("7", await UntilAsync(process, screen, "status=", "="));
            await reading.WaitAsync(TimeSpan.FromSeconds(TimeoutSeconds));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        var text = screen.ToString();
        Assert.Equal("zażółć→世界", await File.ReadAllTextAsync(Path.Combine(folder, "typed")));
        Assert.Contains("zażółć→世界", text[text.IndexOf("bytes:7:19", StringComparison.Ordinal)..], StringComparison.Ordinal);
        var after = text[text.IndexOf("status=7=", StringComparison.Ordinal)..];
        Assert.Matches(@"\sicanon\s", after);
        Assert.Matches(@"\sisig\s", after);
        Assert.Matches(@"\secho\s", after);
    }

    private static async Task TypeAsync(Process process, string keys)
    {
        await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(keys));
        await process.StandardInput.BaseStream.FlushAsync();
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder screen)
    {
        var buffer = new char[4096];
        int length;
        while ((length = await reader.ReadAsync(buffer)) > 0)
        {
            lock (screen) screen.Append(buffer, 0, length);
        }
    }

    // What stands between the two marks, as soon as both are there.
    private static async Task<string> UntilAsync(Process process, StringBuilder screen, string begin, string end, Func<Task>? resend = null)
    {
        var watch = Stopwatch.StartNew();
        var again = TimeSpan.FromSeconds(5);
        while (true)
        {
            string text;
            lock (screen) text = screen.ToString();
            var start = text.IndexOf(begin, StringComparison.Ordinal);
            var stop = start < 0 ? -1 : text.IndexOf(end, start + begin.Length, StringComparison.Ordinal);
            if (stop >= 0) return text[(start + begin.Length)..stop];
            Assert.False(process.HasExited || watch.Elapsed.TotalSeconds > TimeoutSeconds, $"no \"{begin}\" on the screen:\n{text}");
            await Task.Delay(20);
            if (resend == null || watch.Elapsed < again) continue;
            again += TimeSpan.FromSeconds(5);
            await resend();
        }
    }
}
