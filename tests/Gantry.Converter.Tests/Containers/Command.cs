using System.ComponentModel;
using System.Diagnostics;

namespace Gantry.Converter.Tests.Containers;

/// <summary>Runs programs and keeps what they said.</summary>
public static class Command
{
    private const int TimeoutSeconds = 900;
    private const int SampleMilliseconds = 20;

    public sealed record Result(int Status, string Output, string Errors, TimeSpan Cpu, TimeSpan Wall)
    {
        public Result Expect(int status)
        {
            Assert.True(Status == status, $"status {Status} instead of {status}\noutput: {Output}\nerrors: {Errors}");
            return this;
        }
    }

    public static Result Run(string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input, as it may.
        }

        // Processor time cannot be asked for when the process is gone: the last look counts.
        var cpu = TimeSpan.Zero;
        while (!process.WaitForExit(SampleMilliseconds))
        {
            try
            {
                cpu = process.TotalProcessorTime;
            }
            catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
            {
                break;
            }

            if (watch.Elapsed.TotalSeconds < TimeoutSeconds) continue;
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} took longer than {TimeoutSeconds} s");
        }

        process.WaitForExit();
        return new Result(process.ExitCode, output.Result, errors.Result, cpu, watch.Elapsed);
    }
}
