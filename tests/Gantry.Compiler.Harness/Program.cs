using System.Globalization;
using Gantry.Compiler.Harness;

// fuzz [--seed N] [--count M] [--no-vectors]     random methods, compared
// mutate il|corpus [--seed N] [--count M]      assemblies with bytes changed: valid modules or errors, no internal ones
// matrix | corpus [--node]        the suite's tables and hand-written methods, compared; prints what differs
// triage scalars|vectors|corpus|FILE.dll   the same, leaving out and listing what does not compile
// compare FILE.dll [--node]       the exported methods of any assembly
// source --seed N --count M       prints a random program
string command = args.FirstOrDefault() ?? "";
int Option(string name, int fallback)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : fallback;
}

int Print(IReadOnlyCollection<string> wrong)
{
    // One line a method is enough to see what is wrong.
    foreach (IGrouping<string, string> group in wrong.GroupBy(line => line.Split('(')[0]).Take(Option("--show", 60))) Console.WriteLine($"{group.Count(),4}x {group.First()}");
    Console.WriteLine($"{wrong.Count} differences");
    return wrong.Count == 0 ? 0 : 1;
}

bool node = args.Contains("--node");
switch (command)
{
    case "fuzz":
        int failures = FuzzCommand.Run(Option("--seed", 1), Option("--count", 1000), Console.WriteLine, vectors: !args.Contains("--no-vectors"));
        Console.WriteLine($"{failures} failures");
        return failures == 0 ? 0 : 1;
    case "mutate" when args.Length > 1:
        string original = args[1] == "il" ? IntermediateCode.Write(Directory.CreateTempSubdirectory("gantry-mutate").FullName) : typeof(Gantry.Compiler.Corpus.InputsAttribute).Assembly.Location;
        var wrongs = new List<string>();
        int compiled = MutationCommand.Run(original, Option("--seed", 1), Option("--count", 1000), wrongs.Add);
        foreach (string line in wrongs) Console.WriteLine(line);
        Console.WriteLine($"{compiled} compiled, {wrongs.Count} went wrong");
        return wrongs.Count == 0 ? 0 : 1;
    case "source":
        Console.WriteLine(RandomProgram.Generate(Option("--seed", 1), Option("--count", 10)));
        return 0;
    case "corpus":
        return Print(Differential.Run(typeof(Gantry.Compiler.Corpus.InputsAttribute).Assembly.Location, node));
    case "matrix":
        string folder = Directory.CreateTempSubdirectory("gantry-matrix").FullName;
        return Print(
        [
            .. Differential.Run(CompilerDriver.CompileSource(folder, "Scalars", true, MatrixSource.Scalars()), node),
            .. Differential.Run(CompilerDriver.CompileSource(folder, "Vectors", true, MatrixSource.Vectors()), node),
        ]);
    case "triage" when args.Length > 1:
        // What compiles is compared, what does not is listed with its first error.
        string triageFolder = Directory.CreateTempSubdirectory("gantry-triage").FullName;
        string file = args[1] switch
        {
            "scalars" => CompilerDriver.CompileSource(triageFolder, "Scalars", true, MatrixSource.Scalars()),
            "vectors" => CompilerDriver.CompileSource(triageFolder, "Vectors", true, MatrixSource.Vectors()),
            "il" => IntermediateCode.Write(triageFolder),
            "corpus" => typeof(Gantry.Compiler.Corpus.InputsAttribute).Assembly.Location,
            _ => args[1],
        };
        List<(string Export, string Output)> bad = Differential.FindUncompilable(file);
        foreach ((string export, string output) in bad) Console.WriteLine($"{export}: {output.Split('\n')[0]}");
        HashSet<string> names = [.. CallPlan.Of(CompilerDriver.Load(file, out _), 1).Select(call => call.Export)];
        names.ExceptWith(bad.Select(b => b.Export));
        Console.WriteLine($"{bad.Count} exports do not compile, {names.Count} do");
        return Print(Differential.Run(file, node, exports: names, optimize: !args.Contains("--no-optimize")));
    case "compare" when args.Length > 1:
        return Print(Differential.Run(args[1], node));
    default:
        Console.Error.WriteLine("usage: fuzz [--seed N] [--count M] | mutate il|corpus [--seed N] [--count M] | source [--seed N] [--count M] | corpus | matrix | triage scalars|vectors|corpus|FILE.dll | compare FILE.dll   [--node] [--show N]");
        return 2;
}
