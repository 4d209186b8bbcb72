using System.Text.Json;
using Gantry.Converter.Format;

namespace Gantry.Converter.Tests.Containers;

/// <summary>Converted Debian images behind all three doors: mailbox (gantry run), <c>_start</c> in Wasmtime, <c>_start</c> in Node.</summary>
public sealed class RunTests(ConvertedImages images)
{
    public enum Door
    {
        Mailbox,
        Wasmtime,
        Node,
    }

    public static TheoryData<Door> Doors => [Door.Mailbox, Door.Wasmtime, Door.Node];

    [Theory]
    [MemberData(nameof(Doors))]
    public void CommandsGiveDebiansAnswers(Door door)
    {
        Assert.Equal("riscv64\n", Run(door, images.Small, ["uname", "-m"]).Expect(0).Output);
        var root = Run(door, images.Small, ["ls", "/"]).Expect(0).Output.Split('\n');
        Assert.Superset(new HashSet<string> { "bin", "dev", "etc", "proc", "sys", "tmp", "usr", "var" }, new HashSet<string>(root));
        Assert.Contains("ID=debian\n", Run(door, images.Small, ["cat", "/etc/os-release"]).Expect(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void ExitStatusesAreTheProcesses(Door door)
    {
        Run(door, images.Small, ["true"]).Expect(0);
        Run(door, images.Small, ["sh", "-c", "exit 3"]).Expect(3);
        Run(door, images.Small, ["sh", "-c", "exit 200"]).Expect(200);
        Assert.Contains("not found", Run(door, images.Small, ["nosuchprogram"]).Expect(127).Errors, StringComparison.Ordinal);
        Run(door, images.Small, ["/etc/passwd"]).Expect(126);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void PipesAreSeparateAndEnd(Door door)
    {
        Assert.Equal("3\n", Run(door, images.Small, ["wc", "-c"], "hi\n").Expect(0).Output);
        var large = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}\n"));
        Assert.Equal(large, Run(door, images.Small, ["cat"], large).Expect(0).Output);
        var both = Run(door, images.Small, ["sh", "-c", "echo out; echo err >&2"]).Expect(0);
        Assert.Equal("out\n", both.Output);
        Assert.Equal("err\n", both.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--wasi")]
    public void InAShellPipelineThreeBytesArrive(string option)
    {
        var line = $"echo hi | dotnet '{ConvertedImages.Tool}' run {option} '{images.Small}' cat | wc -c";
        Assert.Equal("3", Command.Run("sh", ["-c", line]).Expect(0).Output.Trim());
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void EnvironmentUserAndFolderReachTheProcess(Door door)
    {
        var environment = Run(door, images.Small, ["env"], options: ["--env", "A=b c", "--env", "PATH=/bin:/usr/bin"]).Expect(0).Output.Split('\n');
        Assert.Contains("A=b c", environment);
        Assert.Contains("FROM_IMAGE=yes", environment);
        Assert.Contains("PATH=/bin:/usr/bin", environment);
        if (door == Door.Node) Assert.Contains("FROM_RUNTIME=node", environment);
        Assert.Equal("1234\n", Run(door, images.Small, ["id", "-u"], options: ["--user", "1234"]).Expect(0).Output);
        Assert.Equal("33\n", Run(door, images.Small, ["id", "-u"], options: ["--user", "www-data"]).Expect(0).Output);
        Assert.Equal("/var/tmp\n", Run(door, images.Small, ["pwd"], options: ["--workdir", "/var/tmp"]).Expect(0).Output);
        Assert.Equal("box\n", Run(door, images.Small, ["cat", "/proc/sys/kernel/hostname"], options: ["--hostname", "box"]).Expect(0).Output);
        Assert.Equal("x y\n", Run(door, images.Small, ["x", "y"], options: ["--entrypoint", "echo"]).Expect(0).Output);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void TimeIsRightAndEntropyFresh(Door door)
    {
        string[] command = ["sh", "-c", "date +%s; od -An -N16 -tx1 /dev/urandom"];
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var first = Run(door, images.Small, command).Expect(0).Output.Split('\n');
        var second = Run(door, images.Small, command).Expect(0).Output.Split('\n');
        var after = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.InRange(long.Parse(first[0], null), before - 1, after + 1);
        Assert.InRange(long.Parse(second[0], null), before - 1, after + 1);
        Assert.NotEqual(first[1], second[1]);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void AFolderIsMappedBothWays(Door door)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-folder-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "from-host"), "hello");
            const string script = """
                set -e; cd /work
                test "$(cat from-host)" = hello
                echo guest > new; mkdir sub; mv new sub/moved; ln -s sub/moved link; test "$(cat link)" = guest; test "$(readlink link)" = sub/moved
                chmod 700 sub/moved; test "$(stat -c %a sub/moved)" = 700
                printf 0123456789 > cut; truncate -s 4 cut; test "$(cat cut)" = 0123
                touch -d @1000000000 cut; test "$(stat -c %Y cut)" = 1000000000
                printf xy | dd of=cut bs=1 seek=1 conv=notrunc status=none; test "$(cat cut)" = 0xy3
                ! cat nothing-here; ! rmdir sub; rm link; mkdir gone; rmdir gone; echo done
                """;
            Assert.EndsWith("done\n", Run(door, images.Small, ["bash", "-c", script], folder: folder).Expect(0).Output, StringComparison.Ordinal);
            Assert.Equal("guest\n", File.ReadAllText(Path.Combine(folder, "sub/moved")));
            Assert.Equal("0xy3", File.ReadAllText(Path.Combine(folder, "cut")));
            Assert.Equal(["cut", "from-host", "sub"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void TenThousandFilesGoBothWays(Door door)
    {
        const int count = 10_000;
        var folder = Directory.CreateTempSubdirectory("gantry-many-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "in"));
            for (var i = 0; i < count; i++) File.WriteAllText(Path.Combine(folder, "in", $"file-{i}"), $"{i}\n");
            // All names are compared and all files are made; a file costs the guest 200,000 instructions to read, so of the contents a tenth.
            const string look = "LC_ALL=C ls in | md5sum | cut -c1-32 && LC_ALL=C cat in/*7 | md5sum | cut -c1-32";
            const string script = $"cd /work && {look} && mkdir out && cd out && for ((i = 0; i < 10000; i++)); do echo $i > g-$i; done; ls | wc -l";
            var run = Run(door, images.Small, ["bash", "-c", script], folder: folder).Expect(0);
            var expected = Command.Run("sh", ["-c", $"cd {folder} && {look}"]).Expect(0).Output;
            Assert.Equal($"{expected}{count}\n", run.Output);
            Assert.Equal(count, Directory.GetFiles(Path.Combine(folder, "out")).Length);
            Assert.Equal("9999\n", File.ReadAllText(Path.Combine(folder, "out", "g-9999")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task GccAndPythonRun()
    {
        var dev = await images.DevAsync();
        const string program = "cd /tmp && printf '#include <stdio.h>\\nint main(){printf(\"%%d\\\\n\", 6*7);return 5;}' > a.c && gcc a.c -o a && ./a";
        foreach (var door in Enum.GetValues<Door>())
        {
            Assert.Equal("42\n", Run(door, dev, ["sh", "-c", program]).Expect(5).Output);
            Assert.Equal("1267650600228229401496703205376\n", Run(door, dev, ["python3", "-c", "print(2**100)"]).Expect(0).Output);
        }
    }

    [Fact]
    public async Task ImagesWithoutUsersRunByNumbers()
    {
        var module = await images.WithoutUsersAsync();
        foreach (var door in Enum.GetValues<Door>())
            Assert.Equal("1234\n56\n/var/tmp\n", Run(door, module, []).Expect(0).Output);
        using var json = JsonDocument.Parse(Command.Run("dotnet", [ConvertedImages.Tool, "inspect", "--json", module]).Expect(0).Output);
        Assert.Equal("SIGINT", json.RootElement.GetProperty("container").GetProperty("stopSignal").GetString());
    }

    [Fact]
    public void TheFrontDoorReportsMemoryAndClosesInput()
    {
        foreach (var door in new[] { Door.Wasmtime, Door.Node })
        {
            string[] report = door == Door.Node ? ["--memory-report"] : ["--verbose"];
            var run = Run(door, images.Small, ["cat"], "ignored", ["--no-stdin", .. report]).Expect(0);
            Assert.Equal("", run.Output);
            Assert.Matches("[0-9]+ [KM]iB", run.Errors);
        }
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void IdleCostsNoProcessorTime(Door door)
    {
        var rest = Run(door, images.Small, ["true"]).Expect(0);
        var idle = Run(door, images.Small, ["sleep", "8"]).Expect(0);
        Assert.True(idle.Wall.TotalSeconds >= 8, $"slept {idle.Wall}");
        Assert.True((idle.Cpu - rest.Cpu).TotalSeconds < 2, $"8 s of sleep cost {idle.Cpu - rest.Cpu} of processor time more than nothing");
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public void OtherWaysToConvertRunToo(Door door)
    {
        Assert.Equal("riscv64\n", Run(door, images.Cold, ["uname", "-m"]).Expect(0).Output);
        Assert.Equal("riscv64\n", Run(door, images.External, ["uname", "-m"]).Expect(0).Output);
    }

    [Fact]
    public void AnotherExternalFileIsRefused()
    {
        var folder = Directory.CreateDirectory(Path.Combine(images.Folder, "other")).FullName;
        var module = Path.Combine(folder, "external.wasm");
        File.Copy(images.External, module);
        var bytes = File.ReadAllBytes(Path.Combine(images.Folder, "external.erofs"));
        bytes[1024 + 50] ^= 1;
        File.WriteAllBytes(Path.Combine(folder, "external.erofs"), bytes);
        Assert.Contains("not the root file system", Run(Door.Wasmtime, module, ["true"]).Expect(125).Errors, StringComparison.Ordinal);
        File.Delete(Path.Combine(folder, "external.erofs"));
        Assert.Contains("external.erofs", Run(Door.Wasmtime, module, ["true"]).Expect(125).Errors, StringComparison.Ordinal);
        Assert.Contains("external.erofs", Run(Door.Mailbox, module, ["true"]).Expect(125).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void TheModuleIsNotMuchLargerThanItsRootFileSystem()
    {
        using var module = OutModule.Open(images.Small);
        Assert.InRange(module.Length - (long)module.Index.Disk.Size, 0, 25 << 20);
    }

    private static Command.Result Run(Door door, string module, string[] command, string input = "", string[]? options = null, string? folder = null)
    {
        if (door != Door.Node)
        {
            string[] volume = folder == null ? [] : ["-v", $"{folder}:/work"];
            string[] wasi = door == Door.Wasmtime ? ["--wasi"] : [];
            return Command.Run("dotnet", [ConvertedImages.Tool, "run", .. wasi, .. volume, .. options ?? [], module, .. command], input);
        }

        var preopens = new Dictionary<string, string>();
        if (folder != null) preopens["/work"] = folder;
        if (module.EndsWith("external.wasm", StringComparison.Ordinal)) preopens["/"] = Path.GetDirectoryName(module)!;
        return Command.Run("node", ["--no-warnings", ConvertedImages.NodeScript, module, JsonSerializer.Serialize(preopens), .. options ?? [], "--", .. command], input);
    }
}
