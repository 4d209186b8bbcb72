using System.Reflection;
using System.Reflection.Emit;
using Gantry.Compiler.Diagnostics;
using Gantry.Compiler.Harness;

namespace Gantry.Compiler.Tests;

/// <summary>What cannot be compiled: all errors of a run, each with its file, line, method and what to write instead; mistakes of the compiler told apart.</summary>
public sealed class ErrorTests
{
    // Each line that must be refused says what the error tells.
    private const string Refused = """
        using System; using Gantry; using System.Runtime.InteropServices;
        public static unsafe class Refused
        {
            private interface IShape { int Area<T>(); }
            private sealed class Square : IShape { public int Area<T>() => sizeof(int); }
            private static int s_value;

            [WasmExport("box")] public static int Box(int a) { object o = a; return o == (object)s_value ? 1 : 0; } // error: boxing of System.Int32
            [WasmExport("lambda")] public static int Lambda(int a) { Func<int, int> f = x => x + a; return f(a); } // error: use a function pointer
            [WasmExport("catch")]
            public static int Catch(int a)
            {
                try { return 5 / a; } // error: a throw ends the machine
                catch (DivideByZeroException) { return 0; }
            }

            [WasmExport("text")] public static int Text(int a) => Length(a); // reached from here
            private static int Length(int a) { string s = new string('x', a); return s.Length; } // error: strings cannot be made at run time
            [WasmExport("grid")] public static int Grid(int a) { var grid = new int[3, 3]; return grid[a, a]; } // error: only one-dimensional arrays
            [WasmExport("virtual")] public static int Virtual(int a) => Area(a == 0 ? new Square() : new Circle());
            private sealed class Circle : IShape { public int Area<T>() => 3; }
            private static int Area(IShape shape) => shape.Area<int>(); // error: generic virtual method
            [WasmExport("type")] public static int Type(int a) { Type t = a == 0 ? typeof(int) : typeof(long); return t == typeof(int) ? 1 : 0; } // error: typeof(...) can only be compared at once
            [WasmExport("sine")] public static double Sine(double a) => Math.Sin(a); // error: has no counterpart in WebAssembly
            [WasmExport("native")] public static int Native(int a) => getpid(a); // error: mark your own imports with [WasmImport]
            [DllImport("libc")] private static extern int getpid(int a);
            [WasmExport("fine")] public static int Fine(int a) => a + 1;
        }
        """;

    [Fact]
    public void All_errors_are_told_with_file_line_method_and_advice()
    {
        string folder = Directory.CreateTempSubdirectory("gantry-errors").FullName;
        string path = CompilerDriver.CompileSource(folder, "Refused", true, Refused);
        CompilationResult result = Compilation.Run(new CompilationOptions { Input = path });
        Assert.Null(result.Module);
        Assert.DoesNotContain(result.Diagnostics, diagnostic => diagnostic.IsInternal);
        string all = string.Join('\n', result.Diagnostics);
        string[] lines = Refused.ReplaceLineEndings("\n").Split('\n');
        var expected = new HashSet<int>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Split("// error: ") is not [_, var text]) continue;
            expected.Add(i + 1);
            Assert.True(result.Diagnostics.Any(d => d.Line == i + 1 && d.File == Path.Combine(folder, "Refused0.cs") && d.Message.Contains(text, StringComparison.Ordinal)), $"line {i + 1}, {text}:\n{all}");
        }

        Assert.True(result.Diagnostics.All(diagnostic => expected.Contains(diagnostic.Line)), all);
        Assert.Contains("Refused.Length", result.Diagnostics.Single(d => d.Message.Contains("strings cannot", StringComparison.Ordinal)).ToString(), StringComparison.Ordinal);
        Assert.Contains("reached from Refused.Text", result.Diagnostics.Single(d => d.Message.Contains("strings cannot", StringComparison.Ordinal)).Message, StringComparison.Ordinal);
        Assert.All(result.Diagnostics, diagnostic => Assert.StartsWith($"{diagnostic.File}({diagnostic.Line}): error GWC001: ", diagnostic.ToString(), StringComparison.Ordinal));
        Directory.Delete(folder, true);
    }

    [Theory]
    [InlineData("underflow", "the evaluation stack is empty")]
    [InlineData("argument", "there is no argument 9")]
    [InlineData("variable", "there is no local variable 7")]
    [InlineData("middle", "into the middle of an instruction")]
    [InlineData("end", "control runs off the end of the method")]
    [InlineData("token", "there is nothing with the token 0x04123456")]
    [InlineData("types", "operands of I64 and I32")]
    [InlineData("string", "there is no string with the token 0x70123456")]
    [InlineData("object", "where an object is expected")]
    public void Damaged_IL_is_told_as_such(string export, string text)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-damaged").FullName;
        string path = Damaged(folder);
        CompilationResult result = Compilation.Run(new CompilationOptions { Input = path, Exports = new HashSet<string> { export } });
        Diagnostic error = Assert.Single(result.Diagnostics);
        Assert.Null(result.Module);
        Assert.False(error.IsInternal, error.ToString());
        Assert.StartsWith("the IL is not valid: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Contains("Damaged." + export, error.ToString(), StringComparison.Ordinal);
        Directory.Delete(folder, true);
    }

    [Fact]
    public void A_mistake_of_the_compiler_asks_for_a_report_and_says_where_it_is()
    {
        // A function without a block: nothing the importer makes.
        Exception e = Assert.ThrowsAny<Exception>(new IR.Function(null, new Wasm.FuncType([], [])).ComputeOrder);
        string text = InternalError.Describe(e);
        Assert.False(InternalError.IsOfInput(e));
        Assert.Contains("internal compiler error", text, StringComparison.Ordinal);
        Assert.Contains("Function.ComputeOrder", text, StringComparison.Ordinal);
        Assert.Contains("please report it", text, StringComparison.Ordinal);
        Assert.StartsWith("A.cs(3): error GWC900: ", (new Diagnostic("A.cs", 3, "A.B", text) { IsInternal = true }).ToString(), StringComparison.Ordinal);
    }

    private static string Damaged(string folder)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Damaged"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("Damaged").DefineType("Damaged", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        Define("underflow", il => il.Emit(OpCodes.Add));
        Define("argument", il => il.Emit(OpCodes.Ldarg_S, (byte)9));
        Define("variable", il => il.Emit(OpCodes.Ldloc_S, (byte)7));
        Define("middle", il =>
        {
            il.Emit(OpCodes.Br_S, (sbyte)2);
            il.Emit(OpCodes.Ldc_I4, 0);
        });
        Define("end", il => il.Emit(OpCodes.Ldc_I4_0), ret: false);
        Define("token", il => il.Emit(OpCodes.Ldsfld, 0x04123456));
        Define("types", il =>
        {
            il.Emit(OpCodes.Ldc_I8, 1L);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Add);
        });
        Define("string", il =>
        {
            il.Emit(OpCodes.Ldstr, 0x70123456);
            il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Ldarg_0);
        });
        Define("object", il =>
        {
            il.Emit(OpCodes.Ldc_I8, 1L);
            il.Emit(OpCodes.Ldlen);
        });
        type.CreateType();
        string path = Path.Combine(folder, "Damaged.dll");
        assembly.Save(path);
        return path;

        void Define(string name, Action<ILGenerator> code, bool ret = true)
        {
            MethodBuilder method = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int)]);
            method.SetCustomAttribute(new CustomAttributeBuilder(typeof(WasmExportAttribute).GetConstructor([typeof(string)])!, [name]));
            code(method.GetILGenerator());
            if (ret) method.GetILGenerator().Emit(OpCodes.Ret);
        }
    }
}
