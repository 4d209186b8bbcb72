using System.Text;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>Compares how a case ended here and under qemu.</summary>
public static class RiscVComparison
{
    /// <summary>Runs cases here and describes the first few that end differently; null if none does.</summary>
    public static string? Differences(IRiscVRunner ours, IReadOnlyList<RiscVCase> cases, RiscVOutcome[] theirs)
    {
        const int reported = 3;
        var text = new StringBuilder();
        int count = 0;
        for (int i = 0; i < cases.Count; i++)
        {
            string difference = Difference(ours.Run(cases[i]), theirs[i]);
            if (difference.Length == 0 || ++count > reported) continue;
            text.AppendLine($"case {i}, code {Convert.ToHexStringLower(cases[i].Code)} (bytes in memory), fcsr {cases[i].Initial.Fcsr:x2}");
            text.Append(difference);
            for (int r = 1; r < 32 && cases[i].Code.Length <= 4; r++)
                text.Append($" x{r}={cases[i].Initial.X[r]:x}");
            for (int r = 0; r < 32 && cases[i].Code.Length <= 4; r++)
                text.Append($" f{r}={cases[i].Initial.F[r]:x}");
            text.AppendLine();
        }

        return count == 0 ? null : $"{count} of {cases.Count} differ\n{text}";
    }

    /// <summary>What differs between two outcomes; empty if nothing does.</summary>
    public static string Difference(RiscVOutcome ours, RiscVOutcome theirs)
    {
        var text = new StringBuilder();
        void Compare<T>(string what, T our, T right)
        {
            if (!EqualityComparer<T>.Default.Equals(our, right)) text.AppendLine($"    {what}: ours {our:x}, qemu {right:x}");
        }

        Compare("signal", ours.Signal, theirs.Signal);
        if (ours.Signal == RiscVSignal.SIGALRM) return text.ToString(); // stopped somewhere
        Compare("pc", ours.Final.Pc, theirs.Final.Pc);
        for (int i = 1; i < 32; i++) Compare($"x{i}", ours.Final.X[i], theirs.Final.X[i]);
        for (int i = 0; i < 32; i++) Compare($"f{i}", ours.Final.F[i], theirs.Final.F[i]);
        Compare("fcsr", ours.Final.Fcsr, theirs.Final.Fcsr);
        for (int i = 0; i < ours.Final.Memory.Length; i++) Compare($"memory+{i}", ours.Final.Memory[i], theirs.Final.Memory[i]);
        return text.ToString();
    }
}
