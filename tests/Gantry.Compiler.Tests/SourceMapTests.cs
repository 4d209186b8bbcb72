using System.Globalization;
using System.Reflection.Metadata;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.Compiler.Harness;

namespace Gantry.Compiler.Tests;

/// <summary>
/// What a debugger needs: V8 tells a trap's byte offset and, from the name section, its C# method; the source map, decoded here by the
/// format's own rules (ECMA-426), turns the offset into the line that trapped.
/// </summary>
public sealed partial class SourceMapTests
{
    private const string Source = """
        using Gantry;
        public static class Sample
        {
            [WasmExport("outer")]
            public static int Outer(int a)
            {
                int sum = 0;
                for (int i = 0; i < 3; i++) sum += a * i;
                return sum + Inner(sum, a); // called from here
            }

            [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
            private static int Inner(int sum, int a)
            {
                sum ^= 5;
                return sum / // divided here
                    (a - 7);
            }
        }
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_trap_is_traced_to_its_method_and_line(bool chromium)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-map").FullName;
        string path = CompilerDriver.CompileSource(folder, "Sample", true, Source);
        CompilationResult result = Compilation.Run(new CompilationOptions { Input = path, SourceMapUrl = "Sample.wasm.map" });
        Assert.NotNull(result.Module);
        Assert.NotNull(result.SourceMap);
        string script = $$"""
            const bytes = Uint8Array.from(atob('{{Convert.ToBase64String(result.Module)}}'), c => c.charCodeAt(0));
            let stack = '';
            try { new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports.outer(7); } catch (error) { stack = error.stack; }
            """;
        string stack = chromium ? JavaScriptRunner.ChromiumPage(script + "document.body.textContent = 'RESULTS\\n' + stack + '\\nEND';")
            : JavaScriptRunner.Execute("node", ["-e", script + "console.log(stack);"], TimeSpan.FromMinutes(2));
        Match[] frames = [.. Frame().Matches(stack).Cast<Match>().Where(frame => !frame.Value.StartsWith("at trap ", StringComparison.Ordinal))];
        Assert.True(frames.Length >= 2, stack);
        (int Column, string File, int Line)[] mappings = Decode(result.SourceMap);
        Assert.Contains("Sample.Inner", frames[0].Value, StringComparison.Ordinal);
        Assert.Contains("Sample.Outer", frames[1].Value, StringComparison.Ordinal);
        Assert.Equal("divided here", LineOf(frames[0]));
        Assert.Equal("called from here", LineOf(frames[1]));
        Directory.Delete(folder, true);

        string LineOf(Match frame)
        {
            int offset = int.Parse(frame.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            (_, string file, int line) = mappings.Last(mapping => mapping.Column <= offset);
            return File.ReadLines(file).ElementAt(line).Split("// ").Last();
        }
    }

    // Every number is unique and stays in the code as it is: it is where the two maps meet.
    private const string Numbers = """
        using Gantry; using System.Runtime.CompilerServices;
        public static class Numbers
        {
            [WasmExport("numbers")]
            public static long Run(long a, int n)
            {
                long x = a ^ 0x1001_0000_0001;
                for (int i = 0; i < n; i++)
                {
                    x = (x ^ 0x1002_0000_0001)
                        * (a + 0x1003_0000_0001);
                    switch (i & 3)
                    {
                        case 0: x += a * 0x1004_0000_0001; break;
                        case 1:
                            x ^= 0x1005_0000_0001 - x;
                            break;
                        default: x = Inlined(x, a); break;
                    }

                    if (x < 0x1006_0000_0001) x = Outlined(x, n);
                }

                try
                {
                    x = Generic<int>(x * 0x1007_0000_0001);
                    if (a == 0x1008_0000_0001) return x;
                }
                finally
                {
                    s_kept = x ^ 0x1009_0000_0001;
                }

                return Inlined(x, 5);
            }

            private static long s_kept;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static long Inlined(long x, long y)
            {
                x ^= 0x100A_0000_0001; x *= y;
                return x - (y ^ 0x100B_0000_0001);
            }

            [MethodImpl(MethodImplOptions.NoInlining)]
            private static long Outlined(long x, int n) =>
                n > 2
                    ? x ^ 0x100C_0000_0001
                    : x * 0x100D_0000_0001;

            private static long Generic<T>(long x) where T : unmanaged
            {
                while (x > (s_kept ^ 0x100E_0000_0001) + Unsafe.SizeOf<T>())
                    x /= 3;
                return x ^ 0x100F_0000_0001;
            }
        }
        """;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Every_place_has_the_line_that_the_PDB_gives_it(bool release, bool optimize)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-map").FullName;
        string path = CompilerDriver.CompileSource(folder, "Numbers", release, Numbers);
        CompilationResult result = Compilation.Run(new CompilationOptions { Input = path, SourceMapUrl = "Numbers.wasm.map", Optimize = optimize });
        Assert.True(result.Module is not null, string.Join('\n', result.Diagnostics));
        (int Column, string File, int Line)[] mappings = Decode(result.SourceMap!);
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(path, ".pdb")));
        MetadataReader pdb = provider.GetMetadataReader();
        int places = 0;
        foreach ((MethodDefinitionHandle method, int offset, ILOpCode code, long number) in IntermediateCode.Instructions(path))
        {
            if (code != ILOpCode.Ldc_i8) continue;
            SequencePoint point = pdb.GetMethodDebugInformation(method.ToDebugInformationHandle()).GetSequencePoints().Last(p => p.Offset <= offset && !p.IsHidden);
            int[] found = Find(result.Module, number);
            Assert.True(found.Length > 0, $"{number:x} is not in the module");
            foreach (int at in found)
            {
                (_, string file, int line) = mappings.Last(mapping => mapping.Column <= at);
                Assert.Equal((pdb.GetString(pdb.GetDocument(point.Document).Name), point.StartLine), (file, line + 1));
                places++;
            }
        }

        // Fifteen numbers, and what was inlined several times (a finally handler always is, for each way out).
        Assert.True(places > 15, $"{places} places");
        Directory.Delete(folder, true);
    }

    // Where the module has i64.const NUMBER.
    private static int[] Find(byte[] module, long number)
    {
        var writer = new Gantry.Wasm.CodeWriter();
        writer.I64Const(number);
        byte[] wanted = writer.ToArray();
        return [.. Enumerable.Range(0, module.Length - wanted.Length).Where(at => module.AsSpan(at, wanted.Length).SequenceEqual(wanted))];
    }

    private static (int Column, string File, int Line)[] Decode(string json)
    {
        using JsonDocument map = JsonDocument.Parse(json);
        Assert.Equal(3, map.RootElement.GetProperty("version").GetInt32());
        string[] sources = [.. map.RootElement.GetProperty("sources").EnumerateArray().Select(source => source.GetString()!)];
        var decoded = new List<(int, string, int)>();
        int column = 0, source = 0, line = 0;
        foreach (string segment in map.RootElement.GetProperty("mappings").GetString()!.Split(','))
        {
            int[] fields = [.. Fields(segment)];
            Assert.Equal(4, fields.Length);
            column += fields[0];
            source += fields[1];
            line += fields[2];
            decoded.Add((column, sources[source], line));
        }

        Assert.Equal(decoded.OrderBy(mapping => mapping.Item1), decoded);
        return [.. decoded];
    }

    private static IEnumerable<int> Fields(string segment)
    {
        int value = 0, shift = 0;
        foreach (char c in segment)
        {
            int digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".IndexOf(c, StringComparison.Ordinal);
            value |= (digit & 31) << shift;
            shift += 5;
            if ((digit & 32) != 0) continue;
            yield return (value & 1) != 0 ? -(value >> 1) : value >> 1;
            value = shift = 0;
        }
    }

    [GeneratedRegex("at .*wasm-function\\[\\d+\\]:0x([0-9a-f]+)")]
    private static partial Regex Frame();
}
