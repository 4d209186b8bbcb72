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
    public static List<string> Run(string assemblyPath, bool node, int callsPerMethod = 120)
    {
        CompilerResult compiled = CompilerDriver.CompileToWasm(assemblyPath);
        if (compiled.Binary is null) return [.. compiled.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assembly assembly = CompilerDriver.Load(assemblyPath, out AssemblyLoadContext context);
        try
        {
            List<Call> calls = CallPlan.Of(assembly, callsPerMethod);
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
}
