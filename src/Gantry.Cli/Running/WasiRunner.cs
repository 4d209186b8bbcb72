using Gantry.Converter;
using Gantry.Converter.Format;
using Gantry.Host.Engines;
using Wasmtime;

namespace Gantry.Cli.Running;

/// <summary>Runs a module by its other door, <c>_start</c>, as any WASI runtime does: for trying out what those will do.</summary>
internal static class WasiRunner
{
    private const int DigestCharacters = 16;

    /// <summary>Runs to the end; the exit status.</summary>
    /// <exception cref="ConverterException">The module trapped.</exception>
    public static int Run(OutModule module, RunOptions options)
    {
        using var engine = new Wasmtime.Engine();
        using var compiled = Load(engine, module);
        using var linker = new Linker(engine);
        linker.DefineWasi();
        // Wasmtime's own refuses statuses from 126 on, which containers do have.
        int? exitStatus = null;
        linker.AllowShadowing = true;
        linker.DefineFunction("wasi_snapshot_preview1", "proc_exit", (int status) =>
        {
            exitStatus = status;
            throw new OperationCanceledException();
        });
        using var store = new Store(engine);
        store.SetWasiConfiguration(Configure(module, options));
        try
        {
            var start = linker.Instantiate(store, compiled).GetAction("_start") ?? throw new ConverterException("the module has no _start");
            start();
            return 0;
        }
        catch (Exception exception) when (exitStatus != null && exception is WasmtimeException or OperationCanceledException)
        {
            return exitStatus.GetValueOrDefault();
        }
        catch (WasmtimeException exception)
        {
            throw new ConverterException($"the module stopped: {exception.Message}", exception);
        }
    }

    private static WasiConfiguration Configure(OutModule module, RunOptions options)
    {
        var arguments = new List<string> { Path.GetFileName(module.Path) };
        if (options.Entrypoint != null) arguments.AddRange(["--entrypoint", options.Entrypoint]);
        foreach (var variable in options.Environment) arguments.AddRange(["--env", variable]);
        if (options.User != null) arguments.AddRange(["--user", options.User]);
        if (options.WorkingDirectory != null) arguments.AddRange(["--workdir", options.WorkingDirectory]);
        if (options.Hostname != null) arguments.AddRange(["--hostname", options.Hostname]);
        if (options.NoInput) arguments.Add("--no-stdin");
        if (options.Verbose) arguments.Add("--memory-report");
        if (options.Command.Count != 0) arguments.AddRange(["--", .. options.Command]);
        var configuration = new WasiConfiguration()
            .WithArgs(arguments).WithInheritedStandardInput().WithInheritedStandardOutput().WithInheritedStandardError();
        foreach (var volume in options.Volumes) configuration.WithPreopenedDirectory(volume.Host, volume.Guest, !volume.ReadOnly);
        if (module.Index.Disk.External != null) configuration.WithPreopenedDirectory(Path.GetDirectoryName(module.Path)!, "/", false);
        return configuration;
    }

    // A module's machine code with its data is kept by the digests of its parts.
    private static Module Load(Wasmtime.Engine engine, OutModule module)
    {
        var index = module.Index;
        var folder = Path.Combine(Assets.CacheFolder, "modules");
        var name = string.Join('-', new[] { index.Engine.Sha256, index.Snapshot?.Sha256 ?? index.KernelImage!.Sha256, index.Disk.Digests.Sha256 }
            .Select(digest => digest[..DigestCharacters]));
        var config = module.ReadConfigDigest()[..DigestCharacters];
        return ModuleCache.Load(engine, "out.wasm", folder, $"{name}-{config}", () =>
        {
            try
            {
                return Module.FromFile(engine, module.Path);
            }
            catch (WasmtimeException exception)
            {
                throw new ConverterException($"Wasmtime refuses {module.Path}: {exception.Message}", exception);
            }
        });
    }
}
