using System.Globalization;
using Gantry.Compiler.Harness;

// fuzz [--seed N] [--count M]     random methods, compared
// matrix | corpus [--node]        the suite's tables and hand-written methods, compared; prints what differs
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
    foreach (string line in wrong.Take(Option("--show", 60))) Console.WriteLine(line);
    Console.WriteLine($"{wrong.Count} differences");
    return wrong.Count == 0 ? 0 : 1;
}

bool node = args.Contains("--node");
switch (command)
{
    case "fuzz":
        int failures = FuzzCommand.Run(Option("--seed", 1), Option("--count", 1000), Console.WriteLine);
        Console.WriteLine($"{failures} failures");
        return failures == 0 ? 0 : 1;
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
    case "compare" when args.Length > 1:
        return Print(Differential.Run(args[1], node));
    default:
        Console.Error.WriteLine("usage: fuzz [--seed N] [--count M] | source [--seed N] [--count M] | corpus | matrix | compare FILE.dll   [--node] [--show N]");
        return 2;
}
