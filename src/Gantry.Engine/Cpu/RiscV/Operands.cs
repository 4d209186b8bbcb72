using System.Runtime.CompilerServices;
using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// What an instruction's meaning is written in terms of. The interpreter reads operands from the predecoded record and registers from memory;
/// a translator can bind the same members to locals and constants.
/// </summary>
/// <remarks>
/// Meanings are straight-line: they read operands, compute, and end with at most one register write, or a branch. Accesses to
/// memory return false when they trapped, and then nothing has been changed: the meaning just returns.
/// </remarks>
public unsafe interface IOperands
{
    /// <summary>f64x2.relaxed_madd may be used, and rounds once on this host.</summary>
    static abstract bool HostFuses { get; }

    /// <summary>Value of rs1.</summary>
    ulong Rs1 { get; }

    /// <summary>Value of rs2.</summary>
    ulong Rs2 { get; }

    /// <summary>Writes rd.</summary>
    ulong Rd { set; }

    /// <summary>The immediate of formats I, U and J, sign-extended; a shift amount.</summary>
    long Immediate { get; }

    /// <summary>The immediate of formats S and B, sign-extended.</summary>
    long ShortImmediate { get; }

    /// <summary>Address of this instruction.</summary>
    ulong Pc { get; }

    /// <summary>Address of the instruction behind this one.</summary>
    ulong NextPc { get; }

    /// <summary>Bits of fs1.</summary>
    ulong Fs1 { get; }

    /// <summary>Bits of fs2.</summary>
    ulong Fs2 { get; }

    /// <summary>Bits of fs3.</summary>
    ulong Fs3 { get; }

    /// <summary>Writes fd.</summary>
    ulong Fd { set; }

    /// <summary>The rounding mode in force: the instruction's, or frm.</summary>
    RoundingMode RoundingMode { get; }

    /// <summary>Where exceptions accrue.</summary>
    ref FloatFlags Flags { get; }

    /// <summary>Loads 1, 2, 4 or 8 bytes, zero-extended.</summary>
    bool Load<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth;

    /// <summary>Stores the low 1, 2, 4 or 8 bytes.</summary>
    bool Store<TWidth>(ulong address, ulong value)
        where TWidth : struct, IWidth;

    /// <summary>An atomic's operand: as <see cref="Load"/>, but checked for writing, and misaligned addresses trap.</summary>
    bool LoadForAtomic<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth;

    /// <summary>LR's operand: as <see cref="Load"/>, but misaligned addresses trap.</summary>
    bool LoadReserved<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth;

    /// <summary>Remembers a reservation (LR).</summary>
    void Reserve(ulong address, ulong value);

    /// <summary>Takes the reservation away and tells whether it was for this address, which still holds what LR read (SC).</summary>
    bool TakeReservation(ulong address, ulong value);

    /// <summary>Goes to Pc + Immediate when <paramref name="taken"/>.</summary>
    void Branch(bool taken);

    /// <summary>Goes to Pc + Immediate.</summary>
    void JumpRelative();

    /// <summary>Goes to any address.</summary>
    void JumpTo(ulong target);
}

/// <summary>The meaning of one instruction.</summary>
public interface IInstruction
{
    /// <summary>Executes it on any operands.</summary>
    static abstract void Execute<T>(ref T m)
        where T : struct, IOperands;
}

/// <summary>An access width as a type.</summary>
public interface IWidth
{
    /// <summary>Bytes: 1, 2, 4 or 8.</summary>
    static abstract int Bytes { get; }
}

/// <summary>A byte.</summary>
public readonly struct Byte1 : IWidth
{
    /// <inheritdoc/>
    public static int Bytes => 1;
}

/// <summary>A halfword.</summary>
public readonly struct Byte2 : IWidth
{
    /// <inheritdoc/>
    public static int Bytes => 2;
}

/// <summary>A word.</summary>
public readonly struct Byte4 : IWidth
{
    /// <inheritdoc/>
    public static int Bytes => 4;
}

/// <summary>A doubleword.</summary>
public readonly struct Byte8 : IWidth
{
    /// <inheritdoc/>
    public static int Bytes => 8;
}

/// <summary>Where an instruction is interpreted, as a type.</summary>
public interface IPlace
{
    /// <summary>Whether rare cases are left to another place, which then executes the whole instruction.</summary>
    static abstract bool GivesUp { get; }
}

/// <summary>In a function of its own, which does all there is to do: <see cref="Handler{TOp, TLength}"/>.</summary>
public readonly struct InHandler : IPlace
{
    /// <inheritdoc/>
    public static bool GivesUp => false;
}

/// <summary>In <see cref="HotLoop"/>, which calls nothing.</summary>
public readonly struct InLoop : IPlace
{
    /// <inheritdoc/>
    public static bool GivesUp => true;
}

/// <summary>The interpreter's operands.</summary>
public unsafe struct Interpreted<TLength, TPlace>(Hart* hart, Insn* insn, int left) : IOperands
    where TLength : struct, ILength
    where TPlace : struct, IPlace
{
    /// <summary>The instruction to go on with.</summary>
    public Insn* Next = insn + TLength.Halfwords;

    /// <summary>Nothing was done: another place must execute the instruction (<see cref="IPlace.GivesUp"/>).</summary>
    public bool GaveUp = false;

    /// <inheritdoc/>
    /// <remarks>The engine's own module runs on hosts without relaxed SIMD too.</remarks>
    public static bool HostFuses => false;

    private readonly Hart* hart = hart;
    private readonly Insn* insn = insn;
    private readonly int left = left;

    /// <inheritdoc/>
    public readonly ulong Rs1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => hart->X[insn->Rs1];
    }

    /// <inheritdoc/>
    public readonly ulong Rs2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => hart->X[insn->Rs2];
    }

    /// <inheritdoc/>
    public readonly ulong Rd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => hart->X[insn->Rd] = value;
    }

    /// <inheritdoc/>
    public readonly long Immediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => insn->Immediate;
    }

    /// <inheritdoc/>
    public readonly long ShortImmediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => insn->ShortImmediate;
    }

    /// <inheritdoc/>
    public readonly ulong Pc
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => hart->AddressOf(insn);
    }

    /// <inheritdoc/>
    public readonly ulong NextPc
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => hart->AddressOf(insn) + (ulong)(TLength.Halfwords * 2);
    }

    /// <inheritdoc/>
    public readonly ulong Fs1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => hart->F[insn->Rs1];
    }

    /// <inheritdoc/>
    public readonly ulong Fs2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => hart->F[insn->Rs2];
    }

    /// <inheritdoc/>
    public readonly ulong Fs3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => hart->F[insn->Rs3AndMode & 31];
    }

    /// <inheritdoc/>
    public readonly ulong Fd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => hart->F[insn->Rd] = value;
    }

    /// <inheritdoc/>
    public readonly RoundingMode RoundingMode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var mode = (uint)insn->Rs3AndMode >> 5;
            return (RoundingMode)(mode == 7 ? hart->RoundingMode : mode);
        }
    }

    /// <inheritdoc/>
    public readonly ref FloatFlags Flags
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref hart->FloatFlags;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Load<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        if (MemoryAccess.TryLoad<TWidth>(hart->DataTlb, address, out value))
            return true;
        if (TPlace.GivesUp)
        {
            GaveUp = true;
            return false;
        }

        var done = DataAccess.LoadSlow(hart, insn, left, TWidth.Bytes, address);
        value = hart->Code.Loaded;
        if (done == null)
            return true;
        Next = done;
        return hart->Code.Completed;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Store<TWidth>(ulong address, ulong value)
        where TWidth : struct, IWidth
    {
        if (MemoryAccess.TryStore<TWidth>(hart->DataTlb, address, value))
            return true;
        if (TPlace.GivesUp)
        {
            GaveUp = true;
            return false;
        }

        var done = DataAccess.StoreSlow(hart, insn, left, TLength.Halfwords, TWidth.Bytes, address, value);
        if (done == null)
            return true;
        Next = done;
        return hart->Code.Completed;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool LoadForAtomic<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        var done = DataAccess.LoadForAtomic(hart, insn, left, TWidth.Bytes, address);
        value = hart->Code.Loaded;
        if (done == null)
            return true;
        Next = done;
        return false;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool LoadReserved<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        var done = DataAccess.LoadReserved(hart, insn, left, TWidth.Bytes, address);
        value = hart->Code.Loaded;
        if (done == null)
            return true;
        Next = done;
        return false;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Reserve(ulong address, ulong value)
    {
        hart->Reservation = address;
        hart->ReservedValue = value;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TakeReservation(ulong address, ulong value)
    {
        var held = hart->Reservation == address && hart->ReservedValue == value;
        hart->Reservation = Hart.NoReservation;
        return held;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Branch(bool taken)
    {
        if (!taken)
            return;
        if (JumpInPage(insn->ShortImmediate))
            return;
        if (TPlace.GivesUp)
            GaveUp = true;
        else
            JumpFar(hart->AddressOf(insn) + (ulong)(long)insn->ShortImmediate);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void JumpRelative()
    {
        if (!JumpInPage(insn->Immediate))
            JumpFar(hart->AddressOf(insn) + (ulong)(long)insn->Immediate);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void JumpTo(ulong target)
    {
        var offset = target - hart->PageAddress;
        if (offset < 4096 && left > 1)
            Next = Insn.At(hart->PageSlots, offset);
        else
            JumpFar(target);
    }

    // Forward in the page nobody looks at the count: every loop has another jump.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool JumpInPage(int distance)
    {
        var target = Insn.Relative(insn, distance);
        if ((nuint)((byte*)target - (byte*)hart->PageSlots) >= CodePage.SlotBytes || (distance <= 0 && left <= 1))
            return false;
        Next = target;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void JumpFar(ulong target) => Next = TPlace.GivesUp ? Interpreter.FindFar(hart, left, target) : Interpreter.JumpFar(hart, left, target);
}

/// <summary>The handler of an instruction of a given length: one for each pair.</summary>
public static unsafe class Handler<TOp, TLength>
    where TOp : struct, IInstruction
    where TLength : struct, ILength
{
    /// <summary>
    /// Executes the instruction. In WebAssembly it goes on to the next one by a tail call; on CoreCLR, which promises no tail calls, it returns the
    /// next one, or null at the end.
    /// </summary>
    /// <param name="hart">The hart.</param>
    /// <param name="insn">The instruction.</param>
    /// <param name="left">Instructions left in the slice, this one included.</param>
    [WasmTailCalls]
    public static Insn* Run(Hart* hart, Insn* insn, int left)
    {
        var m = new Interpreted<TLength, InHandler>(hart, insn, left);
        TOp.Execute(ref m);
        var next = m.Next;
        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }
}

/// <summary>Whether an instruction has a rounding mode, as a type.</summary>
public interface IModeChoice
{
    /// <summary>It has.</summary>
    static abstract bool Rounds { get; }
}

/// <summary>It has one.</summary>
public readonly struct WithMode : IModeChoice
{
    /// <inheritdoc/>
    public static bool Rounds => true;
}

/// <summary>It has none.</summary>
public readonly struct WithoutMode : IModeChoice
{
    /// <inheritdoc/>
    public static bool Rounds => false;
}

/// <summary>As <see cref="Handler{TOp, TLength}"/> for instructions of F and D, which are illegal while sstatus.FS is Off.</summary>
public static unsafe class FloatHandler<TOp, TLength, TMode>
    where TOp : struct, IInstruction
    where TLength : struct, ILength
    where TMode : struct, IModeChoice
{
    /// <summary>Executes the instruction.</summary>
    [WasmTailCalls]
    public static Insn* Run(Hart* hart, Insn* insn, int left)
    {
        Insn* next;
        if (hart->FloatEnabled && (!TMode.Rounds || (insn->Rs3AndMode >> 5) != 7 || hart->RoundingMode <= 4))
        {
            var m = new Interpreted<TLength, InHandler>(hart, insn, left);
            TOp.Execute(ref m);
            next = m.Next;
        }
        else
        {
            next = Trap.IllegalAt(hart, insn, left);
        }

        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }
}
