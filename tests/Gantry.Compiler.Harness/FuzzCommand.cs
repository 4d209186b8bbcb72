using System.Globalization;

namespace Gantry.Compiler.Harness;

/// <summary>Random programs, batch after batch: Roslyn compiles, CoreCLR and the module run, differences are told.</summary>
public static class FuzzCommand
{
    private const int MethodsPerBatch = 250;

    /// <summary>Runs random methods.</summary>
    /// <param name="seed">The first batch's seed; each batch counts one up.</param>
    /// <param name="count">The number of methods, rounded up to whole batches.</param>
    /// <param name="report">Takes progress and differences.</param>
    /// <param name="callsPerMethod">How many argument tuples each method gets.</param>
    /// <param name="vectors">Whether Vector128 occurs.</param>
    /// <returns>The number of methods with differences.</returns>
    public static int Run(int seed, int count, Action<string> report, int callsPerMethod = 12, bool vectors = true)
    {
        int failures = 0;
        for (int done = 0; done < count; done += MethodsPerBatch, seed++)
        {
            string folder = Directory.CreateTempSubdirectory("gantry-fuzz").FullName;
            int methods = Math.Min(MethodsPerBatch, count - done);
            string source = RandomProgram.Generate(seed, methods, vectors);
            // Debug and release builds give the compiler different shapes of IL.
            string path = CompilerDriver.CompileSource(folder, string.Create(CultureInfo.InvariantCulture, $"Random{seed}"), seed % 4 != 0, source);
            List<string> wrong = Differential.Run(path, node: false, callsPerMethod);
            if (wrong.Count == 0)
            {
                Directory.Delete(folder, true);
                report($"seed {seed}: {methods} methods agree");
                continue;
            }

            string[] distinct = [.. wrong.GroupBy(line => line.Split('(')[0]).Select(group => group.First())];
            failures += distinct.Length;
            report($"seed {seed}: {distinct.Length} methods differ; source kept in {folder}");
            foreach (string line in distinct.Take(12)) report("  " + line);
        }

        return failures;
    }
}
