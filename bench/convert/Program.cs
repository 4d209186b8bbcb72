using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

// Conversion and start of a Debian image, with the built gantry. Needs eng/build.sh, umoci, skopeo, erofs-utils, Node; as root.
//   dotnet run -c Release --project bench/convert                   a Debian of about 120 MB (guest/rootfs/medium.recipe)
//   dotnet run -c Release --project bench/convert -- ROOTFS.tar [RUNS]
const int defaultRuns = 5;
var source = new DirectoryInfo(AppContext.BaseDirectory);
while (!File.Exists(Path.Combine(source.FullName, "Gantry.slnx"))) source = source.Parent ?? throw new InvalidOperationException("not in the source tree");
var tarball = args.Length > 0 ? Path.GetFullPath(args[0]) : Measured.Shell($"'{source.FullName}/guest/rootfs/build.sh' medium riscv64").Trim().Split('\n')[^1];
var runs = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : defaultRuns;
var gantry = $"dotnet '{source.FullName}/artifacts/bin/Gantry.Cli/{new DirectoryInfo(AppContext.BaseDirectory).Name}/gantry.dll'";
var folder = Directory.CreateTempSubdirectory("gantry-bench-").FullName;
try
{
    Measured.Shell($"cd {folder} && umoci init --layout image && umoci new --image image:x && umoci raw add-layer --image image:x '{tarball}' "
        + "&& umoci config --image image:x --os linux --architecture riscv64 --config.cmd /bin/sh");
    // Not measured: the engine's machine code is made and kept.
    Measured.Shell($"{gantry} convert oci:{folder}/image:x {folder}/snapshot.wasm");
    Console.WriteLine("| conversion | s | peak, MiB | output, MB |");
    Console.WriteLine("|---|---:|---:|---:|");
    Report("gantry convert", $"{gantry} convert oci:{folder}/image:x {folder}/snapshot.wasm", $"{folder}/snapshot.wasm");
    Report("gantry convert --no-snapshot", $"{gantry} convert --no-snapshot oci:{folder}/image:x {folder}/cold.wasm", $"{folder}/cold.wasm");
    Report("skopeo copy to dir:", $"skopeo --insecure-policy --override-arch riscv64 copy oci:{folder}/image:x dir:{folder}/copy", null);
    Report("umoci unpack", $"umoci unpack --image {folder}/image:x {folder}/out", null);
    Report("mkfs.erofs", $"mkfs.erofs --quiet {folder}/mkfs.erofs {folder}/out/rootfs", $"{folder}/mkfs.erofs");
    Console.WriteLine();
    using (var index = JsonDocument.Parse(Measured.Shell($"{gantry} inspect --json {folder}/snapshot.wasm")))
    {
        var root = index.RootElement.GetProperty("disk").GetProperty("size").GetInt64();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Files in the image {new FileInfo(tarball).Length / 1e6:0.0} MB (tar), as EROFS {root / 1e6:0.0} MB; with a snapshot the module is {(Length("snapshot") - root) / 1e6:0.0} MB larger, without {(Length("cold") - root) / 1e6:0.0} MB."));
    }

    Console.WriteLine();
    Console.WriteLine($"| start to the first output of `echo hi`, median of {runs} | load, s | then, s | process, s |");
    Console.WriteLine("|---|---:|---:|---:|");
    foreach (var name in (string[])["snapshot", "cold"])
    {
        var run = $"{gantry} run --no-stdin {folder}/{name}.wasm echo hi";
        Measured.Shell(run);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| gantry run, {name} | – | – | {Median(() => Seconds(run)):0.00} |"));
        var split = new List<double[]>();
        var script = $"node --no-warnings '{source.FullName}/bench/convert/start.mjs' {folder}/{name}.wasm";
        var wall = Median(() => Seconds(script, output => split.Add([.. output.Trim().Split('\n')[^1].Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))])));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| Node's WASI, {name} | {Middle(split.Select(s => s[0])):0.00} | {Middle(split.Select(s => s[1])):0.00} | {wall:0.00} |"));
    }

    return 0;
}
finally
{
    Measured.Shell($"rm -rf {folder}");
}

long Length(string module) => new FileInfo($"{folder}/{module}.wasm").Length;

double Median(Func<double> measure) => Middle(Enumerable.Range(0, runs).Select(_ => measure()).ToList());

static double Middle(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}

static double Seconds(string command, Action<string>? read = null)
{
    var watch = Stopwatch.StartNew();
    var output = Measured.Shell(command);
    var seconds = watch.Elapsed.TotalSeconds;
    if (!output.Contains("hi\n", StringComparison.Ordinal)) throw new InvalidOperationException($"no output of {command}");
    read?.Invoke(output);
    return seconds;
}

static void Report(string name, string command, string? result)
{
    var run = Measured.Run(command);
    var size = result == null ? "–" : (new FileInfo(result).Length / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {run.Seconds:0.00} | {run.PeakMebibytes} | {size} |"));
}
