using System.Diagnostics;
using System.Reflection;
using System.Text;
using Wasmtime;

namespace Gantry.Compiler.Harness;

/// <summary>Runs calls as they are, on CoreCLR.</summary>
public static class CoreClrRunner
{
    /// <summary>One line per call: the result's bits, or <c>trap</c> and the exception's type and message.</summary>
    public static string[] Run(IReadOnlyList<Call> calls)
    {
        var results = new string[calls.Count];
        for (int i = 0; i < results.Length; i++)
        {
            try
            {
                results[i] = CallPlan.Format(calls[i].Method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, calls[i].Arguments, null));
            }
            catch (Exception exception) when (exception is not TargetException and not TargetParameterCountException)
            {
                Exception cause = exception is TypeInitializationException { InnerException: { } inner } ? inner : exception;
                results[i] = $"trap {cause.GetType().Name}: {cause.Message}";
            }
        }

        return results;
    }
}

/// <summary>Runs calls in Wasmtime, in this process.</summary>
public sealed class WasmtimeRunner : IDisposable
{
    private readonly Engine engine;
    private readonly Wasmtime.Module module;
    private readonly Linker linker;
    private Store? store;
    private Instance? instance;

    /// <summary>Compiles a module.</summary>
    /// <param name="binary">Its bytes.</param>
    /// <param name="optimize">Whether to spend time on good code.</param>
    public WasmtimeRunner(byte[] binary, bool optimize = false)
    {
        // Wasmtime's signal handlers and CoreCLR's do not get along: a division by zero in C# would end the process as a
        // stack overflow. Only benchmarks, which never trap, use the faster checks by signals.
        engine = new Engine(new Config().WithTailCalls(true).WithSignalsBasedTraps(optimize)
            .WithOptimizationLevel(optimize ? OptimizationLevel.Speed : OptimizationLevel.None));
        module = Wasmtime.Module.FromBytes(engine, "module", binary);
        linker = new Linker(engine);
    }

    /// <summary>The instance that serves the next call.</summary>
    public Instance Instance => instance ??= Instantiate();

    /// <summary>One line per call: the result's bits, or <c>trap</c> and the message.</summary>
    public string[] Run(IReadOnlyList<Call> calls)
    {
        var results = new string[calls.Count];
        for (int i = 0; i < results.Length; i++) results[i] = Run(calls[i]);
        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        store?.Dispose();
        linker.Dispose();
        module.Dispose();
        engine.Dispose();
    }

    private Instance Instantiate()
    {
        store?.Dispose();
        store = new Store(engine);
        linker.DefineUnknownImportsAsTraps(module);
        return linker.Instantiate(store, module);
    }

    private string Run(Call call)
    {
        try
        {
            Function function = Instance.GetFunction(call.Export) ?? throw new InvalidOperationException($"no export {call.Export}");
            ParameterInfo[] parameters = call.Method.GetParameters();
            var arguments = new ValueBox[parameters.Length];
            for (int i = 0; i < arguments.Length; i++)
            {
                ulong bits = CallPlan.Bits(call.Arguments[i]);
                arguments[i] = CallPlan.Letter(parameters[i].ParameterType) switch
                {
                    'i' => (ValueBox)(int)bits,
                    'l' => (long)bits,
                    'f' => BitConverter.UInt32BitsToSingle((uint)bits),
                    _ => BitConverter.UInt64BitsToDouble(bits),
                };
            }

            return CallPlan.Format(function.Invoke(arguments));
        }
        catch (WasmtimeException exception)
        {
            string text = TrapText() ?? exception.Message;
            instance = null;
            return "trap " + text.ReplaceLineEndings(" ");
        }
        catch (Exception exception) when (exception is OverflowException or InvalidCastException)
        {
            return "the export has another signature: " + exception.Message;
        }
    }

    // The module tells address and length of a trap's message (UTF-8).
    private string? TrapText()
    {
        if (instance?.GetFunction("trap_message")?.Invoke() is not object[] { Length: 2 } place || instance.GetMemory("memory") is not { } memory) return null;
        int length = (int)place[1];
        return length == 0 ? null : Encoding.UTF8.GetString(memory.GetSpan((int)place[0], length));
    }
}

/// <summary>Runs calls in JavaScript engines: child processes that read a module and a plan.</summary>
public static class JavaScriptRunner
{
    /// <summary>Runs calls in Node.</summary>
    public static string[] Node(byte[] binary, IReadOnlyList<Call> calls) =>
        Lines(NodeScript(binary, CallPlan.Serialize(calls), "runPlan(bytes, plan).join('\\n')"), calls.Count);

    /// <summary>Times a plan's calls in Node.</summary>
    /// <returns>JSON: times in milliseconds, and results.</returns>
    public static string NodeTimes(byte[] binary, string plan, int runs) =>
        NodeScript(binary, plan, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"timePlan(bytes, plan, {runs})"));

    /// <summary>Times a plan's calls in headless Chromium.</summary>
    /// <returns>JSON: times in milliseconds, and results.</returns>
    public static string ChromiumTimes(byte[] binary, string plan, int runs) =>
        ChromiumScript(binary, plan, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"timePlan(bytes, plan, {runs})"));

    /// <summary>Runs calls in headless Chromium.</summary>
    public static string[] Chromium(byte[] binary, IReadOnlyList<Call> calls) =>
        Lines(ChromiumScript(binary, CallPlan.Serialize(calls), "runPlan(bytes, plan).join('\\n')"), calls.Count);

    private static string NodeScript(byte[] binary, string plan, string expression)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-node").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "module.wasm"), binary);
            File.WriteAllText(Path.Combine(folder, "plan"), plan);
            File.WriteAllText(Path.Combine(folder, "run.js"), Script() + $"""
                const fs = require('fs');
                const bytes = fs.readFileSync(__dirname + '/module.wasm'), plan = fs.readFileSync(__dirname + '/plan', 'utf8');
                fs.writeFileSync(__dirname + '/results', {expression});
                """);
            string output = Execute("node", [Path.Combine(folder, "run.js")], TimeSpan.FromMinutes(5));
            string results = Path.Combine(folder, "results");
            if (!File.Exists(results)) throw new InvalidOperationException("node: " + output);
            return File.ReadAllText(results);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static string ChromiumScript(byte[] binary, string plan, string expression) => ChromiumPage($$"""
        {{Script()}}
        const bytes = Uint8Array.from(atob('{{Convert.ToBase64String(binary)}}'), c => c.charCodeAt(0));
        const plan = {{System.Text.Json.JsonSerializer.Serialize(plan)}};
        document.body.textContent = 'RESULTS\n' + {{expression}} + '\nEND';
        """);

    /// <summary>Runs a script in a page of headless Chromium.</summary>
    /// <returns>What the page's text has between the lines RESULTS and END.</returns>
    public static string ChromiumPage(string script)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-chromium").FullName;
        try
        {
            string page = Path.Combine(folder, "page.html");
            File.WriteAllText(page, $"<!doctype html><meta charset=utf-8><body><script>{script.Replace("</script", "<\\/script", StringComparison.Ordinal)}</script></body>");
            string output = Execute("/usr/bin/chromium",
                ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--timeout=120000",
                 $"--user-data-dir={Path.Combine(folder, "profile")}", "--dump-dom", new Uri(page).AbsoluteUri], TimeSpan.FromMinutes(5));
            int start = output.IndexOf("RESULTS\n", StringComparison.Ordinal);
            int end = output.LastIndexOf("\nEND", StringComparison.Ordinal);
            if (start < 0 || end < start) throw new InvalidOperationException("chromium: " + output[..Math.Min(output.Length, 2000)]);
            return System.Net.WebUtility.HtmlDecode(output[(start + 8)..end]);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>Runs a child process to its end.</summary>
    /// <returns>Its standard output, and its standard error if it failed.</returns>
    public static string Execute(string program, string[] arguments, TimeSpan timeout)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException(program);
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(timeout))
        {
            process.Kill(true);
            throw new TimeoutException($"{program} did not end in {timeout}");
        }

        return process.ExitCode == 0 ? output.Result : output.Result + error.Result;
    }

    private static string[] Lines(string text, int count)
    {
        string[] lines = text.Split('\n');
        if (lines.Length != count) throw new InvalidOperationException($"{lines.Length} results for {count} calls: {text[..Math.Min(text.Length, 500)]}");
        return lines;
    }

    private static string Script()
    {
        using var reader = new StreamReader(typeof(JavaScriptRunner).Assembly.GetManifestResourceStream("runner.js")!);
        return reader.ReadToEnd();
    }
}
