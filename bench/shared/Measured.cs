using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

/// <summary>A program's run, seen from outside.</summary>
/// <param name="Seconds">From start to end.</param>
/// <param name="PeakMebibytes">The kernel's VmHWM, read while the process lives: the last reading before its end.</param>
internal sealed record Measured(double Seconds, long PeakMebibytes)
{
    private const int SampleMilliseconds = 5;

    /// <summary>Runs a command to its end, by bash.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static Measured Run(string command)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", "exec " + command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.BeginOutputReadLine();
        var errors = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(SampleMilliseconds))
        {
            try
            {
                var match = Regex.Match(File.ReadAllText($"/proc/{process.Id}/status"), @"VmHWM:\s+(\d+) kB");
                if (match.Success) peak = Math.Max(peak, long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It ended between the two looks.
            }
        }

        return process.ExitCode == 0 ? new Measured(watch.Elapsed.TotalSeconds, peak / 1024) : throw new InvalidOperationException($"failed: {command}\n{errors.Result}");
    }

    /// <summary>Runs commands by bash and returns what they print.</summary>
    /// <exception cref="InvalidOperationException">They failed.</exception>
    public static string Shell(string commands)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", commands]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"failed: {commands}");
    }
}
