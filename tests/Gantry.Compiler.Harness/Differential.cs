using System.Reflection;
using System.Runtime.Loader;

namespace Gantry.Compiler.Harness;

/// <summary>Compares what a module does with what CoreCLR does.</summary>
public static class Differential
{
    /// <summary>The calls whose results differ, as readable lines.</summary>
    public static List<string> Compare(IReadOnlyList<Call> calls, string[] expected, string[] actual)
    {
        var wrong = new List<string>();
        for (int i = 0; i < calls.Count; i++)
        {
            if (!Agree(expected[i], actual[i])) wrong.Add($"{calls[i]} [{calls[i].Export}]: CoreCLR {expected[i]}, module {actual[i]}");
        }

        return wrong;
    }

    /// <summary>Whether two results agree: the same bits, or traps that name the same exception.</summary>
    public static bool Agree(string expected, string actual)
    {
        if (!expected.StartsWith("trap ", StringComparison.Ordinal)) return expected == actual;
        string exception = expected[5..expected.IndexOf(':', StringComparison.Ordinal)];
        return actual.StartsWith("trap ", StringComparison.Ordinal) && actual.Contains(exception, StringComparison.Ordinal);
    }

    /// <summary>Compiles an assembly to a module and compares all its exported methods on the given runners.</summary>
    /// <returns>What differs, or what the compiler said if it made no module.</returns>
    public static List<string> Run(string assemblyPath, bool node, int callsPerMethod = 120, IReadOnlySet<string>? exports = null, bool optimize = true)
    {
        CompilerResult compiled = CompilerDriver.CompileToWasm(assemblyPath, exports, optimize);
        if (compiled.Binary is null) return [.. compiled.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assembly assembly = CompilerDriver.Load(assemblyPath, out AssemblyLoadContext context);
        try
        {
            List<Call> calls = CallPlan.Of(assembly, callsPerMethod);
            if (exports is not null) calls.RemoveAll(call => !exports.Contains(call.Export));
            if (calls.Count == 0) return [$"{assemblyPath} exports no method"];
            string[] expected = CoreClrRunner.Run(calls);
            if (node) return Compare(calls, expected, JavaScriptRunner.Node(compiled.Binary, calls));
            using var runner = new WasmtimeRunner(compiled.Binary);
            return Compare(calls, expected, runner.Run(calls));
        }
        finally
        {
            context.Unload();
        }
    }

    /// <summary>Finds the exports that do not compile, by halves.</summary>
    /// <returns>Each with what the compiler says of it alone.</returns>
    public static List<(string Export, string Output)> FindUncompilable(string assemblyPath)
    {
        Assembly assembly = CompilerDriver.Load(assemblyPath, out AssemblyLoadContext context);
        string[] names = [.. CallPlan.Of(assembly, 1).Select(call => call.Export).Distinct()];
        context.Unload();
        var found = new List<(string, string)>();
        Search(names);
        return found;

        void Search(ReadOnlySpan<string> part)
        {
            if (part.IsEmpty) return;
            CompilerResult result = CompilerDriver.CompileToWasm(assemblyPath, part.ToArray().ToHashSet());
            if (result.Binary is not null) return;
            if (part.Length == 1)
            {
                found.Add((part[0], result.Output));
                return;
            }

            Search(part[..(part.Length / 2)]);
            Search(part[(part.Length / 2)..]);
        }
    }
}
