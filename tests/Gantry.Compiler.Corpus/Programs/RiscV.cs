using System.Runtime.InteropServices;

namespace Gantry.Compiler.Corpus.Programs;

/// <summary>A plain RV64I interpreter with the multiplications: fetch, decode by fields, switch. It sorts and sums an array.</summary>
public static unsafe class RiscV
{
    private const int MemorySize = 1 << 16;

    private struct Hart
    {
        public fixed ulong X[32];
        public ulong Pc;
        public byte* Memory;
        public long Retired;
    }

    private static byte* memory;

    /// <summary>Runs the guest program over <paramref name="count"/> elements; its result mixed with the instructions it took.</summary>
    [WasmExport("program_rv64")]
    [Inputs(0, 1)]
    [Inputs(1, 1)]
    [Inputs(100, 3)]
    [Inputs(200, 1)]
    public static ulong Run(int count, int rounds)
    {
        if (memory == null) memory = (byte*)NativeMemory.AllocZeroed(MemorySize);
        Load((uint*)memory);
        ulong result = 0;
        for (int round = 0; round < rounds; round++)
        {
            Hart hart = default;
            hart.Memory = memory;
            hart.X[10] = 4096;
            hart.X[11] = (ulong)(count & 4095);
            hart.X[12] = 0x9E3779B97F4A7C15;
            while (hart.Pc < 1024) Step(ref hart);
            result = (result * 31) + hart.X[10] + (ulong)hart.Retired;
        }

        return result;
    }

    /// <summary>The number of guest instructions one call with one round retires.</summary>
    [WasmExport("program_rv64_retired")]
    [Inputs(100)]
    public static long Retired(int count)
    {
        if (memory == null) memory = (byte*)NativeMemory.AllocZeroed(MemorySize);
        Load((uint*)memory);
        Hart hart = default;
        hart.Memory = memory;
        hart.X[10] = 4096;
        hart.X[11] = (ulong)(count & 4095);
        hart.X[12] = 0x9E3779B97F4A7C15;
        while (hart.Pc < 1024) Step(ref hart);
        return hart.Retired;
    }

    // a0 array, a1 count, a2 seed: fill with a xorshift, insertion sort by unsigned value, then fold.
    private static void Load(uint* code)
    {
        int n = 0;
        code[n++] = Op(0x13, 5, 0, 10, 0, 0);             // 0  mv t0, a0
        code[n++] = Op(0x13, 6, 1, 11, 3, 0);             // 1  slli t1, a1, 3
        code[n++] = Op(0x33, 6, 0, 10, 6, 0);             // 2  add t1, a0, t1     (end)
        code[n++] = Branch(5, 7, 6, 11);                  // 3  bgeu t0, t1, +11 -> 14
        code[n++] = Op(0x13, 7, 1, 12, 13, 0);            // 4  slli t2, a2, 13
        code[n++] = Op(0x33, 12, 4, 12, 7, 0);            // 5  xor a2, a2, t2
        code[n++] = Op(0x13, 7, 5, 12, 7, 0);             // 6  srli t2, a2, 7
        code[n++] = Op(0x33, 12, 4, 12, 7, 0);            // 7  xor a2, a2, t2
        code[n++] = Op(0x13, 7, 1, 12, 17, 0);            // 8  slli t2, a2, 17
        code[n++] = Op(0x33, 12, 4, 12, 7, 0);            // 9  xor a2, a2, t2
        code[n++] = Op(0x33, 7, 0, 12, 11, 1);            // 10 mul t2, a2, a1
        code[n++] = Store(3, 5, 7, 0);                    // 11 sd t2, 0(t0)
        code[n++] = Op(0x13, 5, 0, 5, 8, 0);              // 12 addi t0, t0, 8
        code[n++] = Branch(0, 0, 0, 3 - 13);              // 13 j 3 (beq x0, x0)
        code[n++] = Op(0x13, 5, 0, 10, 8, 0);             // 14 addi t0, a0, 8     (i)
        code[n++] = Branch(5, 7, 6, 12);                  // 15 bgeu t0, t1, -> 27
        code[n++] = Load(3, 28, 5, 0);                    // 16 ld t3, 0(t0)
        code[n++] = Op(0x13, 29, 0, 5, 0, 0);             // 17 mv t4, t0          (j)
        code[n++] = Branch(29, 0, 10, 6);                 // 18 beq t4, a0 -> 24
        code[n++] = Load(3, 30, 29, -8);                  // 19 ld t5, -8(t4)
        code[n++] = Branch(28, 7, 30, 4);                 // 20 bgeu t3, t5 -> 24
        code[n++] = Store(3, 29, 30, 0);                  // 21 sd t5, 0(t4)
        code[n++] = Op(0x13, 29, 0, 29, -8, 0);           // 22 addi t4, t4, -8
        code[n++] = Branch(0, 0, 0, 18 - 23);             // 23 j 18
        code[n++] = Store(3, 29, 28, 0);                  // 24 sd t3, 0(t4)
        code[n++] = Op(0x13, 5, 0, 5, 8, 0);              // 25 addi t0, t0, 8
        code[n++] = Branch(0, 0, 0, 15 - 26);             // 26 j 15
        code[n++] = Op(0x13, 5, 0, 10, 0, 0);             // 27 mv t0, a0
        code[n++] = Op(0x13, 31, 0, 0, 1, 0);             // 28 li t6, 1
        code[n++] = Branch(5, 7, 6, 8);                   // 29 bgeu t0, t1 -> 37
        code[n++] = Load(2, 28, 5, 0);                    // 30 lw t3, 0(t0)
        code[n++] = Load(4, 30, 5, 5);                    // 31 lbu t5, 5(t0)
        code[n++] = Op(0x33, 31, 0, 31, 28, 1);           // 32 mul t6, t6, t3
        code[n++] = Op(0x3B, 31, 0, 31, 30, 0);           // 33 addw t6, t6, t5
        code[n++] = Op(0x33, 31, 0, 31, 28, 0x20);        // 34 sub t6, t6, t3
        code[n++] = Op(0x13, 5, 0, 5, 8, 0);              // 35 addi t0, t0, 8
        code[n++] = Branch(0, 0, 0, 29 - 36);             // 36 j 29
        code[n++] = Op(0x13, 10, 0, 31, 0, 0);            // 37 mv a0, t6
        code[n++] = 0x40000067;                           // 38 jr 1024(x0)
    }

    private static uint Op(uint opcode, uint rd, uint funct3, uint rs1, int rs2OrImmediate, uint funct7) =>
        opcode | (rd << 7) | (funct3 << 12) | (rs1 << 15) | ((uint)(rs2OrImmediate & 0xFFF) << 20) | (funct7 << 25);

    private static uint Load(uint width, uint rd, uint rs1, int offset) => Op(0x03, rd, width, rs1, offset, 0);

    private static uint Store(uint width, uint rs1, uint rs2, int offset) =>
        0x23 | (((uint)offset & 31) << 7) | (width << 12) | (rs1 << 15) | (rs2 << 20) | (((uint)offset >> 5) << 25);

    private static uint Branch(uint rs1, uint kind, uint rs2, int instructions)
    {
        uint offset = (uint)(instructions * 4);
        return 0x63 | (((offset >> 11) & 1) << 7) | (((offset >> 1) & 15) << 8) | (kind << 12) | (rs1 << 15) | (rs2 << 20)
            | (((offset >> 5) & 63) << 25) | (((offset >> 12) & 1) << 31);
    }

    private static void Step(ref Hart hart)
    {
        uint code = *(uint*)(hart.Memory + hart.Pc);
        ulong next = hart.Pc + 4;
        uint rd = (code >> 7) & 31;
        ulong a = hart.X[(code >> 15) & 31];
        ulong b = hart.X[(code >> 20) & 31];
        long immediate = (int)code >> 20;
        ulong result;
        hart.Retired++;
        switch (code & 0x7F)
        {
            case 0x37: result = (ulong)(long)(int)(code & 0xFFFFF000); break;
            case 0x17: result = hart.Pc + (ulong)(long)(int)(code & 0xFFFFF000); break;
            case 0x6F:
                long jump = ((long)(int)(code & 0x80000000) >> 11) | (code & 0xFF000) | ((code >> 9) & 0x800) | ((code >> 20) & 0x7FE);
                result = next;
                next = hart.Pc + (ulong)jump;
                break;
            case 0x67:
                result = next;
                next = (a + (ulong)immediate) & ~1UL;
                break;
            case 0x63:
                long target = ((long)(int)(code & 0x80000000) >> 19) | ((code << 4) & 0x800) | ((code >> 20) & 0x7E0) | ((code >> 7) & 0x1E);
                bool taken = ((code >> 12) & 7) switch
                {
                    0 => a == b,
                    1 => a != b,
                    4 => (long)a < (long)b,
                    5 => (long)a >= (long)b,
                    6 => a < b,
                    _ => a >= b,
                };
                if (taken) next = hart.Pc + (ulong)target;
                hart.Pc = next;
                return;
            case 0x03:
                byte* address = hart.Memory + ((a + (ulong)immediate) & (MemorySize - 1));
                result = ((code >> 12) & 7) switch
                {
                    0 => (ulong)(sbyte)*address,
                    1 => (ulong)*(short*)address,
                    2 => (ulong)*(int*)address,
                    3 => *(ulong*)address,
                    4 => *address,
                    5 => *(ushort*)address,
                    _ => *(uint*)address,
                };
                break;
            case 0x23:
                long offset = (((int)code >> 25) << 5) | (int)rd;
                byte* to = hart.Memory + ((a + (ulong)offset) & (MemorySize - 1));
                switch ((code >> 12) & 7)
                {
                    case 0: *to = (byte)b; break;
                    case 1: *(ushort*)to = (ushort)b; break;
                    case 2: *(uint*)to = (uint)b; break;
                    default: *(ulong*)to = b; break;
                }

                hart.Pc = next;
                return;
            case 0x13:
                result = Alu((code >> 12) & 7, a, (ulong)immediate, ((code >> 12) & 7) == 5 && (code & 0x40000000) != 0);
                break;
            case 0x1B:
                result = Alu32((code >> 12) & 7, (uint)a, (uint)immediate, ((code >> 12) & 7) == 5 && (code & 0x40000000) != 0);
                break;
            case 0x33:
                result = (code >> 25) == 1 ? Multiply((code >> 12) & 7, a, b) : Alu((code >> 12) & 7, a, b, (code & 0x40000000) != 0);
                break;
            case 0x3B:
                result = Alu32((code >> 12) & 7, (uint)a, (uint)b, (code & 0x40000000) != 0);
                break;
            default:
                throw new InvalidOperationException("illegal instruction");
        }

        if (rd != 0) hart.X[rd] = result;
        hart.Pc = next;
    }

    private static ulong Alu(uint function, ulong a, ulong b, bool alternative) => function switch
    {
        0 => alternative ? a - b : a + b,
        1 => a << (int)(b & 63),
        2 => (long)a < (long)b ? 1u : 0u,
        3 => a < b ? 1u : 0u,
        4 => a ^ b,
        5 => alternative ? (ulong)((long)a >> (int)(b & 63)) : a >> (int)(b & 63),
        6 => a | b,
        _ => a & b,
    };

    private static ulong Alu32(uint function, uint a, uint b, bool alternative) => function switch
    {
        0 => (ulong)(int)(alternative ? a - b : a + b),
        1 => (ulong)(int)(a << (int)(b & 31)),
        _ => (ulong)(alternative ? (int)a >> (int)(b & 31) : (int)(a >> (int)(b & 31))),
    };

    private static ulong Multiply(uint function, ulong a, ulong b) => function switch
    {
        0 => a * b,
        1 => (ulong)Math.BigMul((long)a, (long)b, out _),
        3 => Math.BigMul(a, b, out _),
        4 => b == 0 ? ulong.MaxValue : (long)a == long.MinValue && (long)b == -1 ? a : (ulong)((long)a / (long)b),
        5 => b == 0 ? ulong.MaxValue : a / b,
        6 => b == 0 ? a : (long)b == -1 ? 0 : (ulong)((long)a % (long)b),
        _ => b == 0 ? a : a % b,
    };
}
