using System.Diagnostics;
using Gantry.Cli.Commands;
using Gantry.Converter;
using Spectre.Console;

namespace Gantry.Cli.Output;

/// <summary>Shows a conversion on standard error: a moving line on a terminal, one line per finished step elsewhere.</summary>
internal sealed class ConsoleProgress : IConversionProgress, IDisposable
{
    private const int BarWidth = 30;
    private const int RefreshMilliseconds = 100;
    private readonly IAnsiConsole console;
    private readonly bool moving;
    private readonly Stopwatch step = new();
    private readonly Stopwatch total = Stopwatch.StartNew();
    private readonly Stopwatch sinceShown = Stopwatch.StartNew();
    private readonly Lock gate = new();

    private ConsoleProgress(bool moving)
    {
        this.moving = moving;
        console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Ansi = moving ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = moving ? InteractionSupport.Detect : InteractionSupport.No,
        });
    }

    /// <summary>For this process's standard error.</summary>
    public static ConsoleProgress Create() => new(!Console.IsErrorRedirected);

    /// <inheritdoc/>
    public void Begin(ConversionStep step)
    {
        lock (gate)
        {
            this.step.Restart();
            if (moving) Show(step, 0, null);
        }
    }

    /// <inheritdoc/>
    public void Report(ConversionStep step, long done, long? total)
    {
        lock (gate)
        {
            if (!moving || sinceShown.ElapsedMilliseconds < RefreshMilliseconds) return;
            Show(step, done, total);
        }
    }

    /// <inheritdoc/>
    public void End(ConversionStep step, string summary)
    {
        lock (gate)
        {
            Clear();
            var time = $"{this.step.Elapsed.TotalSeconds,6:F1} s";
            if (moving) console.MarkupLineInterpolated($"[green]✓[/] {Name(step),-12} [grey]{time}[/]  {summary}");
            else Console.Error.WriteLine($"{Name(step),-12} {time}  {summary}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        if (moving) console.MarkupLineInterpolated($"[grey]{total.Elapsed.TotalSeconds:F1} s in all[/]");
    }

    private static string Name(ConversionStep step) => step switch
    {
        ConversionStep.Resolve => "image",
        ConversionStep.Layers => "layers",
        ConversionStep.FileSystem => "file system",
        ConversionStep.Boot => "boot",
        _ => "module",
    };

    private void Clear()
    {
        if (moving) Console.Error.Write("\r\e[K");
    }

    private void Show(ConversionStep step, long done, long? of)
    {
        sinceShown.Restart();
        Clear();
        if (of is > 0 and var size)
        {
            var filled = (int)Math.Clamp(done * BarWidth / size, 0, BarWidth);
            console.Markup($"  {Name(step),-12} [green]{new string('━', filled)}[/][grey]{new string('─', BarWidth - filled)}[/] {Sizes.Show(done)} of {Sizes.Show(size)}");
        }
        else
            console.Markup($"  {Name(step),-12} [grey]{(done > 0 ? Sizes.Show(done) : "…")}[/]");
    }
}
