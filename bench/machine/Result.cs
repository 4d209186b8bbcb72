using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gantry.Bench.Machine;

/// <summary>What one column printed.</summary>
/// <param name="name">The column's heading.</param>
internal sealed class Result(string name)
{
    private readonly Stopwatch clock = new();
    private readonly StringBuilder line = new();
    private readonly Queue<string> tail = new();

    /// <summary>The column's heading.</summary>
    public string Name => name;

    /// <summary>Nanoseconds an operation, by row.</summary>
    public Dictionary<string, double> Nanoseconds { get; } = [];

    /// <summary>Million guest instructions a second, by row, where the guest could count them.</summary>
    public Dictionary<string, double> Mips { get; } = [];

    /// <summary>From <see cref="StartBoot"/> to the benchmark program's first line, seconds; null before.</summary>
    public double? BootSeconds { get; set; }

    /// <summary>Guest instructions up to there, where the host knows.</summary>
    public ulong? BootInstructions { get; set; }

    /// <summary>The program has printed its last line.</summary>
    public bool Ended { get; private set; }

    /// <summary>Why there are rows missing.</summary>
    public string? Problem { get; set; }

    /// <summary>The last lines printed, to find out why.</summary>
    public string Tail => string.Join('\n', tail) + line;

    /// <summary>The clock of <see cref="BootSeconds"/> starts.</summary>
    public void StartBoot() => clock.Restart();

    /// <summary>Takes console output as it comes.</summary>
    public void Take(string text)
    {
        foreach (var c in text)
        {
            if (c != '\n')
            {
                line.Append(c);
                continue;
            }

            TakeLine(line.ToString().Trim());
            line.Clear();
        }
    }

    private void TakeLine(string text)
    {
        tail.Enqueue(text);
        if (tail.Count > 12)
            tail.Dequeue();
        if (!text.StartsWith("bench: ", StringComparison.Ordinal))
            return;
        var words = text.Split(' ');
        if (words[1] == "start" && clock.IsRunning)
            BootSeconds ??= clock.Elapsed.TotalSeconds;
        Ended |= words[1] == "end";
        if (words.Length < 3)
            return;
        Console.Error.WriteLine($"  {text}");
        Nanoseconds[words[1]] = double.Parse(words[2], CultureInfo.InvariantCulture);
        if (words.Length > 3 && double.Parse(words[3], CultureInfo.InvariantCulture) is > 0 and var mips)
            Mips[words[1]] = mips;
    }
}
