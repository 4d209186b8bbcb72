namespace Gantry.Engine.Cpu.RiscV;

/// <summary>The instructions that <see cref="HotLoop"/> executes, those that have a compressed form first.</summary>
public enum Hot : byte
{
    /// <summary>Not this one: it has only handlers of its own.</summary>
    None,

    /// <summary><see cref="Instructions.Lui"/>.</summary>
    Lui,

    /// <summary><see cref="Instructions.Jal"/>.</summary>
    Jal,

    /// <summary><see cref="Instructions.Jalr"/>.</summary>
    Jalr,

    /// <summary><see cref="Instructions.Beq"/>.</summary>
    Beq,

    /// <summary><see cref="Instructions.Bne"/>.</summary>
    Bne,

    /// <summary><see cref="Instructions.Lw"/>.</summary>
    Lw,

    /// <summary><see cref="Instructions.Ld"/>.</summary>
    Ld,

    /// <summary><see cref="Instructions.Sw"/>.</summary>
    Sw,

    /// <summary><see cref="Instructions.Sd"/>.</summary>
    Sd,

    /// <summary><see cref="Instructions.Addi"/>.</summary>
    Addi,

    /// <summary><see cref="Instructions.Andi"/>.</summary>
    Andi,

    /// <summary><see cref="Instructions.Slli"/>.</summary>
    Slli,

    /// <summary><see cref="Instructions.Srli"/>.</summary>
    Srli,

    /// <summary><see cref="Instructions.Srai"/>.</summary>
    Srai,

    /// <summary><see cref="Instructions.Addiw"/>.</summary>
    Addiw,

    /// <summary><see cref="Instructions.Add"/>.</summary>
    Add,

    /// <summary><see cref="Instructions.Sub"/>.</summary>
    Sub,

    /// <summary><see cref="Instructions.Xor"/>.</summary>
    Xor,

    /// <summary><see cref="Instructions.Or"/>.</summary>
    Or,

    /// <summary><see cref="Instructions.And"/>.</summary>
    And,

    /// <summary><see cref="Instructions.Addw"/>.</summary>
    Addw,

    /// <summary><see cref="Instructions.Subw"/>.</summary>
    Subw,

    /// <summary><see cref="Instructions.Auipc"/>.</summary>
    Auipc,

    /// <summary><see cref="Instructions.Blt"/>.</summary>
    Blt,

    /// <summary><see cref="Instructions.Bge"/>.</summary>
    Bge,

    /// <summary><see cref="Instructions.Bltu"/>.</summary>
    Bltu,

    /// <summary><see cref="Instructions.Bgeu"/>.</summary>
    Bgeu,

    /// <summary><see cref="Instructions.Lb"/>.</summary>
    Lb,

    /// <summary><see cref="Instructions.Lh"/>.</summary>
    Lh,

    /// <summary><see cref="Instructions.Lbu"/>.</summary>
    Lbu,

    /// <summary><see cref="Instructions.Lhu"/>.</summary>
    Lhu,

    /// <summary><see cref="Instructions.Lwu"/>.</summary>
    Lwu,

    /// <summary><see cref="Instructions.Sb"/>.</summary>
    Sb,

    /// <summary><see cref="Instructions.Sh"/>.</summary>
    Sh,

    /// <summary><see cref="Instructions.Slti"/>.</summary>
    Slti,

    /// <summary><see cref="Instructions.Sltiu"/>.</summary>
    Sltiu,

    /// <summary><see cref="Instructions.Xori"/>.</summary>
    Xori,

    /// <summary><see cref="Instructions.Ori"/>.</summary>
    Ori,

    /// <summary><see cref="Instructions.Slliw"/>.</summary>
    Slliw,

    /// <summary><see cref="Instructions.Srliw"/>.</summary>
    Srliw,

    /// <summary><see cref="Instructions.Sraiw"/>.</summary>
    Sraiw,

    /// <summary><see cref="Instructions.Sll"/>.</summary>
    Sll,

    /// <summary><see cref="Instructions.Slt"/>.</summary>
    Slt,

    /// <summary><see cref="Instructions.Sltu"/>.</summary>
    Sltu,

    /// <summary><see cref="Instructions.Srl"/>.</summary>
    Srl,

    /// <summary><see cref="Instructions.Sra"/>.</summary>
    Sra,

    /// <summary><see cref="Instructions.Sllw"/>.</summary>
    Sllw,

    /// <summary><see cref="Instructions.Srlw"/>.</summary>
    Srlw,

    /// <summary><see cref="Instructions.Sraw"/>.</summary>
    Sraw,

    /// <summary><see cref="Instructions.Mul"/>.</summary>
    Mul,

    /// <summary><see cref="Instructions.Mulw"/>.</summary>
    Mulw,

    /// <summary><see cref="Instructions.AddUw"/>.</summary>
    AddUw,

    /// <summary><see cref="Instructions.Sh1add"/>.</summary>
    Sh1add,

    /// <summary><see cref="Instructions.Sh2add"/>.</summary>
    Sh2add,

    /// <summary><see cref="Instructions.Sh3add"/>.</summary>
    Sh3add,

    /// <summary><see cref="Instructions.SlliUw"/>.</summary>
    SlliUw,

    /// <summary><see cref="Instructions.Andn"/>.</summary>
    Andn,

    /// <summary><see cref="Instructions.Max"/>.</summary>
    Max,

    /// <summary><see cref="Instructions.Maxu"/>.</summary>
    Maxu,

    /// <summary><see cref="Instructions.Min"/>.</summary>
    Min,

    /// <summary><see cref="Instructions.Minu"/>.</summary>
    Minu,

    /// <summary><see cref="Instructions.SextB"/>.</summary>
    SextB,

    /// <summary><see cref="Instructions.SextH"/>.</summary>
    SextH,

    /// <summary><see cref="Instructions.ZextH"/>.</summary>
    ZextH,

    /// <summary><see cref="Instructions.Rori"/>.</summary>
    Rori,

    /// <summary><see cref="Instructions.Bext"/>.</summary>
    Bext,

    /// <summary><see cref="Instructions.Bexti"/>.</summary>
    Bexti,

    /// <summary><see cref="Instructions.CzeroEqz"/>.</summary>
    CzeroEqz,

    /// <summary><see cref="Instructions.CzeroNez"/>.</summary>
    CzeroNez,

    /// <summary>How many there are, <see cref="None"/> too.</summary>
    Count,

    /// <summary>The last one that has a compressed form.</summary>
    LastCompressed = Subw,
}
