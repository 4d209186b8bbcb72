using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli.Commands;
using Gantry.Converter.Format;
using Gantry.Converter.Snapshots;
using Gantry.Images.Tests;
using Spectre.Console;
using Wasmtime;

namespace Gantry.Converter.Tests.Format;

/// <summary>docs/out-wasm.md against what Wasmtime makes of the file, and against bytes read by hand.</summary>
public sealed class OutModuleTests : IDisposable
{
    private const int Seed = 20261124;
    private const uint Pages = 40;
    private const int OtherIndexes = 500;
    private static readonly MachineIndex Machine = new() { Memory = StandardMachine.DefaultMemory, Ports = StandardMachine.Ports, Mounts = StandardMachine.Mounts };
    private readonly string folder = Directory.CreateTempSubdirectory("gantry-test-").FullName;
    private readonly byte[] disk;
    private readonly byte[] config;
    private readonly List<MemorySegment> memory;

    public OutModuleTests()
    {
        var random = new Random(Seed);
        disk = new byte[3 * OutModuleWriter.ChunkSize + 512];
        random.NextBytes(disk);
        var frontDoor = new FrontDoorConfig();
        frontDoor.Add(FrontDoorRecord.Cmd, "/bin/true");
        config = frontDoor.ToArray();
        memory = [];
        uint at = 0;
        while (at < Pages * 65536 - 20000)
        {
            var bytes = new byte[random.Next(1, 9000)];
            random.NextBytes(bytes);
            memory.Add(new MemorySegment(at + 3, bytes));
            at += (uint)bytes.Length + (uint)random.Next(3, 4000);
        }
    }

    [Fact]
    public void ASnapshotModuleIsWhatWasmtimeSees()
    {
        var (path, index) = Write(snapshot: true);
        using var engine = new Wasmtime.Engine();
        using var module = Module.FromFile(engine, path);
        using var linker = new Linker(engine);
        linker.DefineWasi();
        using var store = new Store(engine);
        store.SetWasiConfiguration(new WasiConfiguration());
        var instance = linker.Instantiate(store, module);
        var linear = instance.GetMemory("memory")!;
        var expected = new byte[Pages * 65536];
        foreach (var segment in memory) segment.Bytes.Span.CopyTo(expected.AsSpan((int)segment.Address));
        Assert.Equal(expected.Length, linear.GetLength());
        Assert.True(linear.GetSpan(0, expected.Length).SequenceEqual(expected));

        var copy = instance.GetFunction<int, int, long, int, int>("gantry_module_data")!;
        Assert.Equal(config.Length, copy(0, 0, 0, config.Length));
        Assert.True(linear.GetSpan(0, config.Length).SequenceEqual(config));
        const int offset = OutModuleWriter.ChunkSize * 2 - 100;
        Assert.Equal(5000, copy(3, 70000, offset, 5000));
        Assert.True(linear.GetSpan(70000, 5000).SequenceEqual(disk.AsSpan(offset, 5000)));
        Assert.Equal(-1, copy(4, 0, 0, 1));
        Assert.Throws<TrapException>(() => copy(3, 0, disk.Length, 1));
        Assert.Equal(memory.Count, index.Snapshot!.Segments);
    }

    [Fact]
    public void TheEngineAloneCompilesAndTakesTheSnapshotLater()
    {
        var (path, _) = Write(snapshot: true);
        using var file = OutModule.Open(path);
        using var engine = new Wasmtime.Engine();
        using var module = Module.FromBytes(engine, "engine", file.ReadEngineModule());
        Assert.True(file.ReadEngineModule().Length < 4096 + 2 * memory.Count);
        var read = file.ReadSnapshot();
        Assert.Equal(memory.Count, read.Count);
        for (var i = 0; i < read.Count; i++)
        {
            Assert.Equal(memory[i].Address, read[i].Address);
            Assert.True(memory[i].Bytes.Span.SequenceEqual(read[i].Bytes.Span));
        }
    }

    [Fact]
    public void TheIndexComesFirstAndItsRangesAreRight()
    {
        var (path, index) = Write(snapshot: true);
        var bytes = File.ReadAllBytes(path);
        Assert.Equal(0, bytes[8]);
        Assert.Equal("gantry.index", Encoding.ASCII.GetString(bytes, 15, 12));
        Assert.Equal(disk, bytes.AsSpan((int)index.Disk.Offset, (int)index.Disk.Length).ToArray());
        Assert.Equal(config, bytes.AsSpan((int)index.Config.Offset, (int)index.Config.Length).ToArray());
        Assert.Equal(Digest(bytes, index.Engine), index.Engine.Sha256);
        Assert.Equal(Digest(bytes, index.Snapshot!), index.Snapshot!.Sha256);
        Assert.Equal(Digest(bytes, index.Disk.Digests), index.Disk.Digests.Sha256);
        var packed = new MemoryStream(bytes, (int)index.Snapshot.Packed!.Offset, (int)index.Snapshot.Packed.Length);
        using var unpacked = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Decompress)) gzip.CopyTo(unpacked);
        Assert.Equal(bytes.AsSpan((int)index.Snapshot.Offset, (int)index.Snapshot.Length).ToArray(), unpacked.ToArray());
        for (var i = 0; i < 4; i++)
        {
            var chunk = disk.AsSpan(i * OutModuleWriter.ChunkSize, Math.Min(OutModuleWriter.ChunkSize, disk.Length - i * OutModuleWriter.ChunkSize));
            Assert.Equal(SHA256.HashData(chunk), bytes.AsSpan((int)index.Disk.Digests.Offset + i * 32, 32).ToArray());
        }

        var table = bytes.AsSpan((int)index.Snapshot.Table.Offset, (int)index.Snapshot.Table.Length);
        var last = table[^16..];
        Assert.Equal(
            memory[^1].Bytes.ToArray(),
            bytes.AsSpan((int)BinaryPrimitives.ReadInt64LittleEndian(last), BinaryPrimitives.ReadInt32LittleEndian(last[12..])).ToArray());
        Assert.Equal(memory[^1].Address, BinaryPrimitives.ReadUInt32LittleEndian(last[8..]));
    }

    [Fact]
    public void WithoutASnapshotTheEngineKeepsItsOwnData()
    {
        var (path, index) = Write(snapshot: false);
        Assert.Null(index.Snapshot);
        using var engine = new Wasmtime.Engine();
        using var module = Module.FromFile(engine, path);
        using var linker = new Linker(engine);
        linker.DefineWasi();
        using var store = new Store(engine);
        store.SetWasiConfiguration(new WasiConfiguration());
        var instance = linker.Instantiate(store, module);
        Assert.True(instance.GetMemory("memory")!.GetSpan(FakeEngine.OwnDataAddress, FakeEngine.OwnData.Length).SequenceEqual(FakeEngine.OwnData));
        Assert.Equal(11, instance.GetFunction<int, int, long, int, int>("gantry_module_data")!(1, 0, 0, 11));
        Assert.Equal("some kernel"u8.ToArray(), instance.GetMemory("memory")!.GetSpan(0, 11).ToArray());
        using var file = OutModule.Open(path);
        Assert.Equal("some kernel"u8.ToArray(), file.ReadChecked(file.Index.KernelImage!, "kernel"));
    }

    [Fact]
    public void TheSameInputGivesTheSameBytes() => Assert.Equal(File.ReadAllBytes(Write(true).Path), File.ReadAllBytes(Write(true).Path));

    [Fact]
    public void DamageIsFoundAndNeverCrashes()
    {
        var (path, _) = Write(snapshot: true);
        var good = File.ReadAllBytes(path);
        var random = new Random(Seed);
        var refused = 0;
        for (var i = 0; i < 300; i++)
        {
            var bad = (byte[])good.Clone();
            // The first 3,000 bytes hold header, index and section names.
            if (i % 3 == 0) bad = bad[..random.Next(bad.Length)];
            else for (var n = random.Next(1, 4); n > 0; n--) bad[random.Next(3000)] = (byte)random.Next(256);
            var target = Path.Combine(folder, "bad.wasm");
            File.WriteAllBytes(target, bad);
            try
            {
                using var module = OutModule.Open(target);
                module.ReadEngineModule();
                module.ReadSnapshot();
            }
            catch (ConverterException exception)
            {
                refused++;
                Assert.DoesNotContain('\n', exception.Message);
            }
        }

        Assert.True(refused > 200, $"only {refused} of 300 damaged files were refused (seed {Seed})");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AnotherIndexIsRefusedOrShown(int seed)
    {
        var (path, index) = Write(snapshot: seed % 2 == 0);
        var good = File.ReadAllBytes(path);
        var document = JsonNode.Parse(index.ToJson())!;
        var mutator = new JsonMutator(new Random(seed));
        var target = Path.Combine(folder, "bad.wasm");
        var refused = 0;
        for (var round = 0; round < OtherIndexes; round++)
        {
            var json = Encoding.UTF8.GetBytes(mutator.Mutate(document).ToJsonString());
            File.WriteAllBytes(target, WithIndex(good, json));
            try
            {
                using var module = OutModule.Open(target);
                module.ReadEngineModule();
                if (module.Index.Snapshot != null) module.ReadSnapshot();
                // Whoever passed the checks can be shown and could be started.
                using var screen = new StringWriter();
                AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(screen) }).Write(InspectCommand.Describe(module));
                Assert.False(screen.ToString().Any(c => char.IsControl(c) && c is not '\n' and not '\r'), $"control characters reach the terminal (seed {seed}, round {round}): {screen}");
                Assert.NotEqual("", module.Index.ToIndentedJson());
                if (module.Index.Disk.External == null) new ModuleDisk(module).Dispose();
            }
            catch (ConverterException exception)
            {
                refused++;
                Assert.False(exception.Message.Any(char.IsControl), $"seed {seed}, round {round}: {JsonSerializer.Serialize(exception.Message)}");
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}: {Encoding.UTF8.GetString(json)}\n{exception}");
            }
        }

        Assert.InRange(refused, OtherIndexes / 4, OtherIndexes - 1);
    }

    [Fact]
    public void ForeignModulesAreNamedAsSuch()
    {
        var path = Path.Combine(folder, "foreign.wasm");
        File.WriteAllBytes(path, FakeEngine.Build());
        Assert.Contains("not one that gantry convert made", Assert.Throws<ConverterException>(() => OutModule.Open(path)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, "no module"u8.ToArray());
        Assert.Contains("no WebAssembly module", Assert.Throws<ConverterException>(() => OutModule.Open(path)).Message, StringComparison.Ordinal);
    }

    // The index comes first, so what lies behind moves; readers must find that out or not care.
    private static byte[] WithIndex(byte[] module, byte[] json)
    {
        const int nameEnd = 8 + 1 + Leb128.PaddedSize + 1 + 12;
        var size = (int)Leb128.ReadUnsigned(module.AsSpan(9), out _);
        var room = 8 + 1 + Leb128.PaddedSize + size - nameEnd;
        // With the same length nothing moves: the writer's padding is there to be used.
        var padded = json.Length < room ? [.. json, .. Enumerable.Repeat((byte)' ', room - json.Length)] : json;
        using var result = new MemoryStream();
        result.Write(module.AsSpan(0, 9));
        Leb128.WritePadded(result, (uint)(padded.Length + 1 + 12));
        result.Write(module.AsSpan(9 + Leb128.PaddedSize, 1 + 12));
        result.Write(padded);
        result.Write(module.AsSpan(nameEnd + room));
        return result.ToArray();
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Digest(byte[] file, FileRange range) => Convert.ToHexStringLower(SHA256.HashData(file.AsSpan((int)range.Offset, (int)range.Length)));

    private (string Path, ModuleIndex Index) Write(bool snapshot)
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.wasm");
        var engine = FakeEngine.Build();
        using var output = new FileStream(path, FileMode.CreateNew);
        var index = OutModuleWriter.Write(
            new OutModuleContents
            {
                Engine = engine,
                Config = config,
                Kernel = snapshot ? [] : "some kernel"u8.ToArray(),
                Memory = snapshot ? memory : EngineParts.OwnData(engine),
                IsSnapshot = snapshot,
                MemoryPages = snapshot ? Pages : 0,
                Disk = new MemoryStream(disk),
                Index = new ModuleIndex { Machine = Machine, Container = new ContainerConfig { Labels = new Dictionary<string, string> { ["ä"] = "\u001b[31m" } } },
            },
            output);
        return (path, index);
    }
}
