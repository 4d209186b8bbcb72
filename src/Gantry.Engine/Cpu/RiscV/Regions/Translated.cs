using System.Runtime.CompilerServices;
using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>
/// The translator's operands: the same meanings as the interpreter's, with holes for registers and constants. What an instruction seldom needs (a trap, a page's first touch, a device)
/// is the interpreter's: the region is left before it.
/// </summary>
internal unsafe struct Translated<TRounding, TPlace> : IOperands
    where TRounding : struct, IRoundingChoice
    where TPlace : struct, IPlaceChoice
{
    /// <inheritdoc/>
    public static bool HostFuses
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TRounding.HostFuses;
    }

    /// <inheritdoc/>
    public readonly ulong Rs1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.Rs1();
    }

    /// <inheritdoc/>
    public readonly ulong Rs2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.Rs2();
    }

    /// <inheritdoc/>
    public readonly ulong Rd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => Hole.SetRd(value);
    }

    /// <inheritdoc/>
    public readonly long Immediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.Immediate();
    }

    /// <inheritdoc/>
    public readonly long ShortImmediate
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.Immediate();
    }

    /// <inheritdoc/>
    public readonly ulong Pc
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.PageAddress() + Hole.Offset();
    }

    /// <inheritdoc/>
    public readonly ulong NextPc
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.PageAddress() + Hole.NextOffset();
    }

    /// <inheritdoc/>
    public readonly ulong Fs1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.Fs1();
    }

    /// <inheritdoc/>
    public readonly ulong Fs2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.Fs2();
    }

    /// <inheritdoc/>
    public readonly ulong Fs3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Hole.Fs3();
    }

    /// <inheritdoc/>
    public readonly ulong Fd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => Hole.SetFd(value);
    }

    /// <inheritdoc/>
    public readonly RoundingMode RoundingMode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TRounding.IsNearest ? RoundingMode.RNE : Hole.RoundingMode();
    }

    /// <inheritdoc/>
    public readonly ref FloatFlags Flags
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Hole.Hart()->FloatFlags;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Load<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        if (TPlace.IsKnown)
        {
            value = MemoryAccess.Read<TWidth>(Hole.Place());
            return true;
        }

        if (!MemoryAccess.TryLoad<TWidth>(Hole.DataTlb(), address, out value))
            Hole.Interpret();
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Store<TWidth>(ulong address, ulong value)
        where TWidth : struct, IWidth
    {
        if (TPlace.IsKnown)
        {
            MemoryAccess.Write<TWidth>(Hole.Place(), value);
            return true;
        }

        if (!MemoryAccess.TryStore<TWidth>(Hole.DataTlb(), address, value))
            Hole.Interpret();
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool LoadForAtomic<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        if (!MemoryAccess.TryLoadForWriting<TWidth>(Hole.DataTlb(), address, out value))
            Hole.Interpret();
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool LoadReserved<TWidth>(ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        if (!MemoryAccess.TryLoad<TWidth>(Hole.DataTlb(), address, out value))
            Hole.Interpret();
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Reserve(ulong address, ulong value)
    {
        var hart = Hole.Hart();
        hart->Reservation = address;
        hart->ReservedValue = value;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TakeReservation(ulong address, ulong value)
    {
        var hart = Hole.Hart();
        var held = hart->Reservation == address && hart->ReservedValue == value;
        hart->Reservation = Hart.NoReservation;
        return held;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Branch(bool taken) => Hole.Branch(taken);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void JumpRelative()
    {
        // Where control goes is the region's to know.
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void JumpTo(ulong target) => Hole.JumpTo(target);
}

/// <summary>Whether a template is for rounding to nearest only.</summary>
internal interface IRoundingChoice
{
    /// <summary>The rounding mode is known to be RNE.</summary>
    static abstract bool IsNearest { get; }

    /// <summary>The host is known to have a multiply-add that rounds once.</summary>
    static abstract bool HostFuses { get; }
}

/// <summary>For every mode.</summary>
internal readonly struct AnyRounding : IRoundingChoice
{
    /// <inheritdoc/>
    public static bool IsNearest => false;

    /// <inheritdoc/>
    public static bool HostFuses => false;
}

/// <summary>For RNE.</summary>
internal readonly struct NearestRounding : IRoundingChoice
{
    /// <inheritdoc/>
    public static bool IsNearest => true;

    /// <inheritdoc/>
    public static bool HostFuses => false;
}

/// <summary>For RNE, on a host that fuses.</summary>
internal readonly struct NearestFusing : IRoundingChoice
{
    /// <inheritdoc/>
    public static bool IsNearest => true;

    /// <inheritdoc/>
    public static bool HostFuses => true;
}

/// <summary>Whether a template's loads and stores go to a <see cref="Hole.Place"/>.</summary>
internal interface IPlaceChoice
{
    /// <summary>The host address is known; otherwise the TLB is looked into.</summary>
    static abstract bool IsKnown { get; }
}

/// <summary>Looks into the TLB.</summary>
internal readonly struct AnyPlace : IPlaceChoice
{
    /// <inheritdoc/>
    public static bool IsKnown => false;
}

/// <summary>Knows the place.</summary>
internal readonly struct KnownPlace : IPlaceChoice
{
    /// <inheritdoc/>
    public static bool IsKnown => true;
}

/// <summary>The template of an instruction.</summary>
internal static class InstructionTemplate<TOp, TRounding, TPlace>
    where TOp : struct, IInstruction
    where TRounding : struct, IRoundingChoice
    where TPlace : struct, IPlaceChoice
{
    /// <summary>Its body is the meaning on the translator's operands.</summary>
    [WasmTemplate]
    public static void Body()
    {
        var m = default(Translated<TRounding, TPlace>);
        TOp.Execute(ref m);
    }
}
