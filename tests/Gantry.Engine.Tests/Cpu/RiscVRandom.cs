using Gantry.Engine.Tests.Float;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>Random states, single instructions and small programs. Everything follows from the seed.</summary>
public sealed class RiscVRandom(ulong seed)
{
    /// <summary>Registers programs keep: stack pointer, memory pointer, two loop counters, the two link registers.</summary>
    private const int StackPointer = 2, MemoryPointer = 8, OuterCounter = 30, InnerCounter = 31, Link = 1, OtherLink = 5;

    /// <summary>Registers that hold an address or an encoding for the next few instructions.</summary>
    private const int Address = 29, Encoding = 28;

    private readonly FloatOperands singles = new(seed ^ 0x5555, 24, 8), doubles = new(seed ^ 0xaaaa, 53, 11), random = new(seed, 53, 11);

    /// <summary>Random bits.</summary>
    public ulong Next() => random.Next();

    /// <summary>A random number below a bound.</summary>
    public int Below(int bound) => random.Below(bound);

    /// <summary>Random registers, flags, rounding mode and memory.</summary>
    /// <param name="memoryBytes">Bytes of memory.</param>
    /// <param name="reservedModes">Sometimes choose one of the reserved rounding modes, 5 to 7.</param>
    public RiscVState State(int memoryBytes, bool reservedModes)
    {
        var state = new RiscVState { Memory = new byte[memoryBytes] };
        for (int i = 1; i < 32; i++) state.X[i] = Integer();
        while (state.X[StackPointer] - RiscVLayout.Agent < RiscVLayout.AgentSize) state.X[StackPointer] = Integer(); // the kernel looks at sp before it delivers
        for (int i = 0; i < 32; i++) state.F[i] = Number();
        state.Fcsr = ((uint)Below(reservedModes && Below(8) == 0 ? 8 : 5) << 5) | (uint)Below(32);
        for (int i = 0; i < memoryBytes; i += 8)
        {
            ulong value = Below(4) switch { 0 => Integer(), 1 => Number(), _ => Next() };
            BitConverter.TryWriteBytes(state.Memory.AsSpan(i), value);
        }

        return state;
    }

    /// <summary>An instance of an instruction that <see cref="RiscVEncodingSpace.IsComparable"/>; null if there is none to be found.</summary>
    public uint? Instance(RiscVEncoding encoding)
    {
        for (int attempt = 0; attempt < 8; attempt++)
        {
            uint instruction = encoding.Instance(Next());
            if (encoding.IsCsr && Below(4) != 0) instruction = (instruction & 0xf_ffff) | ((uint)(1 + Below(3)) << 20); // fflags, frm, fcsr
            if (!RiscVEncoding.LoopsOnItself(instruction) && (encoding.IsCompressed || RiscVEncodingSpace.IsComparable(instruction))) return instruction;
        }

        return null;
    }

    /// <summary>A case of one instruction, its memory operand mostly inside the scratch memory.</summary>
    public RiscVCase Case(RiscVEncoding encoding, uint instruction, int memoryBytes)
    {
        var state = State(memoryBytes, reservedModes: true);
        if (RiscVAddress.Of(instruction) is { } address)
        {
            int offset = Below(memoryBytes - address.Bytes + 1);
            // qemu's sc looks at its reservation before the address; ours traps first, as the specification has it (Zalrsc).
            bool conditional = (instruction & 0xf800_007f) == 0x1800_002f;
            if (conditional || Below(4) != 0) offset &= -address.Bytes;
            ulong target = conditional || Below(20) != 0 ? RiscVLayout.Memory + (ulong)offset : Unmapped();
            state.X[address.Base] = target - (ulong)(long)address.Offset;
        }

        // jalr, c.jr and c.jalr: mostly into the code area.
        bool jumpsToRegister = encoding.IsCompressed ? encoding.IsControl && (instruction & 3) == 2 : (instruction & 0x7f) == 0x67;
        if (jumpsToRegister)
        {
            ulong target = Below(8) != 0 ? RiscVLayout.Entry + (ulong)Below(0x10000) - 0x8000 : Unmapped();
            state.X[encoding.IsCompressed ? (int)(instruction >> 7) & 31 : (int)(instruction >> 15) & 31] = target;
        }

        byte[] code = encoding.IsCompressed ? BitConverter.GetBytes((ushort)instruction) : BitConverter.GetBytes(instruction);
        return new RiscVCase(code, state);
    }

    /// <summary>
    /// A program of straight code, forward branches, loops with bounded counts, two deep at most, calls, indirect jumps, and code that is written over, out of instances
    /// of the encodings given, in groups that are equally likely (CSR accesses are made ones to fflags). Some are spread over several pages.
    /// </summary>
    public RiscVCase Program(IReadOnlyList<RiscVEncoding[]> groups)
    {
        const int memoryBytes = 4608;
        var state = State(memoryBytes, reservedModes: false);
        state.X[MemoryPointer] = RiscVLayout.Memory + 2048 + (ulong)(8 * Below(8));
        state.X[StackPointer] = RiscVLayout.Memory + (ulong)(8 * Below(256));
        var code = new List<ushort>();
        bool wide = Below(4) == 0;
        for (int segments = 1 + Below(5); segments > 0; segments--)
        {
            Segment(code, groups, 0);
            if (wide) Gap(code, 700 + Below(1500));
        }

        byte[] bytes = new byte[code.Count * 2];
        Buffer.BlockCopy(code.ToArray(), 0, bytes, 0, bytes.Length);
        return new RiscVCase(bytes, state);
    }

    private void Segment(List<ushort> code, IReadOnlyList<RiscVEncoding[]> groups, int depth)
    {
        switch (Below(8))
        {
            case 0:
                Straight(code, groups, 1 + Below(12));
                break;
            case 1: // b?? over some instructions
                int branch = code.Count;
                code.AddRange([0, 0]);
                Straight(code, groups, 1 + Below(8));
                uint condition = (uint)(Below(6) is var c && c < 2 ? c : c + 2);
                Patch(code, branch, Branch(condition, Below(32), Below(32), (code.Count - branch) * 2));
                break;
            case 2:
                Call(code, groups);
                break;
            case 3: // an indirect jump over some instructions
                int from = code.Count;
                code.AddRange([0, 0, 0, 0]);
                Straight(code, groups, 1 + Below(5));
                Reach(code, from, code.Count, 0);
                break;
            case 4:
                Rewrite(code, groups);
                break;
            case 5:
                Nearby(code);
                break;
            default:
                int counter = depth == 0 ? OuterCounter : InnerCounter;
                Emit(code, 0x13 | ((uint)counter << 7) | ((uint)(1 + Below(9)) << 20)); // addi counter, x0, n
                int top = code.Count;
                Straight(code, groups, 1 + Below(6));
                if (depth == 0 && Below(2) == 0) Segment(code, groups, 1);
                if (Below(8) == 0 && code.Count - top < 300) Gap(code, 600 + Below(600)); // a branch reaches 4 KiB
                if (code.Count - top > 1900) break; // once will do
                Emit(code, 0xfff00013 | ((uint)counter << 7) | ((uint)counter << 15)); // addi counter, counter, -1
                Emit(code, Branch(1, counter, 0, (top - code.Count) * 2));
                break;
        }
    }

    // A function and two or three calls of it: direct, indirect.
    private void Call(List<ushort> code, IReadOnlyList<RiscVEncoding[]> groups)
    {
        int link = Below(2) == 0 ? Link : OtherLink, over = code.Count;
        code.AddRange([0, 0]);
        int function = code.Count;
        Straight(code, groups, 1 + Below(6));
        if (Below(2) == 0) code.Add((ushort)(0x8002 | (link << 7))); // c.jr
        else Emit(code, 0x67 | ((uint)link << 15));
        Patch(code, over, Jump(0, (code.Count - over) * 2));
        for (int calls = 2 + Below(2); calls > 0; calls--)
        {
            if (Below(3) == 0)
            {
                code.AddRange([0, 0, 0, 0]);
                Reach(code, code.Count - 4, function, link);
            }
            else
            {
                Emit(code, Jump(link, (function - code.Count) * 2));
            }

            Straight(code, groups, 1 + Below(3));
        }
    }

    // Loads and stores at what the memory pointer comes to by additions and moves, here and there aligned.
    private void Nearby(List<ushort> code)
    {
        uint[] bases = [MemoryPointer, MemoryPointer, MemoryPointer];
        for (int count = 4 + Below(12); count > 0; count--)
        {
            int which = Below(3);
            uint rs1 = bases[which], offset = (uint)((Below(3) == 0 ? Below(96) : 8 * Below(12)) - 48), rd = (uint)(10 + Below(6));
            uint immediate = (offset & 0xfff) << 20, upper = ((offset >> 5) & 127) << 25, lower = (offset & 31) << 7;
            switch (Below(6))
            {
                case 0 when which > 0: // addi
                    bases[which] = which == 1 ? Address : (uint)Encoding;
                    Emit(code, 0x13 | (bases[which] << 7) | (rs1 << 15) | immediate);
                    break;
                case 1 when which > 0: // c.mv
                    bases[which] = which == 1 ? Address : (uint)Encoding;
                    code.Add((ushort)(0x8002 | (bases[which] << 7) | (bases[3 - which] << 2)));
                    break;
                case 2: // loads, of integers and of doubles
                    Emit(code, 0x03 | (rd << 7) | ((uint)Below(7) << 12) | (rs1 << 15) | immediate);
                    break;
                case 3:
                    Emit(code, 0x3007 | (rd << 7) | (rs1 << 15) | immediate);
                    break;
                case 4:
                    Emit(code, 0x23 | lower | ((uint)Below(4) << 12) | (rs1 << 15) | (rd << 20) | upper);
                    break;
                default:
                    Emit(code, 0x3027 | lower | (rs1 << 15) | (rd << 20) | upper);
                    break;
            }
        }
    }

    // An instruction takes the place of another, which is executed before and after, twice or more.
    private void Rewrite(List<ushort> code, IReadOnlyList<RiscVEncoding[]> groups)
    {
        Emit(code, 0x13 | (InnerCounter << 7) | ((uint)(2 + Below(4)) << 20)); // addi counter, x0, n
        int top = code.Count;
        Straight(code, groups, 1 + Below(3));
        int place = code.Count;
        uint other = FullSize(groups);
        Emit(code, FullSize(groups));
        Straight(code, groups, 1 + Below(3));
        int store = code.Count;
        Emit(code, 0x17 | (Address << 7)); // auipc
        Emit(code, 0x37 | (Encoding << 7) | ((other + 0x800) & 0xffff_f000)); // lui
        Emit(code, 0x1b | (Encoding << 7) | (Encoding << 15) | (other << 20)); // addiw
        uint offset = (uint)((place - store) * 2);
        Emit(code, 0x2023 | ((offset & 31) << 7) | (Address << 15) | (Encoding << 20) | ((offset >> 5) << 25)); // sw
        if (Below(2) == 0) Emit(code, 0x100f); // fence.i
        Emit(code, 0xfff00013 | (InnerCounter << 7) | (InnerCounter << 15));
        Emit(code, Branch(1, InnerCounter, 0, (top - code.Count) * 2));
    }

    // What is never executed, and a jump over it.
    private static void Gap(List<ushort> code, int halfwords)
    {
        Emit(code, Jump(0, 4 + (halfwords * 2)));
        code.AddRange(Enumerable.Repeat(RiscVLayout.Filler, halfwords));
    }

    // auipc and jalr to a place, over four halfwords left free.
    private static void Reach(List<ushort> code, int at, int place, int link)
    {
        int offset = (place - at) * 2;
        Patch(code, at, 0x17 | (Address << 7));
        Patch(code, at + 2, 0x67 | ((uint)link << 7) | (Address << 15) | ((uint)offset << 20));
    }

    private uint FullSize(IReadOnlyList<RiscVEncoding[]> groups)
    {
        var one = new List<ushort>();
        while (one.Count != 2)
        {
            one.Clear();
            Straight(one, groups, 1);
        }

        return one[0] | ((uint)one[1] << 16);
    }

    private void Straight(List<ushort> code, IReadOnlyList<RiscVEncoding[]> groups, int count)
    {
        while (count > 0)
        {
            var group = groups[Below(groups.Count)];
            var encoding = group[Below(group.Length)];
            uint instruction = encoding.Instance(Next());
            if (encoding.IsCsr) instruction = (instruction & 0xf_ffff) | (1u << 20);
            if (RiscVAddress.Of(instruction) is not null)
                instruction = encoding.IsCompressed
                    ? (instruction & 3) == 0 ? instruction & ~(7u << 7) : instruction
                    : (instruction & ~(31u << 15)) | ((uint)MemoryPointer << 15);
            if (encoding.Instance(instruction) != instruction || TouchesKept(instruction)) continue;
            if (encoding.IsCompressed) code.Add((ushort)instruction);
            else Emit(code, instruction);
            count--;
        }
    }

    // Whether any field that may be a destination names a register the program keeps.
    private static bool TouchesKept(uint instruction)
    {
        static bool Kept(uint register) => register is StackPointer or MemoryPointer or OuterCounter or InnerCounter or Link or OtherLink;
        bool wide = Kept((instruction >> 7) & 31);
        if ((instruction & 3) == 3) return wide;
        bool store = (instruction & 3) == 2 && (instruction >> 13) >= 5;
        return (wide && !store && (instruction & 3) != 0) || ((instruction & 3) == 1 && ((instruction >> 7) & 7) == 0)
            || ((instruction & 3) == 0 && ((instruction >> 2) & 7) == 0);
    }

    private static void Emit(List<ushort> code, uint instruction) => code.AddRange([(ushort)instruction, (ushort)(instruction >> 16)]);

    private static void Patch(List<ushort> code, int at, uint instruction)
        => (code[at], code[at + 1]) = ((ushort)instruction, (ushort)(instruction >> 16));

    private static uint Branch(uint condition, int rs1, int rs2, int offset)
    {
        uint o = (uint)offset;
        return 0x63 | (((o >> 11) & 1) << 7) | (((o >> 1) & 15) << 8) | (condition << 12) | ((uint)rs1 << 15) | ((uint)rs2 << 20)
            | (((o >> 5) & 63) << 25) | ((o >> 31) << 31);
    }

    /// <summary>jal.</summary>
    public static uint Jump(int rd, int offset)
    {
        uint o = (uint)offset;
        return 0x6f | ((uint)rd << 7) | (o & 0xf_f000) | (((o >> 11) & 1) << 20) | (((o >> 1) & 0x3ff) << 21) | ((o >> 31) << 31);
    }

    // An address where neither side has anything mapped, not even the agent: never take any random number for one.
    private ulong Unmapped() => Below(5) switch
    {
        0 => (ulong)Below(2048),
        1 => 0 - (ulong)(4096 + Below(4096)),
        2 => RiscVLayout.Memory + RiscVLayout.MemorySize + (ulong)Below(0x10_0000),
        3 => RiscVLayout.Memory - 0x1000 - (ulong)Below(0x10_0000),
        _ => (1ul << 40) + (Next() >> 25),
    };

    private ulong Integer() => Below(8) switch
    {
        0 => (ulong)(long)(Below(9) - 4),
        1 => (1ul << Below(64)) + (ulong)(long)(Below(3) - 1),
        2 => (ulong)(long)(int)Next(),
        3 => Next() >> Below(64),
        4 => RiscVLayout.Memory + (ulong)Below(4096),
        5 => 0 - (Next() >> Below(64)),
        6 => Next() & (Next() | Next()),
        _ => Next(),
    };

    // A double, a boxed single, or a single without its box.
    private ulong Number() => Below(8) switch
    {
        < 4 => doubles.Operand(),
        4 => Next(),
        _ => 0xffff_ffff_0000_0000 | singles.Operand(),
    };
}
