using System.Reflection.Metadata;

namespace Gantry.Compiler.Import;

/// <summary>One decoded IL instruction.</summary>
/// <param name="Offset">Offset of its first byte.</param>
/// <param name="Next">Offset of the next instruction.</param>
/// <param name="Code">Its opcode.</param>
/// <param name="Operand">Token, constant's bits, variable index or branch target.</param>
/// <param name="Switch">The targets of a switch.</param>
internal readonly record struct ILInstr(int Offset, int Next, ILOpCode Code, long Operand, int[]? Switch);

/// <summary>Decodes IL.</summary>
internal static class ILDecoder
{
    public static List<ILInstr> Decode(BlobReader reader)
    {
        var list = new List<ILInstr>();
        while (reader.RemainingBytes > 0)
        {
            var offset = reader.Offset;
            int first = reader.ReadByte();
            var code = (ILOpCode)(first == 0xFE ? 0xFE00 | reader.ReadByte() : first);
            long operand = 0;
            int[]? targets = null;
            switch (Kind(code))
            {
                case OperandKind.Byte: operand = reader.ReadByte(); break;
                case OperandKind.SByte: operand = reader.ReadSByte(); break;
                case OperandKind.UInt16: operand = reader.ReadUInt16(); break;
                case OperandKind.Int32: operand = reader.ReadInt32(); break;
                case OperandKind.Int64: operand = reader.ReadInt64(); break;
                case OperandKind.ShortBranch:
                    operand = reader.ReadSByte();
                    operand += reader.Offset;
                    break;
                case OperandKind.Branch:
                    operand = reader.ReadInt32();
                    operand += reader.Offset;
                    break;
                case OperandKind.Switch:
                    var count = reader.ReadUInt32();
                    if (count > reader.RemainingBytes / sizeof(int))
                        throw new InvalidILException("a switch has more targets than there is code");
                    targets = new int[count];
                    for (var i = 0; i < targets.Length; i++)
                        targets[i] = reader.ReadInt32();
                    for (var i = 0; i < targets.Length; i++)
                        targets[i] += reader.Offset;
                    break;
            }

            list.Add(new ILInstr(offset, reader.Offset, code, operand, targets));
        }

        return list;
    }

    private enum OperandKind
    {
        None,
        Byte,
        SByte,
        UInt16,
        Int32,
        Int64,
        ShortBranch,
        Branch,
        Switch,
    }

    private static OperandKind Kind(ILOpCode code)
    {
        switch (code)
        {
            case ILOpCode.Ldarg_s or ILOpCode.Ldarga_s or ILOpCode.Starg_s or ILOpCode.Ldloc_s or ILOpCode.Ldloca_s or ILOpCode.Stloc_s or ILOpCode.Unaligned:
            case (ILOpCode)0xFE19:
                return OperandKind.Byte;
            case ILOpCode.Ldc_i4_s:
                return OperandKind.SByte;
            case ILOpCode.Ldarg or ILOpCode.Ldarga or ILOpCode.Starg or ILOpCode.Ldloc or ILOpCode.Ldloca or ILOpCode.Stloc:
                return OperandKind.UInt16;
            case ILOpCode.Ldc_i8 or ILOpCode.Ldc_r8:
                return OperandKind.Int64;
            case ILOpCode.Switch:
                return OperandKind.Switch;
            case ILOpCode.Ldc_i4 or ILOpCode.Ldc_r4 or ILOpCode.Jmp or ILOpCode.Call or ILOpCode.Calli or ILOpCode.Callvirt or ILOpCode.Cpobj
                or ILOpCode.Ldobj or ILOpCode.Ldstr or ILOpCode.Newobj or ILOpCode.Castclass or ILOpCode.Isinst or ILOpCode.Unbox or ILOpCode.Ldfld
                or ILOpCode.Ldflda or ILOpCode.Stfld or ILOpCode.Ldsfld or ILOpCode.Ldsflda or ILOpCode.Stsfld or ILOpCode.Stobj or ILOpCode.Box
                or ILOpCode.Newarr or ILOpCode.Ldelema or ILOpCode.Ldelem or ILOpCode.Stelem or ILOpCode.Unbox_any or ILOpCode.Refanyval
                or ILOpCode.Mkrefany or ILOpCode.Ldtoken or ILOpCode.Ldftn or ILOpCode.Ldvirtftn or ILOpCode.Initobj or ILOpCode.Constrained
                or ILOpCode.Sizeof:
                return OperandKind.Int32;
        }

        if (!code.IsBranch())
            return OperandKind.None;
        return code.GetBranchOperandSize() == 1 ? OperandKind.ShortBranch : OperandKind.Branch;
    }
}
