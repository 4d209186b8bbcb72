using System.Security.Cryptography;
using Gantry.Engine.Host;
using Gantry.Engine.Jit;
using Wasmtime;

namespace Gantry.Host.Engines;

/// <summary>The compiled engine in Wasmtime: addresses are offsets into its memory.</summary>
public sealed unsafe class WasmEngine : IEngine
{
    private const ulong WasmPage = 65536;

    // A budget: the run that came back for a module, as if it had not.
    private const long GoOn = -1;

    private readonly Wasmtime.Engine engine;
    private readonly Module module;
    private readonly Linker linker;
    private readonly Store store;
    private readonly Memory memory;
    private readonly Func<int, int> alloc;
    private readonly Func<int, int> create;
    private readonly Func<int, int> boot;
    private readonly Func<int> machine;
    private readonly Func<int, int> mailbox;
    private readonly Func<int, long, int> run;
    private readonly Action<int> restored;
    private readonly Action<int> trim;
    private readonly Instance instance;
    private ModuleInstaller? installer;
    private ulong observed;

    /// <summary>Instantiates a module.</summary>
    /// <param name="wasm">The module's bytes.</param>
    /// <param name="cacheFolder">Where the machine code Wasmtime makes of it is kept; null: nowhere.</param>
    public WasmEngine(byte[] wasm, string? cacheFolder = null)
    {
        engine = new Wasmtime.Engine();
        module = Load(engine, wasm, cacheFolder);
        linker = new Linker(engine);
        linker.DefineWasi();
        store = new Store(engine);
        store.SetWasiConfiguration(new WasiConfiguration());
        instance = linker.Instantiate(store, module);
        memory = instance.GetMemory("memory") ?? throw Missing("memory");
        alloc = instance.GetFunction<int, int>("gantry_alloc") ?? throw Missing("gantry_alloc");
        create = instance.GetFunction<int, int>("gantry_create") ?? throw Missing("gantry_create");
        boot = instance.GetFunction<int, int>("gantry_boot") ?? throw Missing("gantry_boot");
        machine = instance.GetFunction<int>("gantry_machine") ?? throw Missing("gantry_machine");
        mailbox = instance.GetFunction<int, int>("gantry_mailbox") ?? throw Missing("gantry_mailbox");
        run = instance.GetFunction<int, long, int>("gantry_run") ?? throw Missing("gantry_run");
        trim = instance.GetAction<int>("gantry_trim") ?? throw Missing("gantry_trim");
        restored = instance.GetAction<int>("gantry_restored") ?? throw Missing("gantry_restored");
    }

    /// <inheritdoc/>
    public ulong Allocate(ulong size)
    {
        var address = (uint)alloc(checked((int)size));
        return address != 0 ? address : throw new MachineException($"no memory left for {size} bytes in the engine");
    }

    /// <inheritdoc/>
    public ulong Create(ulong config)
    {
        var machine = (uint)create((int)(uint)config);
        return machine != 0 ? machine : throw new MachineException("not enough memory for the machine in the engine");
    }

    /// <inheritdoc/>
    public bool Boot(ulong machine) => boot((int)(uint)machine) == 0;

    /// <inheritdoc/>
    public ulong GetMachine() => (uint)machine();

    /// <summary>Bytes of linear memory now.</summary>
    public ulong MemoryLength => (ulong)memory.GetLength();

    /// <summary>Makes the memory that of another instance of the same engine: zeros but for the segments.</summary>
    /// <param name="length">Bytes of that memory, a multiple of 64 KiB.</param>
    /// <param name="segments">Addresses and bytes.</param>
    /// <exception cref="MachineException">There is not enough memory, or a segment lies outside.</exception>
    public void Restore(ulong length, IEnumerable<(ulong Address, ReadOnlyMemory<byte> Bytes)> segments)
    {
        var present = MemoryLength;
        for (ulong at = 0; at < present; at += WasmPage)
            new Span<byte>(Pointer(at, WasmPage), (int)WasmPage).Clear();
        if (length > present && memory.Grow((long)((length - present) / WasmPage)) < 0)
            throw new MachineException($"no memory for {length >> 20} MiB");
        foreach (var (address, bytes) in segments)
            bytes.Span.CopyTo(new Span<byte>(Pointer(address, (ulong)bytes.Length), bytes.Length));
    }

    /// <inheritdoc/>
    public ulong GetMailbox(ulong machine) => (uint)mailbox((int)(uint)machine);

    /// <inheritdoc/>
    public uint Run(ulong machine, long budget)
    {
        var reason = (uint)run((int)(uint)machine, budget);
        installer?.Pump();
        while (reason == (uint)RunReason.Module)
        {
            reason = (uint)run((int)(uint)machine, GoOn);
            installer?.Pump();
        }

        return reason;
    }

    /// <inheritdoc/>
    public void Translate(ulong machine, TranslationMode mode)
    {
        if (installer == null && mode != TranslationMode.Off)
            installer = new ModuleInstaller(engine, store, instance, this, machine, mode, MaxTranslatedBytes);
    }

    /// <summary>Bytes of translated code taken at most (Wasmtime keeps all of it): then translation ends, and the guest goes on with what there is.</summary>
    public ulong MaxTranslatedBytes { get; init; } = ModuleInstaller.DefaultBytes;

    /// <summary>Figures of the translation; null when there is none.</summary>
    public ModuleMailbox? Translation => installer == null ? null : *installer.Mailbox;

    /// <summary>Between runs: registers and pc of the guest.</summary>
    /// <param name="machine">The machine; whether it is translated is left as it is.</param>
    public ModuleMailbox Observe(ulong machine)
    {
        if (installer != null)
            return *installer.Mailbox;
        if (observed == 0)
        {
            var translate = instance.GetFunction<int, int, int, int>("gantry_translate") ?? throw Missing("gantry_translate");
            // No table entry will be used.
            observed = (uint)translate((int)(uint)machine, (int)TranslationMode.Off, int.MaxValue);
            if (observed == 0)
                throw new MachineException("the engine has no memory left to be observed");
        }

        return *(ModuleMailbox*)Pointer(observed, (ulong)sizeof(ModuleMailbox));
    }

    /// <inheritdoc/>
    public void Restored(ulong machine) => restored((int)(uint)machine);

    /// <inheritdoc/>
    public void Trim(ulong machine) => trim((int)(uint)machine);

    /// <inheritdoc/>
    public byte* Pointer(ulong address, ulong length)
    {
        var size = (ulong)memory.GetLength();
        if (address > size || length > size - address)
            throw new MachineException($"the engine names memory it does not have: {address:x} + {length:x}");
        return (byte*)memory.GetPointer() + address;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        installer?.Dispose();
        store.Dispose();
        linker.Dispose();
        module.Dispose();
        engine.Dispose();
    }

    internal static MachineException Missing(string export) => new($"the module has no export {export}: it is no Gantry engine");

    private static Module Load(Wasmtime.Engine engine, byte[] wasm, string? cacheFolder)
    {
        Module Compile() => Module.FromBytes(engine, "gantry", wasm);
        return cacheFolder == null
            ? Compile()
            : ModuleCache.Load(engine, "gantry", cacheFolder, $"engine-{Convert.ToHexStringLower(SHA256.HashData(wasm))[..32]}", Compile);
    }
}
