using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>Index arithmetic in fewer and narrower operators: C# scales unsigned indexes of pointers in 64 bits.</summary>
internal static class Narrowing
{
    private const int MaxDepth = 4;

    /// <summary>The low half of an i64 value, when it takes no more operators than there are; else null.</summary>
    public static Instr? TryWrap(Instr value, Func<Opcode, Instr[], Instr> make, int depth = 0)
    {
        if (value.IsConst)
            return Instr.I32((int)value.Imm);
        if (value.Op != Op.Wasm || depth > MaxDepth)
            return null;
        switch (value.Code)
        {
            case Opcode.I64ExtendI32U or Opcode.I64ExtendI32S:
                return value.Args[0].Resolve();
            case Opcode.I64Shl when value.Args[1].Resolve() is { IsConst: true } amount:
                if ((amount.Imm & 63) >= 32)
                    return Instr.I32(0);
                return TryWrap(value.Args[0].Resolve(), make, depth + 1) is { } shifted ? make(Opcode.I32Shl, [shifted, Instr.I32((int)amount.Imm & 31)]) : null;
        }

        // Where the wide value is needed anyway, a wrap of it costs less than computing it twice.
        if (NarrowOf(value.Code) is not { } narrow || value.Uses > 1)
            return null;
        var (a, b) = (value.Args[0].Resolve(), value.Args[1].Resolve());
        var left = TryWrap(a, make, depth + 1);
        var right = TryWrap(b, make, depth + 1);
        if (left == null && right == null)
            return null;
        // With a constant on one side nothing is gained but that the wrap moves to the other.
        if ((left == null && right!.IsConst) || (right == null && left!.IsConst))
            return null;
        return make(narrow, [left ?? make(Opcode.I32WrapI64, [a]), right ?? make(Opcode.I32WrapI64, [b])]);
    }

    private static Opcode? NarrowOf(Opcode code) => code switch
    {
        Opcode.I64Add => Opcode.I32Add,
        Opcode.I64Sub => Opcode.I32Sub,
        Opcode.I64Mul => Opcode.I32Mul,
        Opcode.I64And => Opcode.I32And,
        Opcode.I64Or => Opcode.I32Or,
        Opcode.I64Xor => Opcode.I32Xor,
        _ => null,
    };

    /// <summary>((x &gt;&gt; c1) &amp; m) &lt;&lt; c2, a field of an instruction as an offset: one shift is enough.</summary>
    public static Instr? TryField(Instr masked, int left, Func<Opcode, Instr[], Instr> make)
    {
        if (masked.Op != Op.Wasm || masked.Code != Opcode.I32And || masked.Args[1].Resolve() is not { IsConst: true } mask
            || masked.Args[0].Resolve() is not { Op: Op.Wasm, Code: Opcode.I32ShrU } shifted || shifted.Args[1].Resolve() is not { IsConst: true } amount)
            return null;
        var right = ((int)amount.Imm & 31) - left;
        var value = shifted.Args[0].Resolve();
        if (right != 0)
            value = make(right > 0 ? Opcode.I32ShrU : Opcode.I32Shl, [value, Instr.I32(Math.Abs(right))]);
        return make(Opcode.I32And, [value, Instr.I32((int)mask.Imm << left)]);
    }
}
