using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>What templates leave open and <see cref="RegionEmitter"/> fills.</summary>
internal static unsafe class Hole
{
    /// <summary>The hart.</summary>
    [WasmImport("template", "0")]
    public static extern Hart* Hart();

    /// <summary>Value of rs1.</summary>
    [WasmImport("template", "1")]
    public static extern ulong Rs1();

    /// <summary>Value of rs2.</summary>
    [WasmImport("template", "2")]
    public static extern ulong Rs2();

    /// <summary>Writes rd.</summary>
    [WasmImport("template", "3")]
    public static extern void SetRd(ulong value);

    /// <summary>The immediate.</summary>
    [WasmImport("template", "4")]
    public static extern long Immediate();

    /// <summary>Bits of fs1.</summary>
    [WasmImport("template", "5")]
    public static extern ulong Fs1();

    /// <summary>Bits of fs2.</summary>
    [WasmImport("template", "6")]
    public static extern ulong Fs2();

    /// <summary>Bits of fs3.</summary>
    [WasmImport("template", "7")]
    public static extern ulong Fs3();

    /// <summary>Writes fd.</summary>
    [WasmImport("template", "8")]
    public static extern void SetFd(ulong value);

    /// <summary>The rounding mode the instruction names.</summary>
    [WasmImport("template", "9")]
    public static extern RoundingMode RoundingMode();

    /// <summary><see cref="RiscV.Hart.PageAddress"/>, of an instruction that writes rd; zero when it does not.</summary>
    [WasmImport("template", "14")]
    public static extern ulong PageAddress();

    /// <summary>Offset in bytes from the start of the page being executed: of the instruction, or, between blocks, of where control goes.</summary>
    [WasmImport("template", "10")]
    public static extern ulong Offset();

    /// <summary>The same of the instruction behind.</summary>
    [WasmImport("template", "11")]
    public static extern ulong NextOffset();

    /// <summary>The data TLB in force.</summary>
    [WasmImport("template", "12")]
    public static extern TlbEntry* DataTlb();

    /// <summary>The instruction's record.</summary>
    [WasmImport("template", "13")]
    public static extern Insn* Insn();

    /// <summary>Instructions left in the slice: at an instruction this one included, between blocks without the one that jumped.</summary>
    [WasmImport("template", "15")]
    public static extern int Left();

    /// <summary>Ends the region before this instruction has done anything: the interpreter executes it. Does not return.</summary>
    [WasmSeldom]
    [WasmImport("template", "17")]
    public static extern void Interpret();

    /// <summary>Whether a branch is taken.</summary>
    [WasmImport("template", "18")]
    public static extern void Branch(bool taken);

    /// <summary>Where an indirect jump goes.</summary>
    [WasmImport("template", "19")]
    public static extern void JumpTo(ulong target);

    /// <summary>Between blocks: what <see cref="JumpTo"/> was told.</summary>
    [WasmImport("template", "20")]
    public static extern ulong Target();

    /// <summary>Between blocks: the record to go on with.</summary>
    [WasmImport("template", "21")]
    public static extern Insn* Next();

    /// <summary>Sets it.</summary>
    [WasmImport("template", "22")]
    public static extern void SetNext(Insn* next);

    /// <summary>Between blocks: the first record of the page where control goes.</summary>
    [WasmImport("template", "23")]
    public static extern Insn* TargetSlots();

    /// <summary>Between blocks: ends the region, goes on at an address. Does not return.</summary>
    [WasmSeldom]
    [WasmImport("template", "24")]
    public static extern void LeaveFor(ulong target);

    /// <summary>The host address of what this instruction loads or stores, whose page was looked up before; to be used as the address of a load or store, for the filler puts part of it into that one's offset.</summary>
    [WasmImport("template", "25")]
    public static extern byte* Place();

    /// <summary>Sets the host address for several instructions, which <see cref="Place"/> is relative to.</summary>
    [WasmImport("template", "26")]
    public static extern void SetPlace(byte* host);

    /// <summary>The last offset in a page from which on all that is accessed lies in the page.</summary>
    [WasmImport("template", "28")]
    public static extern ulong LastOffset();
}
