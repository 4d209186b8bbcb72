using Gantry.Converter.Format;
using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Engines;
using Gantry.Host.Files;

namespace Gantry.Converter.Snapshots;

/// <summary>Starts the machine of an out.wasm in the native host: the mailbox door, not <c>_start</c>.</summary>
public static class ModuleMachine
{
    /// <summary>Restores the snapshot, or boots a module without one.</summary>
    /// <param name="module">The module.</param>
    /// <param name="disk">Its root file system.</param>
    /// <param name="folders">Servers of the first mounts; the others stay empty.</param>
    /// <param name="window">Size of the terminal.</param>
    /// <param name="translation">Which of its code is translated while it runs.</param>
    public static MachineHost Start(
        OutModule module, IDisk disk, IReadOnlyList<IFileServer> folders, (ushort Columns, ushort Rows) window, TranslationMode translation = TranslationMode.Hot)
    {
        var index = module.Index;
        if (folders.Count > index.Machine.Mounts.Count)
            throw new ConverterException($"too many folders: the module has room for {index.Machine.Mounts.Count}");
        var mounts = index.Machine.Mounts.Select((tag, i) => new Mount(tag, i < folders.Count ? folders[i] : new NoFolder())).ToList();
        var engine = new WasmEngine(EngineFor(module), Path.Combine(Assets.CacheFolder, "engine"));
        try
        {
            if (index.Snapshot == null)
                return new MachineHost(engine, Options(module.ReadChecked(index.KernelImage!, "kernel"), module.ReadChecked(index.Initrd!, "initrd")));
            engine.Restore(index.Engine.MemoryPages * 65536UL, module.ReadSnapshot().Select(segment => ((ulong)segment.Address, segment.Bytes)));
            return MachineHost.Attach(engine, Options([], []));
        }
        catch
        {
            engine.Dispose();
            throw;
        }

        MachineOptions Options(byte[] kernel, byte[] initrd) => new()
        {
            MemorySize = index.Machine.Memory,
            Kernel = kernel,
            Initrd = initrd,
            CommandLine = index.Machine.CommandLine,
            Disks = [disk],
            Mounts = mounts,
            Ports = index.Machine.Ports,
            Mac = index.Machine.Network ? Convert.FromHexString(index.Machine.Mac.Replace(":", "", StringComparison.Ordinal)) : null,
            Window = window,
            Translation = translation,
        };
    }

    // Modules made by this very build share one compiled engine.
    private static byte[] EngineFor(OutModule module)
    {
        try
        {
            var own = File.ReadAllBytes(Assets.Find(module.Index.Platform.Architecture).EnginePath);
            if (EngineParts.SourceDigest(own) == module.Index.Engine.Source) return own;
        }
        catch (ConverterException)
        {
            // Without an engine of our own, the module's is as good.
        }

        return module.ReadEngineModule();
    }
}
