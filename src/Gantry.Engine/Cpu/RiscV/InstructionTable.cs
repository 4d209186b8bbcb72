using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Gantry.Engine.Cpu.RiscV.Instructions;
using Gantry.Engine.Cpu.RiscV.Regions;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// All instructions, a row each: the one place that says which encoding is which instruction. Decoder, disassembler and tests read it.
/// </summary>
public unsafe struct InstructionTable
{
    private const int Capacity = 256;
    private const int Buckets = 32;

    // Row numbers sorted by major opcode (bits 6:2), and where each opcode's begin.
    private InstructionRow* rows;
    private byte* order;
    private fixed int start[Buckets + 1];
    private int count;

    // Handlers of the instructions that HotLoop executes, by its cases.
    private delegate*<Hart*, Insn*, int, Insn*>* hotHandlers;

    /// <summary>Pairs of instructions that <see cref="HotLoop"/> executes together.</summary>
    internal PairTable Pairs;

    /// <summary>Number of rows.</summary>
    public readonly int Count => count;

    /// <summary>A row, in the order of the table below.</summary>
    public readonly InstructionRow* this[int index] => rows + index;

    /// <summary>The handler that does all of what a case of <see cref="HotLoop"/> may give up.</summary>
    [WasmSeldom]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public readonly delegate*<Hart*, Insn*, int, Insn*> HotHandler(uint hotCase) => hotHandlers[hotCase];

    /// <summary>Index of a row.</summary>
    public readonly int IndexOf(InstructionRow* row) => (int)(row - rows);

    /// <summary>The row of an encoding, or null.</summary>
    public readonly InstructionRow* Find(uint word)
    {
        if ((word & 3) != 3)
            return null;
        var bucket = (int)(word >> 2) & (Buckets - 1);
        for (var i = start[bucket]; i < start[bucket + 1]; i++)
        {
            var row = rows + order[i];
            if ((word & row->Mask) == row->Match)
                return row;
        }

        return null;
    }

    /// <summary>Fills the table.</summary>
    public void Build()
    {
        rows = (InstructionRow*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(InstructionRow));
        order = (byte*)NativeMemory.AllocZeroed(Capacity, 1);
        hotHandlers = (delegate*<Hart*, Insn*, int, Insn*>*)NativeMemory.AllocZeroed(HotLoop.Cases, (nuint)sizeof(nuint));
        count = 0;
        Pairs.Build();
        AddRows();
        for (var i = 0; i < count; i++)
        {
            hotHandlers[HotLoop.Case(rows[i].Hot, 2)] = rows[i].FourBytes;
            if (rows[i].Hot <= Hot.LastCompressed)
                hotHandlers[HotLoop.Case(rows[i].Hot, 1)] = rows[i].TwoBytes;
        }

        for (var pair = 1; pair < (int)Pair.Count; pair++)
            hotHandlers[HotLoop.Case((Pair)pair)] = hotHandlers[Pairs.FirstOf((Pair)pair)];

        var position = 0;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            start[bucket] = position;
            for (var i = 0; i < count; i++)
            {
                if (((rows[i].Match >> 2) & (Buckets - 1)) == bucket)
                    order[position++] = (byte)i;
            }
        }

        start[Buckets] = position;
    }

    private void Row<TOp>(ReadOnlySpan<byte> name, uint match, uint mask, Format format, Hot hot = Hot.None)
        where TOp : struct, IInstruction
    {
        Add(name, match, mask, format, RowFlags.None, &Handler<TOp, TwoBytes>.Run, &Handler<TOp, FourBytes>.Run);
        rows[count - 1].Hot = hot;
        if (WasmTarget.IsWebAssembly)
            rows[count - 1].Template = (byte*)(delegate*<void>)&InstructionTemplate<TOp, AnyRounding, AnyPlace>.Body;
    }

    private void AccessRow<TOp>(ReadOnlySpan<byte> name, uint match, uint mask, Format format, Hot hot)
        where TOp : struct, IInstruction
    {
        Row<TOp>(name, match, mask, format, hot);
        SetPlaced<TOp>();
    }

    private void FloatAccessRow<TOp>(ReadOnlySpan<byte> name, uint match, uint mask, Format format, RowFlags flags = RowFlags.None)
        where TOp : struct, IInstruction
    {
        FloatRow<TOp>(name, match, mask, format, flags);
        SetPlaced<TOp>();
    }

    private readonly void SetPlaced<TOp>()
        where TOp : struct, IInstruction
    {
        if (WasmTarget.IsWebAssembly)
            rows[count - 1].PlacedTemplate = (byte*)(delegate*<void>)&InstructionTemplate<TOp, AnyRounding, KnownPlace>.Body;
    }

    private void FloatRow<TOp>(ReadOnlySpan<byte> name, uint match, uint mask, Format format, RowFlags flags = RowFlags.None)
        where TOp : struct, IInstruction
    {
        if ((flags & RowFlags.Rounds) != 0)
            Add(name, match, mask, format, flags | RowFlags.Float, &FloatHandler<TOp, TwoBytes, WithMode>.Run, &FloatHandler<TOp, FourBytes, WithMode>.Run);
        else
            Add(name, match, mask, format, flags | RowFlags.Float, &FloatHandler<TOp, TwoBytes, WithoutMode>.Run, &FloatHandler<TOp, FourBytes, WithoutMode>.Run);
        if (!WasmTarget.IsWebAssembly)
            return;
        rows[count - 1].Template = (byte*)(delegate*<void>)&InstructionTemplate<TOp, AnyRounding, AnyPlace>.Body;
        rows[count - 1].NearestTemplate = (byte*)(delegate*<void>)&InstructionTemplate<TOp, NearestRounding, AnyPlace>.Body;
    }

    private void FusedRow<TOp>(ReadOnlySpan<byte> name, uint match, uint mask, Format format, RowFlags flags)
        where TOp : struct, IInstruction
    {
        FloatRow<TOp>(name, match, mask, format, flags);
        if (WasmTarget.IsWebAssembly)
            rows[count - 1].FusingTemplate = (byte*)(delegate*<void>)&InstructionTemplate<TOp, NearestFusing, AnyPlace>.Body;
    }

    // None of these has a compressed form but ebreak, whose handler does not care.
    private void SystemRow(ReadOnlySpan<byte> name, uint match, uint mask, delegate*<Hart*, Insn*, int, Insn*> handler)
        => Add(name, match, mask, Format.System, RowFlags.None, handler, handler);

    private void Add(
        ReadOnlySpan<byte> name,
        uint match,
        uint mask,
        Format format,
        RowFlags flags,
        delegate*<Hart*, Insn*, int, Insn*> twoBytes,
        delegate*<Hart*, Insn*, int, Insn*> fourBytes)
    {
        var row = rows + count++;
        row->Match = match;
        row->Mask = mask;
        row->Format = format;
        row->Flags = flags;
        // Literals are static data: they do not move.
        row->Name = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(name));
        row->NameLength = (byte)name.Length;
        row->TwoBytes = twoBytes;
        row->FourBytes = fourBytes;
    }

    private void AddRows()
    {
        // RV64I
        Row<Lui>("lui"u8, 0x00000037, 0x0000007F, Format.U, Hot.Lui);
        Row<Auipc>("auipc"u8, 0x00000017, 0x0000007F, Format.U, Hot.Auipc);
        Row<Jal>("jal"u8, 0x0000006F, 0x0000007F, Format.J, Hot.Jal);
        Row<Jalr>("jalr"u8, 0x00000067, 0x0000707F, Format.I, Hot.Jalr);
        Row<Beq>("beq"u8, 0x00000063, 0x0000707F, Format.B, Hot.Beq);
        Row<Bne>("bne"u8, 0x00001063, 0x0000707F, Format.B, Hot.Bne);
        Row<Blt>("blt"u8, 0x00004063, 0x0000707F, Format.B, Hot.Blt);
        Row<Bge>("bge"u8, 0x00005063, 0x0000707F, Format.B, Hot.Bge);
        Row<Bltu>("bltu"u8, 0x00006063, 0x0000707F, Format.B, Hot.Bltu);
        Row<Bgeu>("bgeu"u8, 0x00007063, 0x0000707F, Format.B, Hot.Bgeu);
        AccessRow<Lb>("lb"u8, 0x00000003, 0x0000707F, Format.I, Hot.Lb);
        AccessRow<Lh>("lh"u8, 0x00001003, 0x0000707F, Format.I, Hot.Lh);
        AccessRow<Lw>("lw"u8, 0x00002003, 0x0000707F, Format.I, Hot.Lw);
        AccessRow<Ld>("ld"u8, 0x00003003, 0x0000707F, Format.I, Hot.Ld);
        AccessRow<Lbu>("lbu"u8, 0x00004003, 0x0000707F, Format.I, Hot.Lbu);
        AccessRow<Lhu>("lhu"u8, 0x00005003, 0x0000707F, Format.I, Hot.Lhu);
        AccessRow<Lwu>("lwu"u8, 0x00006003, 0x0000707F, Format.I, Hot.Lwu);
        AccessRow<Sb>("sb"u8, 0x00000023, 0x0000707F, Format.S, Hot.Sb);
        AccessRow<Sh>("sh"u8, 0x00001023, 0x0000707F, Format.S, Hot.Sh);
        AccessRow<Sw>("sw"u8, 0x00002023, 0x0000707F, Format.S, Hot.Sw);
        AccessRow<Sd>("sd"u8, 0x00003023, 0x0000707F, Format.S, Hot.Sd);
        Row<Addi>("addi"u8, 0x00000013, 0x0000707F, Format.I, Hot.Addi);
        Row<Slti>("slti"u8, 0x00002013, 0x0000707F, Format.I, Hot.Slti);
        Row<Sltiu>("sltiu"u8, 0x00003013, 0x0000707F, Format.I, Hot.Sltiu);
        Row<Xori>("xori"u8, 0x00004013, 0x0000707F, Format.I, Hot.Xori);
        Row<Ori>("ori"u8, 0x00006013, 0x0000707F, Format.I, Hot.Ori);
        Row<Andi>("andi"u8, 0x00007013, 0x0000707F, Format.I, Hot.Andi);
        Row<Slli>("slli"u8, 0x00001013, 0xFC00707F, Format.Shift, Hot.Slli);
        Row<Srli>("srli"u8, 0x00005013, 0xFC00707F, Format.Shift, Hot.Srli);
        Row<Srai>("srai"u8, 0x40005013, 0xFC00707F, Format.Shift, Hot.Srai);
        Row<Addiw>("addiw"u8, 0x0000001B, 0x0000707F, Format.I, Hot.Addiw);
        Row<Slliw>("slliw"u8, 0x0000101B, 0xFE00707F, Format.Shift, Hot.Slliw);
        Row<Srliw>("srliw"u8, 0x0000501B, 0xFE00707F, Format.Shift, Hot.Srliw);
        Row<Sraiw>("sraiw"u8, 0x4000501B, 0xFE00707F, Format.Shift, Hot.Sraiw);
        Row<Add>("add"u8, 0x00000033, 0xFE00707F, Format.R, Hot.Add);
        Row<Sub>("sub"u8, 0x40000033, 0xFE00707F, Format.R, Hot.Sub);
        Row<Sll>("sll"u8, 0x00001033, 0xFE00707F, Format.R, Hot.Sll);
        Row<Slt>("slt"u8, 0x00002033, 0xFE00707F, Format.R, Hot.Slt);
        Row<Sltu>("sltu"u8, 0x00003033, 0xFE00707F, Format.R, Hot.Sltu);
        Row<Xor>("xor"u8, 0x00004033, 0xFE00707F, Format.R, Hot.Xor);
        Row<Srl>("srl"u8, 0x00005033, 0xFE00707F, Format.R, Hot.Srl);
        Row<Sra>("sra"u8, 0x40005033, 0xFE00707F, Format.R, Hot.Sra);
        Row<Or>("or"u8, 0x00006033, 0xFE00707F, Format.R, Hot.Or);
        Row<And>("and"u8, 0x00007033, 0xFE00707F, Format.R, Hot.And);
        Row<Addw>("addw"u8, 0x0000003B, 0xFE00707F, Format.R, Hot.Addw);
        Row<Subw>("subw"u8, 0x4000003B, 0xFE00707F, Format.R, Hot.Subw);
        Row<Sllw>("sllw"u8, 0x0000103B, 0xFE00707F, Format.R, Hot.Sllw);
        Row<Srlw>("srlw"u8, 0x0000503B, 0xFE00707F, Format.R, Hot.Srlw);
        Row<Sraw>("sraw"u8, 0x4000503B, 0xFE00707F, Format.R, Hot.Sraw);
        Row<Fence>("fence"u8, 0x0000000F, 0x0000707F, Format.None);

        // M
        Row<Mul>("mul"u8, 0x02000033, 0xFE00707F, Format.R, Hot.Mul);
        Row<Mulh>("mulh"u8, 0x02001033, 0xFE00707F, Format.R);
        Row<Mulhsu>("mulhsu"u8, 0x02002033, 0xFE00707F, Format.R);
        Row<Mulhu>("mulhu"u8, 0x02003033, 0xFE00707F, Format.R);
        Row<Div>("div"u8, 0x02004033, 0xFE00707F, Format.R);
        Row<Divu>("divu"u8, 0x02005033, 0xFE00707F, Format.R);
        Row<Rem>("rem"u8, 0x02006033, 0xFE00707F, Format.R);
        Row<Remu>("remu"u8, 0x02007033, 0xFE00707F, Format.R);
        Row<Mulw>("mulw"u8, 0x0200003B, 0xFE00707F, Format.R, Hot.Mulw);
        Row<Divw>("divw"u8, 0x0200403B, 0xFE00707F, Format.R);
        Row<Divuw>("divuw"u8, 0x0200503B, 0xFE00707F, Format.R);
        Row<Remw>("remw"u8, 0x0200603B, 0xFE00707F, Format.R);
        Row<Remuw>("remuw"u8, 0x0200703B, 0xFE00707F, Format.R);

        // A
        Row<LrW>("lr.w"u8, 0x1000202F, 0xF9F0707F, Format.Amo);
        Row<ScW>("sc.w"u8, 0x1800202F, 0xF800707F, Format.Amo);
        Row<AmoSwapW>("amoswap.w"u8, 0x0800202F, 0xF800707F, Format.Amo);
        Row<AmoAddW>("amoadd.w"u8, 0x0000202F, 0xF800707F, Format.Amo);
        Row<AmoXorW>("amoxor.w"u8, 0x2000202F, 0xF800707F, Format.Amo);
        Row<AmoAndW>("amoand.w"u8, 0x6000202F, 0xF800707F, Format.Amo);
        Row<AmoOrW>("amoor.w"u8, 0x4000202F, 0xF800707F, Format.Amo);
        Row<AmoMinW>("amomin.w"u8, 0x8000202F, 0xF800707F, Format.Amo);
        Row<AmoMaxW>("amomax.w"u8, 0xA000202F, 0xF800707F, Format.Amo);
        Row<AmoMinuW>("amominu.w"u8, 0xC000202F, 0xF800707F, Format.Amo);
        Row<AmoMaxuW>("amomaxu.w"u8, 0xE000202F, 0xF800707F, Format.Amo);
        Row<LrD>("lr.d"u8, 0x1000302F, 0xF9F0707F, Format.Amo);
        Row<ScD>("sc.d"u8, 0x1800302F, 0xF800707F, Format.Amo);
        Row<AmoSwapD>("amoswap.d"u8, 0x0800302F, 0xF800707F, Format.Amo);
        Row<AmoAddD>("amoadd.d"u8, 0x0000302F, 0xF800707F, Format.Amo);
        Row<AmoXorD>("amoxor.d"u8, 0x2000302F, 0xF800707F, Format.Amo);
        Row<AmoAndD>("amoand.d"u8, 0x6000302F, 0xF800707F, Format.Amo);
        Row<AmoOrD>("amoor.d"u8, 0x4000302F, 0xF800707F, Format.Amo);
        Row<AmoMinD>("amomin.d"u8, 0x8000302F, 0xF800707F, Format.Amo);
        Row<AmoMaxD>("amomax.d"u8, 0xA000302F, 0xF800707F, Format.Amo);
        Row<AmoMinuD>("amominu.d"u8, 0xC000302F, 0xF800707F, Format.Amo);
        Row<AmoMaxuD>("amomaxu.d"u8, 0xE000302F, 0xF800707F, Format.Amo);

        // Zba
        Row<AddUw>("add.uw"u8, 0x0800003B, 0xFE00707F, Format.R, Hot.AddUw);
        Row<Sh1add>("sh1add"u8, 0x20002033, 0xFE00707F, Format.R, Hot.Sh1add);
        Row<Sh1addUw>("sh1add.uw"u8, 0x2000203B, 0xFE00707F, Format.R);
        Row<Sh2add>("sh2add"u8, 0x20004033, 0xFE00707F, Format.R, Hot.Sh2add);
        Row<Sh2addUw>("sh2add.uw"u8, 0x2000403B, 0xFE00707F, Format.R);
        Row<Sh3add>("sh3add"u8, 0x20006033, 0xFE00707F, Format.R, Hot.Sh3add);
        Row<Sh3addUw>("sh3add.uw"u8, 0x2000603B, 0xFE00707F, Format.R);
        Row<SlliUw>("slli.uw"u8, 0x0800101B, 0xFC00707F, Format.Shift, Hot.SlliUw);

        // Zbb
        Row<Andn>("andn"u8, 0x40007033, 0xFE00707F, Format.R, Hot.Andn);
        Row<Orn>("orn"u8, 0x40006033, 0xFE00707F, Format.R);
        Row<Xnor>("xnor"u8, 0x40004033, 0xFE00707F, Format.R);
        Row<Clz>("clz"u8, 0x60001013, 0xFFF0707F, Format.Unary);
        Row<Clzw>("clzw"u8, 0x6000101B, 0xFFF0707F, Format.Unary);
        Row<Ctz>("ctz"u8, 0x60101013, 0xFFF0707F, Format.Unary);
        Row<Ctzw>("ctzw"u8, 0x6010101B, 0xFFF0707F, Format.Unary);
        Row<Cpop>("cpop"u8, 0x60201013, 0xFFF0707F, Format.Unary);
        Row<Cpopw>("cpopw"u8, 0x6020101B, 0xFFF0707F, Format.Unary);
        Row<Max>("max"u8, 0x0A006033, 0xFE00707F, Format.R, Hot.Max);
        Row<Maxu>("maxu"u8, 0x0A007033, 0xFE00707F, Format.R, Hot.Maxu);
        Row<Min>("min"u8, 0x0A004033, 0xFE00707F, Format.R, Hot.Min);
        Row<Minu>("minu"u8, 0x0A005033, 0xFE00707F, Format.R, Hot.Minu);
        Row<SextB>("sext.b"u8, 0x60401013, 0xFFF0707F, Format.Unary, Hot.SextB);
        Row<SextH>("sext.h"u8, 0x60501013, 0xFFF0707F, Format.Unary, Hot.SextH);
        Row<ZextH>("zext.h"u8, 0x0800403B, 0xFFF0707F, Format.Unary, Hot.ZextH);
        Row<Rol>("rol"u8, 0x60001033, 0xFE00707F, Format.R);
        Row<Rolw>("rolw"u8, 0x6000103B, 0xFE00707F, Format.R);
        Row<Ror>("ror"u8, 0x60005033, 0xFE00707F, Format.R);
        Row<Rorw>("rorw"u8, 0x6000503B, 0xFE00707F, Format.R);
        Row<Rori>("rori"u8, 0x60005013, 0xFC00707F, Format.Shift, Hot.Rori);
        Row<Roriw>("roriw"u8, 0x6000501B, 0xFE00707F, Format.Shift);
        Row<OrcB>("orc.b"u8, 0x28705013, 0xFFF0707F, Format.Unary);
        Row<Rev8>("rev8"u8, 0x6B805013, 0xFFF0707F, Format.Unary);

        // Zbs
        Row<Bclr>("bclr"u8, 0x48001033, 0xFE00707F, Format.R);
        Row<Bclri>("bclri"u8, 0x48001013, 0xFC00707F, Format.Shift);
        Row<Bext>("bext"u8, 0x48005033, 0xFE00707F, Format.R, Hot.Bext);
        Row<Bexti>("bexti"u8, 0x48005013, 0xFC00707F, Format.Shift, Hot.Bexti);
        Row<Binv>("binv"u8, 0x68001033, 0xFE00707F, Format.R);
        Row<Binvi>("binvi"u8, 0x68001013, 0xFC00707F, Format.Shift);
        Row<Bset>("bset"u8, 0x28001033, 0xFE00707F, Format.R);
        Row<Bseti>("bseti"u8, 0x28001013, 0xFC00707F, Format.Shift);

        // Zicond
        Row<CzeroEqz>("czero.eqz"u8, 0x0E005033, 0xFE00707F, Format.R, Hot.CzeroEqz);
        Row<CzeroNez>("czero.nez"u8, 0x0E007033, 0xFE00707F, Format.R, Hot.CzeroNez);

        // F
        FloatAccessRow<Flw>("flw"u8, 0x00002007, 0x0000707F, Format.I, RowFlags.FloatRd);
        FloatAccessRow<Fsw>("fsw"u8, 0x00002027, 0x0000707F, Format.S);
        FloatRow<FmaddS>("fmadd.s"u8, 0x00000043, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FmsubS>("fmsub.s"u8, 0x00000047, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FnmsubS>("fnmsub.s"u8, 0x0000004B, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FnmaddS>("fnmadd.s"u8, 0x0000004F, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FaddS>("fadd.s"u8, 0x00000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FsubS>("fsub.s"u8, 0x08000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FmulS>("fmul.s"u8, 0x10000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FdivS>("fdiv.s"u8, 0x18000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FsqrtS>("fsqrt.s"u8, 0x58000053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FsgnjS>("fsgnj.s"u8, 0x20000053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FsgnjnS>("fsgnjn.s"u8, 0x20001053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FsgnjxS>("fsgnjx.s"u8, 0x20002053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FminS>("fmin.s"u8, 0x28000053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FmaxS>("fmax.s"u8, 0x28001053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FeqS>("feq.s"u8, 0xA0002053, 0xFE00707F, Format.R, RowFlags.FloatSources);
        FloatRow<FltS>("flt.s"u8, 0xA0001053, 0xFE00707F, Format.R, RowFlags.FloatSources);
        FloatRow<FleS>("fle.s"u8, 0xA0000053, 0xFE00707F, Format.R, RowFlags.FloatSources);
        FloatRow<FclassS>("fclass.s"u8, 0xE0001053, 0xFFF0707F, Format.Unary, RowFlags.FloatSources);
        FloatRow<FcvtWS>("fcvt.w.s"u8, 0xC0000053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtSW>("fcvt.s.w"u8, 0xD0000053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FcvtWuS>("fcvt.wu.s"u8, 0xC0100053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtSWu>("fcvt.s.wu"u8, 0xD0100053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FcvtLS>("fcvt.l.s"u8, 0xC0200053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtSL>("fcvt.s.l"u8, 0xD0200053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FcvtLuS>("fcvt.lu.s"u8, 0xC0300053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtSLu>("fcvt.s.lu"u8, 0xD0300053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FmvXW>("fmv.x.w"u8, 0xE0000053, 0xFFF0707F, Format.Unary, RowFlags.FloatSources);
        FloatRow<FmvWX>("fmv.w.x"u8, 0xF0000053, 0xFFF0707F, Format.Unary, RowFlags.FloatRd | RowFlags.IntegerSources);

        // D
        FloatAccessRow<Fld>("fld"u8, 0x00003007, 0x0000707F, Format.I, RowFlags.FloatRd);
        FloatAccessRow<Fsd>("fsd"u8, 0x00003027, 0x0000707F, Format.S);
        FusedRow<FmaddD>("fmadd.d"u8, 0x02000043, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FusedRow<FmsubD>("fmsub.d"u8, 0x02000047, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FusedRow<FnmsubD>("fnmsub.d"u8, 0x0200004B, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FusedRow<FnmaddD>("fnmadd.d"u8, 0x0200004F, 0x0600007F, Format.R4, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FaddD>("fadd.d"u8, 0x02000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FsubD>("fsub.d"u8, 0x0A000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FmulD>("fmul.d"u8, 0x12000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FdivD>("fdiv.d"u8, 0x1A000053, 0xFE00007F, Format.R, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FsqrtD>("fsqrt.d"u8, 0x5A000053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FsgnjD>("fsgnj.d"u8, 0x22000053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FsgnjnD>("fsgnjn.d"u8, 0x22001053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FsgnjxD>("fsgnjx.d"u8, 0x22002053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FminD>("fmin.d"u8, 0x2A000053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FmaxD>("fmax.d"u8, 0x2A001053, 0xFE00707F, Format.R, RowFlags.FloatRd);
        FloatRow<FeqD>("feq.d"u8, 0xA2002053, 0xFE00707F, Format.R, RowFlags.FloatSources);
        FloatRow<FltD>("flt.d"u8, 0xA2001053, 0xFE00707F, Format.R, RowFlags.FloatSources);
        FloatRow<FleD>("fle.d"u8, 0xA2000053, 0xFE00707F, Format.R, RowFlags.FloatSources);
        FloatRow<FclassD>("fclass.d"u8, 0xE2001053, 0xFFF0707F, Format.Unary, RowFlags.FloatSources);
        FloatRow<FcvtWD>("fcvt.w.d"u8, 0xC2000053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtDW>("fcvt.d.w"u8, 0xD2000053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FcvtWuD>("fcvt.wu.d"u8, 0xC2100053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtDWu>("fcvt.d.wu"u8, 0xD2100053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FcvtLD>("fcvt.l.d"u8, 0xC2200053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtDL>("fcvt.d.l"u8, 0xD2200053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FcvtLuD>("fcvt.lu.d"u8, 0xC2300053, 0xFFF0007F, Format.Unary, RowFlags.FloatSources | RowFlags.Rounds);
        FloatRow<FcvtDLu>("fcvt.d.lu"u8, 0xD2300053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds | RowFlags.IntegerSources);
        FloatRow<FmvXD>("fmv.x.d"u8, 0xE2000053, 0xFFF0707F, Format.Unary, RowFlags.FloatSources);
        FloatRow<FmvDX>("fmv.d.x"u8, 0xF2000053, 0xFFF0707F, Format.Unary, RowFlags.FloatRd | RowFlags.IntegerSources);
        FloatRow<FcvtSD>("fcvt.s.d"u8, 0x40100053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds);
        FloatRow<FcvtDS>("fcvt.d.s"u8, 0x42000053, 0xFFF0007F, Format.Unary, RowFlags.FloatRd | RowFlags.Rounds);

        // Zicsr, Zifencei, Zicbom, Zicboz and privileged instructions: they act on the hart itself.
        SystemRow("ecall"u8, 0x00000073, 0xFFFFFFFF, &SystemInstructions.Ecall);
        SystemRow("ebreak"u8, 0x00100073, 0xFFFFFFFF, &SystemInstructions.Ebreak);
        SystemRow("sret"u8, 0x10200073, 0xFFFFFFFF, &SystemInstructions.Sret);
        SystemRow("wfi"u8, 0x10500073, 0xFFFFFFFF, &SystemInstructions.Wfi);
        SystemRow("sfence.vma"u8, 0x12000073, 0xFE007FFF, &SystemInstructions.SfenceVma);
        SystemRow("fence.i"u8, 0x0000100F, 0x0000707F, &SystemInstructions.FenceI);
        SystemRow("cbo.zero"u8, 0x0040200F, 0xFFF07FFF, &SystemInstructions.CacheBlockZero);
        SystemRow("cbo.inval"u8, 0x0000200F, 0xFFF07FFF, &SystemInstructions.CacheBlock);
        SystemRow("cbo.clean"u8, 0x0010200F, 0xFFF07FFF, &SystemInstructions.CacheBlock);
        SystemRow("cbo.flush"u8, 0x0020200F, 0xFFF07FFF, &SystemInstructions.CacheBlock);
        SystemRow("csrrw"u8, 0x00001073, 0x0000707F, &SystemInstructions.Csr);
        SystemRow("csrrs"u8, 0x00002073, 0x0000707F, &SystemInstructions.Csr);
        SystemRow("csrrc"u8, 0x00003073, 0x0000707F, &SystemInstructions.Csr);
        SystemRow("csrrwi"u8, 0x00005073, 0x0000707F, &SystemInstructions.Csr);
        SystemRow("csrrsi"u8, 0x00006073, 0x0000707F, &SystemInstructions.Csr);
        SystemRow("csrrci"u8, 0x00007073, 0x0000707F, &SystemInstructions.Csr);
    }
}
