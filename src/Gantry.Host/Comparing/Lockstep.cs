using System.Text;
using Gantry.Engine.Host;
using Gantry.Engine.Jit;
using Gantry.Engine.RiscV;

namespace Gantry.Host.Comparing;

/// <summary>How two machines that ran side by side came out.</summary>
/// <param name="Instructions">Instructions for which they agreed.</param>
/// <param name="Regions">Regions that the translating one made.</param>
/// <param name="Ended">The guest came to its end, or waits for what does not come; else the bound was reached.</param>
/// <param name="Difference">What differs, where; null when nothing does.</param>
public sealed record LockstepResult(ulong Instructions, ulong Regions, bool Ended, LockstepDifference? Difference);

/// <summary>The first place at which two machines differ.</summary>
/// <param name="Pc">The guest's pc where they still agreed.</param>
/// <param name="Interpreted">State of the interpreting machine behind that.</param>
/// <param name="Translated">State of the other.</param>
/// <param name="Report">All that for people, with the instructions from <paramref name="Pc"/> on.</param>
public sealed record LockstepDifference(ulong Pc, GuestState Interpreted, GuestState Translated, string Report);

/// <summary>
/// Runs two machines of the same parts side by side, one interpreting and one translating, and compares them after each run: registers, pc, count of instructions and output, and from time
/// to time RAM. Where they differ first is looked for again with two new machines in the smallest runs.
/// </summary>
/// <param name="make">Makes one of the two: deterministic, and the same each time.</param>
public sealed class Lockstep(Func<TranslationMode, LockstepSide> make)
{
    private const int Lines = 24;

    /// <summary>What the second machine translates.</summary>
    public TranslationMode Mode { get; init; } = TranslationMode.All;

    /// <summary>Instructions of a run.</summary>
    public long Budget { get; init; } = 1000;

    /// <summary>Runs from one comparison of RAM to the next.</summary>
    public int RunsPerMemoryComparison { get; init; } = 1000;

    /// <summary>Where to stop.</summary>
    public ulong MaxInstructions { get; init; } = ulong.MaxValue;

    /// <summary>Called before each run with the translating machine and the run's number: tests interfere here.</summary>
    public Action<LockstepSide, long>? BeforeRun { get; init; }

    /// <summary>Runs to the end, to the bound, or to the first difference.</summary>
    public LockstepResult Run()
    {
        using var interpreting = make(TranslationMode.Off);
        using var translating = make(Mode);
        long agreed = 0;
        for (long run = 0; ; run++)
        {
            var before = interpreting.State;
            var ended = Step(interpreting, translating, run, Budget);
            ended |= before.Instructions >= MaxInstructions;
            var difference = Compare(interpreting, translating, memory: false);
            if (difference == null && (ended || run % RunsPerMemoryComparison == 0))
            {
                difference = Compare(interpreting, translating, memory: true);
                if (difference == null)
                    agreed = run + 1;
                else
                    run = FindRun(agreed, run);
            }

            var regions = translating.Engine.Translation?.RegionsMade ?? 0;
            if (difference != null)
                return new LockstepResult(before.Instructions, regions, false, Narrow(run) ?? Describe(before, interpreting, translating, difference + " (not seen again in smaller runs)"));
            if (ended)
                return new LockstepResult(interpreting.State.Instructions, regions, interpreting.Reason != RunReason.Budget, null);
        }
    }

    // Both go one run on; true when that was the last.
    private bool Step(LockstepSide interpreting, LockstepSide translating, long? run, long budget)
    {
        interpreting.Begin();
        translating.Begin();
        if (run is { } number)
            BeforeRun?.Invoke(translating, number);
        interpreting.Run(budget);
        translating.Run(budget);
        var busy = interpreting.End() | translating.End();
        return interpreting.Reason == RunReason.Halted || (interpreting.IsWaitingForever && !busy);
    }

    // The first run, of those since RAM was last the same, after which it is not.
    private long FindRun(long first, long last)
    {
        using var interpreting = make(TranslationMode.Off);
        using var translating = make(Mode);
        for (long run = 0; run < last; run++)
        {
            Step(interpreting, translating, run, Budget);
            if (run >= first && Compare(interpreting, translating, memory: true) != null)
                return run;
        }

        return last;
    }

    private LockstepDifference? Narrow(long last)
    {
        using var interpreting = make(TranslationMode.Off);
        using var translating = make(Mode);
        for (long run = 0; run < last; run++)
            Step(interpreting, translating, run, Budget);
        long? number = last;
        for (var end = interpreting.State.Instructions + (ulong)Budget + 1; interpreting.State.Instructions <= end;)
        {
            var before = interpreting.State;
            var ended = Step(interpreting, translating, number, 1);
            number = null;
            if (Compare(interpreting, translating, memory: true) is { } difference)
                return Describe(before, interpreting, translating, difference);
            if (ended)
                break;
        }

        return null;
    }

    private static string? Compare(LockstepSide interpreting, LockstepSide translating, bool memory)
    {
        var (right, ours) = (interpreting.State, translating.State);
        var text = new StringBuilder();
        if ((interpreting.Reason == RunReason.Halted) != (translating.Reason == RunReason.Halted))
            text.Append($"  one machine has halted: interpreted {interpreting.Reason}, translated {translating.Reason}\n");
        if (right.Instructions != ours.Instructions)
            text.Append($"  instructions: interpreted {right.Instructions}, translated {ours.Instructions}\n");
        if (right.Pc != ours.Pc)
            text.Append($"  pc: interpreted {right.Pc:x}, translated {ours.Pc:x}\n");
        for (var i = 0; i < right.Registers.Length; i++)
        {
            if (right.Registers[i] != ours.Registers[i])
                text.Append($"  {GuestState.NameOf(i)}: interpreted {right.Registers[i]:x}, translated {ours.Registers[i]:x}\n");
        }

        var (rightOutput, ourOutput) = (interpreting.TakeOutput(), translating.TakeOutput());
        if (!rightOutput.AsSpan().SequenceEqual(ourOutput))
            text.Append($"  output: interpreted \"{Encoding.UTF8.GetString(rightOutput)}\", translated \"{Encoding.UTF8.GetString(ourOutput)}\"\n");
        if (memory && !interpreting.Ram.SequenceEqual(translating.Ram))
        {
            var at = interpreting.Ram.CommonPrefixLength(translating.Ram);
            text.Append($"  memory at physical address {MemoryMap.Ram + (ulong)at:x}: interpreted {interpreting.Ram[at]:x2}, translated {translating.Ram[at]:x2}\n");
        }

        return text.Length == 0 ? null : text.ToString();
    }

    private static LockstepDifference Describe(GuestState before, LockstepSide interpreting, LockstepSide translating, string difference)
    {
        var (right, ours) = (interpreting.State, translating.State);
        var report = $"interpreted and translated code agree for {before.Instructions} instructions, up to pc {before.Pc:x}; after {right.Instructions - before.Instructions} more:\n{difference}"
            + $"the instructions there:\n{GuestCode.Text(interpreting.Ram, before.AddressSpace, before.Pc, Lines)}";
        return new LockstepDifference(before.Pc, right, ours, report);
    }
}
