using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Host;
using Gantry.Engine.Jit;
using Gantry.Engine.Tests.Boot;
using Gantry.Engine.Tests.Qemu;
using Gantry.Host;
using Gantry.Host.Engines;

namespace Gantry.Engine.Tests.Cpu.Translated;

/// <summary>
/// Runs cases on the compiled engine in Wasmtime, under a small kernel (case-kernel.S), in the address space that the agent under qemu has. Code that was not there before runs once
/// as it comes, which the interpreter does, and once after its beginning was translated, with all that can be reached from there; both must end alike. Cases with the code of the one before them use what is there.
/// </summary>
public sealed unsafe class CaseKernel : IRiscVRunner, IDisposable
{
    // Offsets into RAM: tables, the cases' memory, the mailbox, the cases' code.
    private const ulong RamStart = 0x8000_0000, RamSize = 16 << 20, Page = 4096;
    private const ulong Tables = 0, MemoryPages = 0x2_0000, MailboxOffset = 0x10_0000, CodePages = 0x40_0000;
    private const ulong V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, AD = 0xc0;
    private const ulong TickInstructions = 10;

    // Wasmtime takes only so many modules; then another machine goes on.
    private const uint MostModules = 5_000;

    private readonly TranslationMode mode;
    private readonly ulong? mostBytes;
    private WasmEngine engine;
    private MachineHost host;
    private ulong machine, nextTable, regionsBefore, droppedBefore;
    private byte[] code = [];

    /// <summary>Boots the kernel.</summary>
    public CaseKernel()
        : this(TranslationMode.All)
    {
    }

    /// <summary>Boots the kernel.</summary>
    /// <param name="mode">What is translated; when it is not all, cases run once.</param>
    /// <param name="mostBytes">Bytes of modules that the host takes at most.</param>
    public CaseKernel(TranslationMode mode, ulong? mostBytes = null)
    {
        this.mode = mode;
        this.mostBytes = mostBytes;
        Start();
    }

    /// <summary>What a case may take, in ticks of ten instructions.</summary>
    public ulong Limit { get; init; } = 30_000;

    /// <summary>Most regions that there were at once.</summary>
    public uint MostRegions { get; private set; }

    /// <summary>Most bytes that their functions had at once.</summary>
    public ulong MostCodeBytes { get; private set; }

    /// <summary>Regions made so far.</summary>
    public ulong RegionsMade => regionsBefore + Translation.RegionsMade;

    /// <summary>Regions given up so far.</summary>
    public ulong RegionsDropped => droppedBefore + Translation.RegionsDropped;

    /// <summary>Figures of the translation.</summary>
    public ModuleMailbox Translation => engine.Translation ?? default;

    /// <summary>The module that was made last.</summary>
    public byte[] LastModule() => new ReadOnlySpan<byte>(engine.Pointer(Translation.Module, Translation.Length), (int)Translation.Length).ToArray();

    [MemberNotNull(nameof(engine), nameof(host))]
    private void Start()
    {
        nextTable = Tables + Page;
        code = [];
        engine = mostBytes is { } most
            ? new WasmEngine(Artifacts.Module, Artifacts.CacheFolder) { MaxTranslatedBytes = most }
            : new WasmEngine(Artifacts.Module, Artifacts.CacheFolder);
        host = new MachineHost(engine, new MachineOptions
        {
            MemorySize = RamSize,
            Kernel = File.ReadAllBytes(NativeProgram.CaseKernel()),
            Deterministic = true,
            Translation = mode,
        });
        machine = engine.GetMachine();
        new Span<ushort>(Ram(CodePages, RiscVLayout.CodeSize), RiscVLayout.CodeSize / 2).Fill(RiscVLayout.Filler);
        for (ulong at = 0; at < RiscVLayout.CodeSize; at += Page) Map(RiscVLayout.Code + at, CodePages + at, R | W | X | U);
        for (ulong at = 0; at < RiscVLayout.MemorySize; at += Page) Map(RiscVLayout.Memory + at, MemoryPages + at, R | W | U);
        // Devices and RAM, for the kernel only: two gigapages.
        var root = (ulong*)Ram(Tables, Page);
        root[0] = R | W | G | AD | V;
        root[2] = (RamStart >> 12 << 10) | R | W | X | G | AD | V;
        RunToIdle();
    }

    /// <summary>Guest instructions so far.</summary>
    public ulong Instructions => host.Instructions;

    /// <inheritdoc/>
    public RiscVOutcome Run(RiscVCase one)
    {
        if (one.Initial.Pc <= RiscVLayout.Entry || BitConverter.ToUInt16(one.Code) != RiscVLayout.Filler)
            throw new ArgumentException("a case for the translator begins behind a c.ebreak", nameof(one));
        if (mode != TranslationMode.All || one.Code.AsSpan().SequenceEqual(code))
            return RunOnce(one, translate: false);
        if (Translation.Modules > MostModules)
        {
            regionsBefore += Translation.RegionsMade;
            droppedBefore += Translation.RegionsDropped;
            host.Dispose();
            Start();
        }

        var before = Translation.RegionsMade;
        var interpreted = RunOnce(one, translate: false);
        // The same bytes again: code that a program wrote over is itself again.
        var translated = RunOnce(one, translate: true);
        if (Translation.RegionsMade == before)
            throw new InvalidOperationException($"code {Convert.ToHexStringLower(one.Code)} was not translated");
        var difference = RiscVComparison.Difference(translated, interpreted);
        return difference.Length == 0
            ? translated
            : throw new InvalidOperationException($"code {Convert.ToHexStringLower(one.Code)}: translated (ours) and interpreted (\"qemu\") differ\n{difference}");
    }

    /// <summary>Runs a case once.</summary>
    /// <param name="one">The case.</param>
    /// <param name="translate">Translates where it begins before it does.</param>
    public RiscVOutcome RunOnce(RiscVCase one, bool translate)
    {
        var initial = one.Initial;
        var words = (ulong*)Ram(MailboxOffset, Page);
        words[0] = 1;
        words[1] = initial.Pc;
        words[2] = initial.Fcsr;
        words[3] = RamStart + CodePages + (RiscVLayout.Entry - RiscVLayout.Code);
        words[4] = (ulong)Place(one.Code);
        words[5] = translate ? 2u : 0;
        words[6] = Limit;
        words[7] = translate ? RiscVLayout.Entry : 0;
        for (var i = 0; i < 32; i++) (words[16 + i], words[48 + i]) = (initial.X[i], initial.F[i]);
        var memory = new Span<byte>(Ram(MemoryPages, RiscVLayout.MemorySize), RiscVLayout.MemorySize);
        memory.Clear();
        initial.Memory.CopyTo(memory);
        SendByte();
        RunToIdle();

        words = (ulong*)Ram(MailboxOffset, Page);
        if (words[0] != 0)
            throw new InvalidOperationException("the kernel waits although its case has not ended");
        var final = new RiscVState { Pc = words[89], Fcsr = (uint)words[91], Memory = new Span<byte>(Ram(MemoryPages, Page * 2), initial.Memory.Length).ToArray() };
        for (var i = 1; i < 32; i++) final.X[i] = words[92 + i];
        for (var i = 0; i < 32; i++) final.F[i] = words[124 + i];
        // Programs may have written over themselves.
        code = new Span<byte>(Ram(CodePages + (RiscVLayout.Entry - RiscVLayout.Code), (ulong)one.Code.Length), one.Code.Length).ToArray();
        return new RiscVOutcome(final, words[88] == (1UL << 63 | Cause.SupervisorTimer) ? RiscVSignal.SIGALRM : RiscVMachineRunner.SignalOf(words[88]), 0, words[90]);
    }

    /// <inheritdoc/>
    public void Dispose() => host.Dispose();

    // Leaves what is to be copied behind the mailbox; its length, 0 when that is there already.
    private int Place(byte[] next)
    {
        if (next.AsSpan().SequenceEqual(code))
            return 0;
        var length = (Math.Max(next.Length, code.Length) + 7) & ~7;
        var area = new Span<byte>(Ram(MailboxOffset + Page, (ulong)length), length);
        MemoryMarshal.Cast<byte, ushort>(area).Fill(RiscVLayout.Filler);
        next.CopyTo(area);
        return length;
    }

    private void SendByte()
    {
        var mailbox = (Mailbox*)engine.Pointer(engine.GetMailbox(machine), (ulong)sizeof(Mailbox));
        mailbox->UartToGuest.Head++;
    }

    private void RunToIdle()
    {
        // A module that was compiled meanwhile is only taken between runs.
        ulong budget = mode == TranslationMode.Hot ? 200_000u : 10_000_000;
        for (var runs = Limit * TickInstructions / budget; ;)
        {
            var reason = (RunReason)engine.Run(machine, (long)budget);
            MostRegions = Math.Max(MostRegions, Translation.Regions);
            MostCodeBytes = Math.Max(MostCodeBytes, Translation.CodeBytes);
            if (reason == RunReason.Idle)
                return;
            if (reason != RunReason.Attention && (reason != RunReason.Budget || runs-- == 0))
                throw new InvalidOperationException($"the kernel does not come back: {reason}, pc {Translation.Pc:x}");
        }
    }

    private byte* Ram(ulong offset, ulong length) => engine.Pointer(host.State.Ram + offset, length);

    private void Map(ulong address, ulong physical, ulong permissions)
    {
        var table = Tables;
        for (var level = 2; level > 0; level--)
        {
            var entry = (ulong*)Ram(table, Page) + ((address >> (12 + (9 * level))) & 511);
            if (*entry == 0)
            {
                *entry = ((RamStart + nextTable) >> 12 << 10) | V;
                nextTable += Page;
            }

            table = (*entry >> 10 << 12) - RamStart;
        }

        ((ulong*)Ram(table, Page))[(address >> 12) & 511] = ((RamStart + physical) >> 12 << 10) | permissions | AD | V;
    }
}
