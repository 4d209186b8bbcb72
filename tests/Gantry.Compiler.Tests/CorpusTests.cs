using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Reflection;
using System.Security.Cryptography;
using Gantry.Compiler.Corpus.Programs;
using Gantry.Compiler.Harness;

namespace Gantry.Compiler.Tests;

/// <summary>The corpus itself, on CoreCLR: programs give what independent implementations give, the generator's output compiles.</summary>
public sealed class CorpusTests
{
    [Fact]
    public void The_programs_are_right()
    {
        byte[] data = [.. Enumerable.Range(0, 100).Select(i => (byte)((i * 7) + 3))];
        Assert.Equal(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(data)), Sha256.Run(100, 1));
        Assert.Equal(92, Numeric.Queens(8));
        Assert.True(Lz4.Run(9, 1) > 0);
        byte[] crc = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * i))];
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, true))
        using (Stream entry = archive.CreateEntry("a", CompressionLevel.NoCompression).Open()) entry.Write(crc);
        Assert.Equal(new ZipArchive(new MemoryStream(zip.ToArray())).Entries[0].Crc32, Numeric.Crc32(1000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public void The_rv64_guest_program_computes_what_the_same_algorithm_computes_here(int count)
    {
        var array = new ulong[count];
        ulong seed = 0x9E3779B97F4A7C15;
        for (int i = 0; i < count; i++)
        {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            array[i] = seed * (ulong)count;
        }

        Array.Sort(array);
        long fold = 1;
        foreach (ulong value in array)
        {
            fold *= (int)value;
            fold = (int)((int)fold + (byte)(value >> 40));
            fold -= (int)value;
        }

        Assert.Equal((ulong)fold + (ulong)RiscV.Retired(count), RiscV.Run(count, 1));
        Assert.True(BitOperations.IsPow2(64));
    }

    [Fact]
    public void Random_programs_compile_and_depend_on_their_seed_only()
    {
        string folder = Directory.CreateTempSubdirectory("gantry-random").FullName;
        for (int seed = 1; seed <= 3; seed++)
        {
            string source = RandomProgram.Generate(seed, 40);
            Assert.Equal(source, RandomProgram.Generate(seed, 40));
            Assembly assembly = CompilerDriver.Load(CompilerDriver.CompileSource(folder, $"Random{seed}", seed % 2 == 0, source), out _);
            string[] results = CoreClrRunner.Run(CallPlan.Of(assembly, 4));
            // Most methods must return something, and not the same thing.
            Assert.InRange(results.Count(result => !result.StartsWith("trap", StringComparison.Ordinal)), results.Length / 3, results.Length);
            Assert.True(results.Distinct().Count() > results.Length / 4);
        }

        Directory.Delete(folder, true);
    }
}
