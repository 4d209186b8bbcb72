using Gantry.Compiler.Harness;
using Gantry.Wasm;

namespace Gantry.Compiler.Tests;

/// <summary>The modules themselves: valid, nothing in them unused, traps and tail calls as promised.</summary>
public sealed class ModuleTests
{
    private static readonly Lazy<byte[]> Corpus = new(() => Compile("corpus"));

    [Theory]
    [InlineData("corpus")]
    [InlineData("scalars")]
    [InlineData("vectors")]
    public void A_module_is_valid_and_carries_no_unused_function(string assembly)
    {
        Module module = ModuleReader.Read(Compile(assembly));
        ModuleValidator.Validate(module);
        string[] unused = Unused(module);
        Assert.True(unused.Length == 0, $"{unused.Length} of {module.Functions.Count} functions are unused: " + string.Join(", ", unused.Take(10)));
    }

    [Fact]
    public void The_check_for_unused_functions_finds_one()
    {
        Module module = ModuleReader.Read(Corpus.Value);
        module.Functions.Add(module.Functions[0]);
        Assert.Single(Unused(module));
    }

    [Theory]
    [InlineData("trap_explicit", 0, "InvalidOperationException", "the machine stands still", "Traps.Explicit")]
    [InlineData("trap_explicit", 1, "ArgumentException", "bad argument", "Traps.Explicit")]
    [InlineData("trap_explicit", 3, "ArgumentOutOfRangeException", "too odd", "Traps.Fail")]
    [InlineData("trap_index", 3, "IndexOutOfRangeException", "", "Traps.Index")]
    [InlineData("trap_null_field", 0, "NullReferenceException", "", "Traps.NullField")]
    [InlineData("trap_null_call", 0, "NullReferenceException", "", "Traps.NullCall")]
    [InlineData("trap_cast", 1, "InvalidCastException", "", "Traps.Cast")]
    [InlineData("trap_inlined", 5, "OverflowException", "overflow", "Traps")]
    [InlineData("trap_after_finally", 65536, "OverflowException", "overflow", "Traps.Order")]
    public void A_trap_tells_exception_message_and_method(string export, int argument, string exception, string message, string method)
    {
        Call call = CallPlan.Of(typeof(Gantry.Compiler.Corpus.InputsAttribute).Assembly).First(c => c.Export == export) with { Arguments = [argument] };
        using var runner = new WasmtimeRunner(Corpus.Value);
        foreach (string result in new[] { runner.Run([call])[0], JavaScriptRunner.Node(Corpus.Value, [call])[0] })
        {
            Assert.StartsWith("trap ", result, StringComparison.Ordinal);
            Assert.Contains(exception, result, StringComparison.Ordinal);
            Assert.Contains(message, result, StringComparison.Ordinal);
            Assert.Contains(method, result, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("tail_count")]
    [InlineData("tail_threaded")]
    public void Ten_million_tail_calls_do_not_grow_the_stack(string export)
    {
        const int depth = 10_000_000;
        long expected = export == "tail_count" ? Count(depth, 3) : Threaded(depth, 3);
        Call call = CallPlan.Of(typeof(Gantry.Compiler.Corpus.InputsAttribute).Assembly).First(c => c.Export == export) with { Arguments = [depth, 3] };
        using var runner = new WasmtimeRunner(Corpus.Value);
        Assert.Equal(CallPlan.Format(expected), runner.Run([call])[0]);
        Assert.Equal(CallPlan.Format(expected), JavaScriptRunner.Node(Corpus.Value, [call])[0]);
    }

    // The corpus's TailCalls as loops.
    private static long Count(int depth, int step)
    {
        long sum = 0;
        while (true)
        {
            if (depth-- == 0) return sum;
            sum += step;
            if (depth == 0) return -sum;
            depth--;
            sum ^= depth + 1;
        }
    }

    private static long Threaded(int left, int value)
    {
        long sum = 0;
        while (--left > 0)
        {
            if ((value & 1) == 0)
            {
                sum += value;
                value += 3;
            }
            else
            {
                sum = (sum * 3) ^ value;
                value = (int)sum >> 1;
            }
        }

        return sum + value;
    }

    [Fact]
    public void An_interpreters_step_is_inlined_into_its_loop_and_its_program_counter_a_local()
    {
        string code = Compilation.Run(new CompilationOptions { Input = DifferentialTests.PathOf("corpus"), Exports = new HashSet<string> { "program_rv64" }, Dump = "RiscV.Run" }).DumpText;
        Assert.Contains("Programs.RiscV.Run [", code, StringComparison.Ordinal);
        Assert.DoesNotContain("RiscV.Step}", code, StringComparison.Ordinal);
        // Offsets in Hart, behind its registers: Pc, Memory, Retired.
        Assert.DoesNotMatch("#(256|264|272) ", code);
    }

    private static byte[] Compile(string assembly)
    {
        CompilerResult result = CompilerDriver.CompileToWasm(DifferentialTests.PathOf(assembly));
        return result.Binary ?? throw new InvalidOperationException(result.Output);
    }

    private static string[] Unused(Module module)
    {
        int imports = module.ImportCount(ExternKind.Function);
        var seen = new HashSet<int>();
        var queue = new Queue<int>();
        foreach (Export export in module.Exports.Where(e => e.Kind == ExternKind.Function)) Add(export.Index);
        foreach (int function in module.Elements.SelectMany(e => e.Functions ?? [])) Add(function);
        if (module.Start is int start) Add(start);
        while (queue.TryDequeue(out int next))
        {
            if (next < imports) continue;
            var reader = new InstructionReader(module.Functions[next - imports].Code.Span);
            while (reader.Next())
            {
                if (reader.Info.Immediate == Immediate.Function) Add(reader.Index);
            }
        }

        NameSection? names = NameSection.Find(module);
        return [.. Enumerable.Range(0, imports + module.Functions.Count).Where(i => !seen.Contains(i)).Select(i => names?.Functions.GetValueOrDefault(i) ?? $"function {i}")];

        void Add(int function)
        {
            if (seen.Add(function)) queue.Enqueue(function);
        }
    }
}
