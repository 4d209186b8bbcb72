using System.Text.RegularExpressions;
using Gantry.Compiler.Diagnostics;
using Gantry.Compiler.Harness;

namespace Gantry.Compiler.Tests;

/// <summary>What cannot be compiled is an error with file, line, method and advice; all of them in one run; never a stack trace.</summary>
public sealed partial class DiagnosticsTests
{
    private const string Source = """
        using Gantry; using System; using System.Linq; using System.Runtime.InteropServices;
        public static class Wrong
        {
            static object kept = null; static string text = "a"; static Func<int, int> function;
            [WasmExport("fine")] public static int Fine(int a) => a + 1;
            [WasmExport("e1")] public static int Boxing(int a)
            {
                kept = a; // expect Boxing
                return 1;
            }
            [WasmExport("e2")] public static int Text(int a)
            {
                text += "b"; // expect Text
                return text.Length;
            }
            [WasmExport("e3")] public static int Catching(int a)
            {
                try { return 10 / a; }
                catch (DivideByZeroException) { return 0; } // expect Catching
            }
            [WasmExport("e4")] public static int Lambda(int a)
            {
                function = x => x + a; // expect Lambda
                return function(a);
            }
            [WasmExport("e5")] public static int Reflection(int a)
            {
                return typeof(Wrong).Name.Length; // expect Reflection
            }
            [DllImport("libc")] static extern int getpid();
            [WasmExport("e6")] public static int Native(int a)
            {
                return getpid(); // expect Native
            }
            [WasmExport("e7")] public static int Linq(int a)
            {
                return new[] { 1, 2, a }.Where(x => x > 1).Sum(); // expect Linq
            }
            [WasmExport("e8")] public static float Remainder(float a, float b)
            {
                Console.WriteLine("x"); // expect Remainder
                return a;
            }
            [WasmTailCalls] static int Tail(int a)
            {
                Span<int> span = stackalloc int[3];
                return Taker(span); // expect Tail
            }
            [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)] static int Taker(Span<int> span) => span[0];
            [WasmExport("e9")] public static int CallsTail(int a) => Tail(a);
        }
        """;

    [Fact]
    public void Every_error_is_reported_with_its_place_and_advice()
    {
        string folder = Directory.CreateTempSubdirectory("gantry-errors").FullName;
        string path = CompilerDriver.CompileSource(folder, "Wrong", false, Source);
        CompilationResult result = Compilation.Run(new CompilationOptions { Input = path });
        Assert.Null(result.Module);
        string all = string.Join('\n', result.Diagnostics);
        string[] lines = Source.Split('\n');
        var missing = new List<string>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (Expectation().Match(lines[i]) is not { Success: true } match) continue;
            string method = match.Groups[1].Value;
            // The error is in the user's line itself, or names the user's method as the one that leads to it.
            bool found = result.Diagnostics.Any(d => (d.Line == i + 1 && d.File?.EndsWith("Wrong0.cs", StringComparison.Ordinal) == true && d.Method.Contains(method, StringComparison.Ordinal))
                || d.ToString().Contains($"Wrong.{method}", StringComparison.Ordinal));
            if (!found) missing.Add($"{method} (line {i + 1})");
        }

        Assert.True(missing.Count == 0, $"no error for: {string.Join(", ", missing)}\n{all}");
        Assert.DoesNotContain("Wrong.Fine", all, StringComparison.Ordinal);
        Assert.DoesNotContain("the compiler failed", all, StringComparison.Ordinal);
        foreach (Diagnostic diagnostic in result.Diagnostics) Assert.True(diagnostic.Message.Length > 30, diagnostic.Message);
        Directory.Delete(folder, true);
    }

    [Theory]
    [InlineData("[WasmExport(\"a\")] public static int A() => 1; [WasmExport(\"a\")] public static int B() => 2;", "used twice")]
    [InlineData("[WasmExport(\"a\")] public static T A<T>(T a) => a;", "generic")]
    [InlineData("public static int A() => 1;", "nothing to compile")]
    [InlineData("[WasmExport(\"memory\")] public static int A() => 1;", "choose another")]
    public void Roots_that_cannot_be_are_refused(string members, string expected)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-roots").FullName;
        string path = CompilerDriver.CompileSource(folder, "Roots", true, $"using Gantry; public static class R {{ {members} }}");
        CompilerResult result = CompilerDriver.CompileToWasm(path);
        Assert.Null(result.Binary);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        Directory.Delete(folder, true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Broken_input_is_an_error_and_no_crash(int kind)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-broken").FullName;
        string path = Path.Combine(folder, "Broken.dll");
        byte[] good = File.ReadAllBytes(DifferentialTests.PathOf("corpus"));
        File.WriteAllBytes(path, kind switch { 0 => [], 1 => [.. "not an assembly, certainly not one"u8], _ => good[..(good.Length / 3)] });
        CompilerResult result = CompilerDriver.CompileToWasm(path);
        Assert.Null(result.Binary);
        Assert.NotEmpty(result.Output);
        Directory.Delete(folder, true);
    }

    [GeneratedRegex("// expect (\\w+)")]
    private static partial Regex Expectation();
}
