using System.Text;
using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Engines;
using Gantry.Host.Files;

namespace Gantry.Engine.Tests.Boot;

/// <summary>Where the engine runs.</summary>
public enum Where
{
    /// <summary>As C# in this process.</summary>
    CoreClr,

    /// <summary>As WebAssembly in Wasmtime, interpreting.</summary>
    Wasmtime,

    /// <summary>As WebAssembly in Wasmtime, translating what runs often.</summary>
    Translated,
}

/// <summary>What a program in the guest did.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error, and what init had to say.</param>
/// <param name="Regions">Translated regions that ran in the end. A short program may be over before the host has compiled the first.</param>
internal sealed record Outcome(int Status, string Output, string Errors, uint Regions);

/// <summary>Boots Debian and runs one program in it.</summary>
internal static class Guest
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a shell script to its end.</summary>
    /// <param name="where">Where the engine runs.</param>
    /// <param name="script">For <c>sh -c</c>.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="folder">A folder of this machine to have at /workspace; null: none.</param>
    public static Outcome Run(Where where, string script, string input = "", string? folder = null) =>
        RunProcess(where, ["/bin/sh", "-c", script], Encoding.UTF8.GetBytes(input), folder);

    /// <summary>Runs a program to its end.</summary>
    public static Outcome RunProcess(Where where, string[] arguments, byte[] input, string? folder = null)
    {
        IEngine engine = where == Where.CoreClr ? new NativeEngine() : new WasmEngine(Artifacts.Module, Artifacts.CacheFolder);
        using var server = folder == null ? null : new FolderServer(folder);
        using var disk = new FileDisk(Artifacts.Image);
        using var machine = new GuestMachine(engine, new MachineOptions
        {
            MemorySize = 512 << 20,
            Kernel = Artifacts.Kernel,
            Initrd = Artifacts.Init,
            CommandLine = "quiet console=ttyS0 gantry.root=vda",
            Disks = [disk],
            Mounts = server == null ? [] : [new Mount("workspace", server)],
            Translation = where == Where.Translated ? TranslationMode.Hot : TranslationMode.Off,
        });
        var output = new MemoryStream();
        var errors = new MemoryStream();
        var kernel = new MemoryStream();
        machine.Output.Output = output.Write;
        machine.Error.Output = errors.Write;
        machine.Host.UartOutput = kernel.Write;
        machine.Host.LogOutput = kernel.Write;
        machine.Input.Write(input);
        machine.Input.CloseInput();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var status = machine.Run(
                new GuestProcess
                {
                    Arguments = arguments,
                    Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"],
                    Mounts = server == null ? [] : [("workspace", "/workspace", "", false)],
                },
                limit.Token);
            // Options that get lost on the way would leave a test of the interpreter.
            var translation = (engine as WasmEngine)?.Translation;
            Assert.Equal(where == Where.Translated, translation != null);
            return new Outcome(status, Text(output), Text(errors) + string.Join('\n', machine.Control.Errors), translation?.Regions ?? 0);
        }
        catch (MachineException error)
        {
            throw new InvalidOperationException($"{error.Message}\n--- kernel\n{Text(kernel)}\n--- stderr\n{Text(errors)}\n--- stdout\n{Text(output)}", error);
        }
    }

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());
}
