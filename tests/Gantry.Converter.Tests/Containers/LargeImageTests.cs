using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Gantry.Converter.Format;

namespace Gantry.Converter.Tests.Containers;

/// <summary>An image with a gigabyte of files that do not compress: memory stays bounded, and every byte arrives.</summary>
public sealed class LargeImageTests(ConvertedImages images, ITestOutputHelper output)
{
    private const int Seed = 20261130;
    private const long Bytes = 1_000_000_000;
    private const long MostMemory = 600_000_000;
    private const int MostFileBytes = 64 << 20;
    private const int MostCheckedBytes = 4 << 20; // The guest's sums take their time.
    private static readonly string[] Layer = ["application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar"];

    [Fact]
    public void AGigabyteConvertsInLessThan600Megabytes()
    {
        var folder = Directory.CreateDirectory(Path.Combine(images.Folder, "large")).FullName;
        try
        {
            var expected = WriteImage(folder);
            var module = Path.Combine(folder, "large.wasm");
            var run = Measured.Run($"dotnet '{ConvertedImages.Tool}' convert oci:{folder}/image '{module}'");
            output.WriteLine($"{run.Seconds:F1} s, at most {run.PeakMebibytes} MiB");
            Assert.InRange(run.PeakMebibytes << 20, 20 << 20, MostMemory);
            Directory.Delete(Path.Combine(folder, "image"), recursive: true);
            using (var opened = OutModule.Open(module))
                Assert.InRange((long)opened.Index.Disk.Size, Bytes, Bytes + (Bytes / 10));

            // Some of the files, as the guest's kernel reads them.
            var script = $"cd /data && sha256sum {string.Join(' ', expected.Keys)}";
            var sums = Command.Run("dotnet", [ConvertedImages.Tool, "run", "--no-stdin", module, "sh", "-c", script]).Expect(0).Output;
            Assert.Equal(string.Concat(expected.Select(file => $"{file.Value}  {file.Key}\n")), sums);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // An OCI layout: the small Debian's layer as it is, and one with the files. Returns SHA-256 sums of some of them.
    private SortedDictionary<string, string> WriteImage(string folder)
    {
        var blobs = Directory.CreateDirectory(Path.Combine(folder, "image/blobs/sha256")).FullName;
        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var temporary = Path.Combine(folder, "layer");
        string diffId, digest;
        using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        using (var packedHash = SHA256.Create())
        using (var hash = SHA256.Create())
        {
            // Nothing to gain from compressing noise: stored blocks are gzip as well.
            using (var packed = new CryptoStream(file, packedHash, CryptoStreamMode.Write, leaveOpen: true))
            using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
            using (var hashed = new CryptoStream(gzip, hash, CryptoStreamMode.Write, leaveOpen: true))
                WriteFiles(hashed, expected);
            diffId = Convert.ToHexStringLower(hash.Hash!);
            digest = Convert.ToHexStringLower(packedHash.Hash!);
        }

        var size = new FileInfo(temporary).Length;
        File.Move(temporary, Path.Combine(blobs, digest));
        var tarball = Command.Run(Path.Combine(ConvertedImages.SourceTree, "guest/rootfs/build.sh"), ["small", "riscv64"]).Expect(0).Output.Trim().Split('\n')[^1];
        using (var source = File.OpenRead(tarball))
        {
            var debian = Convert.ToHexStringLower(SHA256.HashData(source));
            File.CreateSymbolicLink(Path.Combine(blobs, debian), tarball);
            var config = Store(blobs, $$$"""{"os":"linux","architecture":"riscv64","rootfs":{"type":"layers","diff_ids":["sha256:{{{debian}}}","sha256:{{{diffId}}}"]}}""");
            var manifest = Store(blobs, $$"""
                {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",{{config}}},"layers":[
                 {"mediaType":"{{Layer[1]}}","digest":"sha256:{{debian}}","size":{{source.Length}}},{"mediaType":"{{Layer[0]}}","digest":"sha256:{{digest}}","size":{{size}}}]}
                """);
            File.WriteAllText(Path.Combine(folder, "image/index.json"), $$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",{{manifest}}}]}""");
            File.WriteAllText(Path.Combine(folder, "image/oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        }

        return expected;
    }

    private static string Store(string blobs, string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(blobs, digest), bytes);
        return $"\"digest\":\"sha256:{digest}\",\"size\":{bytes.Length}";
    }

    // Sizes from a byte to 64 MiB. One block of noise serves all: each file begins elsewhere in it and with its number.
    private static void WriteFiles(Stream output, SortedDictionary<string, string> expected)
    {
        var random = new Random(Seed);
        var noise = new byte[MostFileBytes * 2];
        random.NextBytes(noise);
        using var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        var left = Bytes;
        for (var i = 0; left > 0; i++)
        {
            var length = (int)Math.Min(left, 1 + (long)Math.Pow(MostFileBytes, random.NextDouble()));
            var start = random.Next(noise.Length - length);
            BitConverter.TryWriteBytes(noise.AsSpan(start), i);
            using var data = new MemoryStream(noise, start, length, writable: false);
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"data/{i}") { DataStream = data });
            left -= length;
            if (i % 20 == 0 && length < MostCheckedBytes) expected[$"{i}"] = Convert.ToHexStringLower(SHA256.HashData(noise.AsSpan(start, length)));
        }
    }
}
