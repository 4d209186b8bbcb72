using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace Gantry.Engine.Tests.Boot;

/// <summary>An unmodified Debian does its work, on CoreCLR and as WebAssembly. Digests come from this machine's own code.</summary>
public sealed class DebianTests
{
    public static TheoryData<Where> Both => [Where.CoreClr, Where.Wasmtime, Where.Translated];

    // What is to be translated must go on for longer than the host needs to compile the first modules.
    private static int Times(Where where) => where == Where.Translated ? 5 : 1;

    [Theory]
    [MemberData(nameof(Both))]
    public void BootsAndReportsTheExitStatus(Where where)
    {
        var outcome = Guest.Run(where, "uname -ms; cat /etc/debian_version; id -u; echo to stderr >&2; exit 42");
        Assert.Equal(42, outcome.Status);
        Assert.StartsWith("Linux riscv64\n", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n0\n", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("to stderr\n", outcome.Errors);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void MissingProgramsAndSignalsHaveTheirStatus(Where where)
    {
        Assert.Equal(127, Guest.RunProcess(where, ["/no/such/program"], []).Status);
        Assert.Equal(137, Guest.Run(where, "sh -c 'kill -9 $$'; exit $?").Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void InputGoesThroughPipesToItsEnd(Where where)
    {
        var input = new byte[3_000_000];
        new Random(5).NextBytes(input);
        var outcome = Guest.RunProcess(where, ["/bin/sh", "-c", "tee /tmp/copy | sha256sum; wc -c </tmp/copy"], input);
        Assert.Equal($"{Convert.ToHexStringLower(SHA256.HashData(input))}  -\n3000000\n", outcome.Output);
        Assert.Equal(0, outcome.Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void GccCompilesAndTheProgramRuns(Where where)
    {
        var script = $$"""
            cd /tmp && cat >hello.c && for i in $(seq {{Times(where)}}); do gcc -O2 -Wall -Werror hello.c -o hello -lm || exit 1; done && ./hello
            """;
        const string Program = """
            #include <math.h>
            #include <stdio.h>
            int main(void) {
                double sum = 0;
                for (int i = 1; i <= 1000; i++) sum += sqrt(i) / 3;
                printf("hello %.12f\n", sum);
                return 3;
            }
            """;
        var outcome = Guest.Run(where, script, Program);
        var sum = 0.0;
        for (var i = 1; i <= 1000; i++)
            sum += Math.Sqrt(i) / 3;
        Assert.Equal((3, $"hello {sum:F12}\n", ""), (outcome.Status, outcome.Output, outcome.Errors));
        Assert.True((where == Where.Translated) == (outcome.Regions > 100), $"{outcome.Regions} regions");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void PythonAndPerl(Where where)
    {
        var script = $$"""
            work() {
            python3 -c '
            import hashlib, json, zlib, decimal, re
            data = b"".join(str(i * i).encode() for i in range(20000))
            print(hashlib.sha256(data).hexdigest(), zlib.crc32(zlib.decompress(zlib.compress(data))))
            print(json.dumps({"pi": decimal.Decimal(2).sqrt().__str__()[:20], "f": 0.1 + 0.2, "big": 3 ** 100}))
            '
            perl -MDigest::SHA=sha256_hex -e 'my $d = join("", map { $_ * $_ } 0 .. 19999); print sha256_hex($d), " ", join(",", sort { $b <=> $a } (3, 11, 2)), "\n"'
            }
            for i in $(seq 2 {{Times(where)}}); do work >/dev/null || exit 1; done; work
            """;
        var data = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20000).Select(i => (long)i * i)));
        var digest = Convert.ToHexStringLower(SHA256.HashData(data));
        var crc = Crc32(data);
        var outcome = Guest.Run(where, script);
        Assert.Equal(
            $"{digest} {crc}\n{{\"pi\": \"1.414213562373095048\", \"f\": 0.30000000000000004, \"big\": 515377520732011331036461129765621272702107522001}}\n{digest} 11,3,2\n",
            outcome.Output);
        Assert.Equal((0, ""), (outcome.Status, outcome.Errors));
        Assert.True((where == Where.Translated) == (outcome.Regions > 100), $"{outcome.Regions} regions");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void FilesAreWhatTheImageHas_AndSurviveTarAndGzip(Where where)
    {
        const string Script = """
            cd /usr/bin && sha256sum perl git gcc-* python3.* cat | sort
            mkdir /tmp/a /tmp/b && cp -a /usr/share/perl5 /etc /tmp/a/ && cd /tmp/a
            find . -type f -exec sha256sum {} + | sort >/tmp/before
            tar -czf /tmp/a.tgz . && tar -xzf /tmp/a.tgz -C /tmp/b && cd /tmp/b
            find . -type f -exec sha256sum {} + | sort >/tmp/after
            cmp /tmp/before /tmp/after && test $(wc -l </tmp/after) -gt 100 && echo same >&2
            """;
        var outcome = Guest.Run(where, Script);
        Assert.Equal((0, "same\n"), (outcome.Status, outcome.Errors));
        var digests = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("  ")).ToDictionary(p => p[1], p => p[0]);
        var compared = 0;
        using var tar = new TarReader(File.OpenRead(Artifacts.Tarball));
        while (tar.GetNextEntry() is { } entry)
        {
            var name = Path.GetFileName(entry.Name);
            if (entry.DataStream == null || !entry.Name.Contains("usr/bin/", StringComparison.Ordinal) || !digests.TryGetValue(name, out var digest))
                continue;
            Assert.Equal((name, Convert.ToHexStringLower(SHA256.HashData(entry.DataStream))), (name, digest));
            compared++;
        }

        Assert.True(compared >= 3, $"only {compared} files compared");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void AptAndDpkgListPackages(Where where)
    {
        var outcome = Guest.Run(where, "apt list --installed 2>/dev/null | grep -c riscv64; dpkg -l | grep -c '^ii'; dpkg --verify coreutils");
        var counts = outcome.Output.Split('\n');
        Assert.True(int.Parse(counts[0]) > 50, outcome.Output);
        Assert.True(int.Parse(counts[1]) >= int.Parse(counts[0]), outcome.Output);
        Assert.Equal(0, outcome.Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void GitKeepsARepository(Where where)
    {
        const string Script = """
            cd /tmp && git init -q r && cd r && git config user.email a@b && git config user.name n
            printf 'content\n' >f && git add f && git commit -qm one
            for i in 1 2 3 4 5; do echo $i >>f; git commit -qam "more $i"; done
            git checkout -q -b side HEAD~2 && echo s >g && git add g && git commit -qm side && git checkout -q - && git merge -q -m merged side
            git gc -q && git fsck --strict 2>&1; git log --oneline | wc -l; git rev-parse HEAD~6:f; cat f | tail -1; git clone -q . ../c && cd ../c && git status --short | wc -l
            """;
        var outcome = Guest.Run(where, Script);
#pragma warning disable CA5350 // git's object names are SHA-1.
        var blob = Convert.ToHexStringLower(SHA1.HashData("blob 8\0content\n"u8.ToArray()));
#pragma warning restore CA5350
        Assert.Equal((0, $"8\n{blob}\n5\n0\n"), (outcome.Status, outcome.Output));
    }

    private static uint Crc32(byte[] data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        }

        return ~crc;
    }
}
