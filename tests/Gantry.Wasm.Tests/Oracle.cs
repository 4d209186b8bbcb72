using System.Diagnostics;
using System.Globalization;
using Wasmtime;

namespace Gantry.Wasm.Tests;

/// <summary>Validators we did not write: Wasmtime's, set to the features of <see cref="ModuleValidator"/>, and V8's in Node.</summary>
internal static class Oracle
{
    private static readonly Engine Engine = new(new Config()
        .WithReferenceTypes(true).WithBulkMemory(true).WithSIMD(true).WithMultiValue(true).WithTailCalls(true)
        .WithRelaxedSIMD(true, false).WithMultiMemory(false).WithMemory64(false).WithWasmThreads(false)
        .WithGc(false).WithFunctionReferences(false).WithExceptions(false).WithWideArithmetic(false));

    /// <summary>Why Wasmtime rejects the bytes, or null if it accepts them.</summary>
    public static string? Wasmtime(byte[] binary) => global::Wasmtime.Module.Validate(Engine, binary);

    /// <summary>The bytes Wasmtime's own assembler makes of a text module.</summary>
    public static byte[] Assemble(string text) => global::Wasmtime.Module.ConvertText(text);

    /// <summary>Node's verdict on each module.</summary>
    public static bool[] Node(IReadOnlyList<byte[]> binaries)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-wasm").FullName;
        try
        {
            for (int i = 0; i < binaries.Count; i++) File.WriteAllBytes(Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture)), binaries[i]);
            string script = "const fs=require('fs');let r='';for(let i=0;i<+process.argv[2];i++)"
                + "r+=WebAssembly.validate(fs.readFileSync(process.argv[1]+'/'+i))?1:0;console.log(r)";
            using Process node = Process.Start(new ProcessStartInfo("node", ["-e", script, folder, binaries.Count.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
            })!;
            string output = node.StandardOutput.ReadToEnd().Trim();
            node.WaitForExit();
            Assert.Equal(binaries.Count, output.Length);
            return [.. output.Select(digit => digit == '1')];
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>Whether our validator accepts the bytes; whatever they are, it may only throw its own error.</summary>
    public static bool Ours(byte[] binary, out string message)
    {
        bool valid = ModuleValidator.TryValidate(binary, out WasmException? error);
        message = error?.Message ?? "valid";
        return valid;
    }
}
