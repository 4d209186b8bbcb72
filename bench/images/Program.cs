using System.Globalization;
using Gantry.Images;
using Gantry.Images.Erofs;
using Gantry.Images.Layers;

// Conversion of a root file system to EROFS: time and peak memory, beside umoci unpack + mkfs.erofs. As root.
//   dotnet run -c Release --project bench/images -- ROOTFS.tar     a tree to pack, e.g. what guest/rootfs/build.sh prints
//   dotnet run -c Release --project bench/images -- --synthetic MB  files of 1 byte to 4 MB with a fixed seed
switch (args)
{
    case ["convert", var reference, var output]:
        return await ConvertAsync(reference, output);
    case ["--synthetic", var megabytes]:
        return Measure(folder => WriteSynthetic($"{folder}/rootfs", int.Parse(megabytes, CultureInfo.InvariantCulture)));
    case [var tar]:
        return Measure(folder => Measured.Shell($"mkdir {folder}/rootfs && tar -C {folder}/rootfs -xpf '{Path.GetFullPath(tar)}'"));
    default:
        Console.Error.WriteLine("usage: Gantry.Bench.Images ROOTFS.tar | --synthetic MB");
        return 2;
}

static async Task<int> ConvertAsync(string reference, string output)
{
    await using var image = await ImageSource.OpenAsync(reference);
    await using var root = await RootFileSystem.MergeAsync(image);
    await using var file = File.Create(output);
    await ErofsWriter.WriteAsync(root, file);
    return 0;
}

static int Measure(Action<string> makeTree)
{
    var folder = Directory.CreateTempSubdirectory("gantry-bench-").FullName;
    try
    {
        makeTree(folder);
        var self = $"'{Environment.ProcessPath}'";
        // The tree goes in through umoci, so that both start from the same gzip layer.
        Measured.Shell($"cd {folder} && umoci init --layout image && umoci new --image image:x && umoci unpack --image image:x bundle "
            + "&& rmdir bundle/rootfs && mv rootfs bundle/rootfs && umoci repack --image image:x bundle && rm -r bundle");
        Console.WriteLine($"layer {Megabytes(new DirectoryInfo($"{folder}/image/blobs").EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length))} MB gzip");
        Report("gantry", $"{self} convert oci:{folder}/image:x {folder}/gantry.erofs");
        Report("umoci unpack", $"umoci unpack --image {folder}/image:x {folder}/out");
        Report("mkfs.erofs", $"mkfs.erofs --quiet {folder}/mkfs.erofs {folder}/out/rootfs");
        Measured.Shell($"fsck.erofs {folder}/gantry.erofs");
        foreach (var name in (string[])["gantry", "mkfs"])
            Console.WriteLine($"{name}.erofs {Megabytes(new FileInfo($"{folder}/{name}.erofs").Length)} MB");
        return 0;
    }
    finally
    {
        Measured.Shell($"rm -rf {folder}");
    }
}

static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);

static void Report(string name, string command)
{
    var run = Measured.Run(command);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-14} {run.Seconds,6:0.00} s  peak {run.PeakMebibytes,5} MiB"));
}

static void WriteSynthetic(string root, int megabytes)
{
    var random = new Random(1);
    var data = new byte[4 << 20];
    long left = (long)megabytes << 20;
    for (var i = 0; left > 0; i++)
    {
        var length = (int)Math.Min(left, 1 + (long)Math.Pow(2, random.NextDouble() * 22));
        random.NextBytes(data.AsSpan(0, length / 2)); // Half of it compresses.
        Directory.CreateDirectory($"{root}/{i / 100}");
        File.WriteAllBytes($"{root}/{i / 100}/{i}", data[..length]);
        left -= length;
    }
}
