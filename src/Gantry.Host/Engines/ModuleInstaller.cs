using Gantry.Engine.Jit;
using Wasmtime;

namespace Gantry.Host.Engines;

/// <summary>Compiles the modules that the engine makes at run time and puts them beside it (docs/host-interface.md, "Modules made at run time").</summary>
/// <remarks>
/// Wasmtime keeps all that a store was given until the store ends, so there is a bound to what is ever taken; behind it the engine goes on with what it has.
/// </remarks>
internal sealed unsafe class ModuleInstaller : IDisposable
{
    /// <summary>Bytes of modules taken at most; Wasmtime makes about ten times as much machine code.</summary>
    public const ulong DefaultBytes = 48 << 20;

    /// <summary>Modules taken at most: a store has room for 10,000 instances, and each has mappings of its own.</summary>
    public const int MaxModules = 9_500;

    private readonly Wasmtime.Engine engine;
    private readonly Store store;
    private readonly Linker linker;
    private readonly Table table;
    private readonly WasmEngine memory;
    private readonly ulong mailbox;
    private readonly TranslationMode mode;
    private readonly ulong mostBytes;
    private readonly List<Module> modules = [];
    private Task<Module>? compiling;

    /// <summary>Begins to translate.</summary>
    /// <param name="engine">Wasmtime's engine.</param>
    /// <param name="store">The engine module's store.</param>
    /// <param name="instance">The engine module.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="mode">What is translated. <see cref="TranslationMode.All"/> is compiled at once, all else while the machine goes on.</param>
    /// <param name="mostBytes">Bytes of modules taken at most.</param>
    public ModuleInstaller(Wasmtime.Engine engine, Store store, Instance instance, WasmEngine memory, ulong machine, TranslationMode mode, ulong mostBytes)
    {
        this.engine = engine;
        this.store = store;
        this.memory = memory;
        this.mode = mode;
        this.mostBytes = mostBytes;
        table = instance.GetTable("table") ?? throw WasmEngine.Missing("table");
        var translate = instance.GetFunction<int, int, int, int>("gantry_translate") ?? throw WasmEngine.Missing("gantry_translate");
        mailbox = (uint)translate((int)(uint)machine, (int)mode, (int)table.GetSize());
        if (mailbox == 0)
            throw new MachineException($"the engine cannot translate: it has no memory left, or the {table.GetSize()} entries of its table are too many");
        Mailbox->Fuses = Fuses() ? 1u : 0u;
        table.Grow(Mailbox->TableEntries, null);
        linker = new Linker(engine);
        linker.Define("engine", "memory", instance.GetMemory("memory") ?? throw WasmEngine.Missing("memory"));
        linker.Define("engine", "table", table);
    }

    /// <summary>The mailbox, good until the engine is next called.</summary>
    public ModuleMailbox* Mailbox => (ModuleMailbox*)memory.Pointer(mailbox, (ulong)sizeof(ModuleMailbox));

    /// <summary>Between two runs: takes what is there, installs what is done.</summary>
    public void Pump()
    {
        Clear();
        if (Mailbox->State == (uint)ModuleState.Ready)
        {
            if (Mailbox->TotalBytes > mostBytes || modules.Count >= MaxModules)
            {
                Mailbox->State = (uint)ModuleState.Failed;
                return;
            }

            var bytes = new ReadOnlySpan<byte>(memory.Pointer(Mailbox->Module, Mailbox->Length), (int)Mailbox->Length).ToArray();
            Mailbox->State = (uint)ModuleState.Taken;
            // On a thread of its own: a process that keeps its pool's threads to itself would have the guest interpreted for as long.
            compiling = Task.Factory.StartNew(() => Module.FromBytes(engine, "regions", bytes), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (mode == TranslationMode.All)
                compiling.Wait();
        }

        if (compiling is not { IsCompleted: true })
            return;
        // A module that is refused is a fault of the translator: better told than hidden behind a slow interpreter.
        var module = compiling.GetAwaiter().GetResult();
        compiling = null;
        modules.Add(module);
        linker.Instantiate(store, module);
        Mailbox->State = (uint)ModuleState.Installed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            compiling?.Wait();
            compiling?.Result.Dispose();
        }
        catch (AggregateException)
        {
            // Nobody waits for it any more.
        }

        foreach (var module in modules)
            module.Dispose();
        linker.Dispose();
    }

    // Whether this host has a multiply-add that rounds once: the engine's probe says so, where it is understood.
    private bool Fuses()
    {
        var bytes = new ReadOnlySpan<byte>(memory.Pointer(Mailbox->Probe, Mailbox->ProbeLength), (int)Mailbox->ProbeLength);
        if (Module.Validate(engine, bytes) != null)
            return false;
        using var module = Module.FromBytes(engine, "probe", bytes);
        return new Instance(store, module).GetFunction<double, int>("fuses")?.Invoke(0) == 1;
    }

    private void Clear()
    {
        var count = Mailbox->ClearCount;
        if (count == 0)
            return;
        var entries = (uint*)memory.Pointer(Mailbox->Clear, count * sizeof(uint));
        for (var i = 0u; i < count; i++)
            table.SetElement(entries[i], null);
        Mailbox->ClearCount = 0;
    }
}
