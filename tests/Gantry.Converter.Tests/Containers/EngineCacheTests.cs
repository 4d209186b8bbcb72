using System.Security.Cryptography;
using Gantry.Converter.Format;
using Gantry.Converter.Tests.Format;
using Gantry.Host.Engines;
using Wasmtime;

namespace Gantry.Converter.Tests.Containers;

/// <summary>Kept machine code: found by digest, used instead of compiling, never trusted when damaged, shared by runs at the same time.</summary>
public sealed class EngineCacheTests(ConvertedImages images, ITestOutputHelper output) : IDisposable
{
    private const int Seed = 20261129;
    private const int Threads = 8;
    private const int Processes = 3;
    private const string Key = "key";
    private readonly string folder = Directory.CreateTempSubdirectory("gantry-cache-").FullName;
    private readonly Wasmtime.Engine engine = new();
    private int compilations;

    [Fact]
    public void ASecondRunUsesWhatTheFirstCompiled()
    {
        var first = Run();
        var kept = Assert.Single(Directory.GetFiles(Path.Combine(folder, "gantry/engine")));
        var digest = EngineParts.SourceDigest(File.ReadAllBytes(Assets.Find("riscv64").EnginePath));
        Assert.StartsWith($"engine-{digest[..32]}-", Path.GetFileName(kept), StringComparison.Ordinal);
        var file = Inode(kept);
        var second = Run();
        // Replaced files have another inode. Processor time, unlike time, does not depend on what else this machine does.
        Assert.Equal(file, Inode(kept));
        output.WriteLine($"processor time of the first run {first.Cpu.TotalSeconds:F2} s, of the second {second.Cpu.TotalSeconds:F2} s");
        Assert.True(second.Cpu < first.Cpu, $"the first run cost {first.Cpu} of processor time, the second {second.Cpu}");

        // Code in the middle of which a bit is wrong would be executed: it is made again.
        var bytes = File.ReadAllBytes(kept);
        bytes[bytes.Length / 2] ^= 0x10;
        File.WriteAllBytes(kept, bytes);
        Run();
        Assert.NotEqual(file, Inode(kept));
        Assert.Equal(SHA256.HashData(File.ReadAllBytes(kept).AsSpan()[..^32]), File.ReadAllBytes(kept)[^32..]);
    }

    [Fact]
    public async Task RunsAtTheSameTimeShareAnEmptyCache()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => Task.Run(Run)));
        Assert.Equal(Processes, runs.Length);
        Assert.EndsWith(".cwasm", Assert.Single(Directory.GetFiles(Path.Combine(folder, "gantry/engine"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConversionsToTheSameFileAtTheSameTimeBothSucceed()
    {
        var output = Path.Combine(folder, "same.wasm");
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            Command.Run("dotnet", [ConvertedImages.Tool, "convert", "--no-snapshot", images.SmallImage, output]).Expect(0))));
        Assert.Equal([output], Directory.GetFiles(folder));
        Assert.Equal("riscv64\n", Command.Run("dotnet", [ConvertedImages.Tool, "run", "--no-stdin", output, "uname", "-m"]).Expect(0).Output);
    }

    [Fact]
    public void DamagedFilesAreMadeAgain()
    {
        Load();
        var path = Assert.Single(Directory.GetFiles(folder));
        var good = File.ReadAllBytes(path);
        Load();
        Assert.Equal(1, compilations);
        var random = new Random(Seed);
        for (var round = 0; round < 300; round++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            if (round % 3 == 0) bad = bad[..random.Next(bad.Length)];
            if (round % 3 == 1) bad = [.. bad, .. bad[..random.Next(1, 100)]];
            File.WriteAllBytes(path, bad);
            compilations = 0;
            Load();
            Assert.True(compilations == 1, $"damaged code was used (seed {Seed}, round {round})");
        }

        compilations = 0;
        Load();
        Assert.Equal(0, compilations);

        // Something else with a right digest: another version's code, say.
        foreach (var other in new[] { [], "no machine code"u8.ToArray(), good[..(good.Length / 2)] })
        {
            File.WriteAllBytes(path, [.. other, .. SHA256.HashData(other)]);
            compilations = 0;
            Load();
            Assert.Equal(1, compilations);
        }
    }

    [Fact]
    public async Task ThreadsShareAFolder()
    {
        for (var round = 0; round < 20; round++)
        {
            if (round % 2 == 1) File.WriteAllText(Directory.GetFiles(folder)[0], "damaged");
            else foreach (var file in Directory.GetFiles(folder)) File.Delete(file);
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(Load)));
            Assert.Single(Directory.GetFiles(folder));
            compilations = 0;
            Load();
            Assert.Equal(0, compilations);
        }
    }

    [Fact]
    public void WithoutAPlaceToKeepItTheModuleRunsAllTheSame()
    {
        var file = Path.Combine(folder, "file");
        File.WriteAllText(file, "no folder");
        ModuleCache.Load(engine, "test", Path.Combine(file, "cache"), Key, Compile).Dispose();
        Assert.Equal(1, compilations);
    }

    [Fact]
    public void WhatWasUsedLongAgoIsRemoved()
    {
        string Make(string name, int size, double hours)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllBytes(path, new byte[size]);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-hours));
            return path;
        }

        var oldest = Make("oldest", 100, 50);
        var old = Make("old", 100, 40);
        var used = Make("used", 100, 60);
        var young = Make("young", 1000, 0.1);
        var left = Make($"left{KeptFiles.Unfinished}", 1, 2);
        var writing = Make($"writing{KeptFiles.Unfinished}", 1, 0);
        KeptFiles.MarkUsed(used);
        KeptFiles.RemoveOldest(folder, 1210);
        Assert.Equal(new[] { old, used, writing, young }.Order(StringComparer.Ordinal), Directory.GetFiles(folder).Order(StringComparer.Ordinal));
        Assert.False(File.Exists(oldest) || File.Exists(left));
    }

    public void Dispose()
    {
        engine.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    // A real run whose cache is this test's folder. The other assets are given, as they are kept in the cache otherwise.
    private Command.Result Run()
    {
        var assets = Assets.Find("riscv64");
        var links = Path.Combine(folder, "assets");
        lock (engine)
        {
            if (!Directory.Exists(links))
            {
                Directory.CreateDirectory(links);
                File.CreateSymbolicLink(Path.Combine(links, "engine.wasm"), assets.EnginePath);
                File.CreateSymbolicLink(Path.Combine(links, "kernel-riscv64"), assets.KernelPath);
                File.CreateSymbolicLink(Path.Combine(links, "initramfs-riscv64.cpio"), assets.InitrdPath);
            }
        }

        var environment = new Dictionary<string, string> { ["XDG_CACHE_HOME"] = folder, ["GANTRY_ASSETS"] = links };
        var result = Command.Run("dotnet", [ConvertedImages.Tool, "run", "--no-stdin", images.Small, "uname", "-m"], environment: environment).Expect(0);
        Assert.Equal("riscv64\n", result.Output);
        return result;
    }

    private static string Inode(string path) => Command.Run("stat", ["-c", "%i", path]).Expect(0).Output;

    private void Load()
    {
        using var module = ModuleCache.Load(engine, "test", folder, Key, Compile);
        using var linker = new Linker(engine);
        linker.DefineWasi();
        using var store = new Store(engine);
        store.SetWasiConfiguration(new WasiConfiguration());
        Assert.Equal(7, linker.Instantiate(store, module).GetFunction<int>("gantry_run")!());
    }

    private Module Compile()
    {
        Interlocked.Increment(ref compilations);
        return Module.FromBytes(engine, "test", FakeEngine.Build());
    }
}
