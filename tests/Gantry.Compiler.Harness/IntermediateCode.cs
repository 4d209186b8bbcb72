using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Gantry.Compiler.Harness;

/// <summary>An assembly written in IL, for the instructions and shapes Roslyn never emits; and what instructions an assembly has.</summary>
public static class IntermediateCode
{
    private static readonly (Type Type, string Name)[] Types = [(typeof(int), "int"), (typeof(long), "long"), (typeof(float), "float"), (typeof(double), "double")];

    private static readonly OpCode[] Binary =
    [
        OpCodes.Add, OpCodes.Sub, OpCodes.Mul, OpCodes.Div, OpCodes.Div_Un, OpCodes.Rem, OpCodes.Rem_Un, OpCodes.And, OpCodes.Or, OpCodes.Xor,
        OpCodes.Add_Ovf, OpCodes.Add_Ovf_Un, OpCodes.Sub_Ovf, OpCodes.Sub_Ovf_Un, OpCodes.Mul_Ovf, OpCodes.Mul_Ovf_Un,
    ];

    private static readonly OpCode[] Comparisons = [OpCodes.Ceq, OpCodes.Cgt, OpCodes.Cgt_Un, OpCodes.Clt, OpCodes.Clt_Un];

    private static readonly OpCode[] Branches =
    [
        OpCodes.Beq, OpCodes.Bne_Un, OpCodes.Bge, OpCodes.Bge_Un, OpCodes.Bgt, OpCodes.Bgt_Un, OpCodes.Ble, OpCodes.Ble_Un, OpCodes.Blt, OpCodes.Blt_Un,
        OpCodes.Beq_S, OpCodes.Bne_Un_S, OpCodes.Bge_S, OpCodes.Bge_Un_S, OpCodes.Bgt_S, OpCodes.Bgt_Un_S, OpCodes.Ble_S, OpCodes.Ble_Un_S, OpCodes.Blt_S, OpCodes.Blt_Un_S,
    ];

    private static readonly (OpCode Code, Type Result)[] Conversions =
    [
        (OpCodes.Conv_I1, typeof(int)), (OpCodes.Conv_U1, typeof(int)), (OpCodes.Conv_I2, typeof(int)), (OpCodes.Conv_U2, typeof(int)),
        (OpCodes.Conv_I4, typeof(int)), (OpCodes.Conv_U4, typeof(int)), (OpCodes.Conv_I8, typeof(long)), (OpCodes.Conv_U8, typeof(long)),
        (OpCodes.Conv_R4, typeof(float)), (OpCodes.Conv_R8, typeof(double)),
        (OpCodes.Conv_Ovf_I1, typeof(int)), (OpCodes.Conv_Ovf_U1, typeof(int)), (OpCodes.Conv_Ovf_I2, typeof(int)), (OpCodes.Conv_Ovf_U2, typeof(int)),
        (OpCodes.Conv_Ovf_I4, typeof(int)), (OpCodes.Conv_Ovf_U4, typeof(int)), (OpCodes.Conv_Ovf_I8, typeof(long)), (OpCodes.Conv_Ovf_U8, typeof(long)),
        (OpCodes.Conv_Ovf_I1_Un, typeof(int)), (OpCodes.Conv_Ovf_U1_Un, typeof(int)), (OpCodes.Conv_Ovf_I2_Un, typeof(int)), (OpCodes.Conv_Ovf_U2_Un, typeof(int)),
        (OpCodes.Conv_Ovf_I4_Un, typeof(int)), (OpCodes.Conv_Ovf_U4_Un, typeof(int)), (OpCodes.Conv_Ovf_I8_Un, typeof(long)), (OpCodes.Conv_Ovf_U8_Un, typeof(long)),
    ];

    /// <summary>Writes the assembly.</summary>
    /// <returns>Its path.</returns>
    public static string Write(string folder)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Odd"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("Odd").DefineType("Odd", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        Operators(type);
        Shapes(type);
        Elements(type);
        type.CreateType();
        string path = Path.Combine(folder, "Odd.dll");
        assembly.Save(path);
        return path;
    }

    /// <summary>The instructions that occur in an assembly's methods.</summary>
    public static HashSet<ILOpCode> OpCodesOf(string path) => [.. Instructions(path).Select(instruction => instruction.Code)];

    /// <summary>All instructions of an assembly; of operands only those of ldc.i8 are told.</summary>
    public static IEnumerable<(MethodDefinitionHandle Method, int Offset, ILOpCode Code, long Constant)> Instructions(string path)
    {
        using var pe = new PEReader(File.OpenRead(path));
        MetadataReader reader = pe.GetMetadataReader();
        foreach (MethodDefinitionHandle handle in reader.MethodDefinitions)
        {
            int rva = reader.GetMethodDefinition(handle).RelativeVirtualAddress;
            if (rva == 0) continue;
            BlobReader code = pe.GetMethodBody(rva).GetILReader();
            while (code.RemainingBytes > 0)
            {
                int offset = code.Offset, value = code.ReadByte();
                if (value == 0xFE) value = 0xFE00 | code.ReadByte();
                BlobReader operand = code;
                yield return (handle, offset, (ILOpCode)value, (ILOpCode)value == ILOpCode.Ldc_i8 ? operand.ReadInt64() : 0);
                code.Offset += OperandSize(AllOpCodes[(ILOpCode)value].OperandType, code);
            }
        }
    }

    /// <summary>All instructions of ECMA-335.</summary>
    public static IReadOnlyDictionary<ILOpCode, OpCode> AllOpCodes { get; } = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).Where(code => code.OpCodeType != OpCodeType.Nternal).ToDictionary(code => (ILOpCode)(ushort)code.Value);

    private static int OperandSize(OperandType type, BlobReader code) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (code.ReadInt32() * 4),
        _ => 4,
    };

    private static ILGenerator Define(TypeBuilder type, string name, Type result, params Type[] parameters)
    {
        MethodBuilder method = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, result, parameters);
        method.SetCustomAttribute(new CustomAttributeBuilder(typeof(WasmExportAttribute).GetConstructor([typeof(string)])!, ["il_" + name]));
        return method.GetILGenerator();
    }

    private static void Operators(TypeBuilder type)
    {
        foreach ((Type operand, string name) in Types)
        {
            bool real = operand == typeof(float) || operand == typeof(double);
            foreach (OpCode code in Binary.Concat(Comparisons))
            {
                // Integer-only instructions do not take floats.
                bool comparison = Comparisons.Contains(code);
                if (real && !comparison && code != OpCodes.Add && code != OpCodes.Sub && code != OpCodes.Mul && code != OpCodes.Div && code != OpCodes.Rem) continue;
                ILGenerator il = Define(type, $"{Clean(code)}_{name}", comparison ? typeof(int) : operand, operand, operand);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldarg_1);
                il.Emit(code);
                il.Emit(OpCodes.Ret);
            }

            foreach (OpCode code in Branches)
            {
                // Values lie below the operands on the stack while the branch is taken.
                ILGenerator il = Define(type, $"{Clean(code)}_{name}", typeof(int), operand, operand);
                Label taken = il.DefineLabel();
                il.Emit(OpCodes.Ldc_I4_S, (sbyte)100);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldarg_1);
                il.Emit(code, taken);
                il.Emit(OpCodes.Ldc_I4_7);
                il.Emit(OpCodes.Add);
                il.Emit(OpCodes.Ret);
                il.MarkLabel(taken);
                il.Emit(OpCodes.Ldc_I4_M1);
                il.Emit(OpCodes.Mul);
                il.Emit(OpCodes.Ret);
            }

            foreach ((OpCode code, Type result) in Conversions)
            {
                ILGenerator il = Define(type, $"{Clean(code)}_{name}", result, operand);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(code);
                il.Emit(OpCodes.Ret);
            }

            if (!real)
            {
                ILGenerator unsigned = Define(type, $"conv_r_un_{name}", typeof(double), operand);
                unsigned.Emit(OpCodes.Ldarg_0);
                unsigned.Emit(OpCodes.Conv_R_Un);
                unsigned.Emit(OpCodes.Conv_R8);
                unsigned.Emit(OpCodes.Ret);
                foreach (OpCode code in new[] { OpCodes.Shl, OpCodes.Shr, OpCodes.Shr_Un })
                {
                    // ECMA-335 leaves counts beyond the width open: mask as C# does.
                    ILGenerator il = Define(type, $"{Clean(code)}_{name}", operand, operand, typeof(int));
                    il.Emit(OpCodes.Ldarg_0);
                    il.Emit(OpCodes.Ldarg_1);
                    il.Emit(OpCodes.Ldc_I4_S, (sbyte)(operand == typeof(int) ? 31 : 63));
                    il.Emit(OpCodes.And);
                    il.Emit(code);
                    il.Emit(OpCodes.Ret);
                }
            }
            else
            {
                ILGenerator il = Define(type, $"ckfinite_{name}", operand, operand);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ckfinite);
                il.Emit(OpCodes.Ret);
            }

            foreach (OpCode code in real ? [OpCodes.Neg] : new[] { OpCodes.Neg, OpCodes.Not })
            {
                ILGenerator il = Define(type, $"{Clean(code)}_{name}", operand, operand);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(code);
                il.Emit(OpCodes.Ret);
            }
        }
    }

    private static void Shapes(TypeBuilder type)
    {
        ILGenerator il = Define(type, "dup_chain", typeof(int), typeof(int));
        il.Emit(OpCodes.Ldarg, (short)0);
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Nop);
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Pop);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Ret);

        // Two hundred and more locals and arguments in their long forms.
        il = Define(type, "long_forms", typeof(long), [.. Enumerable.Repeat(typeof(int), 6)]);
        for (int i = 0; i < 300; i++) il.DeclareLocal(typeof(int));
        for (short i = 0; i < 300; i++)
        {
            il.Emit(OpCodes.Ldarg, (short)(i % 6));
            il.Emit(OpCodes.Ldc_I4, i * 1000003);
            il.Emit(OpCodes.Xor);
            il.Emit(OpCodes.Stloc, i);
        }

        il.Emit(OpCodes.Ldloca, (short)299);
        il.Emit(OpCodes.Ldind_I4);
        il.Emit(OpCodes.Starg, (short)3);
        il.Emit(OpCodes.Ldarga, (short)3);
        il.Emit(OpCodes.Ldind_U4);
        il.Emit(OpCodes.Conv_U8);
        il.Emit(OpCodes.Ldloc, (short)257);
        il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Ldc_I8, 0x123456789L);
        il.Emit(OpCodes.Mul);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ret);

        // A switch with a value below its operand; both it and its default join with two values on the stack.
        il = Define(type, "switch_stack", typeof(int), typeof(int), typeof(int));
        Label[] cases = [il.DefineLabel(), il.DefineLabel(), il.DefineLabel()];
        Label join = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Switch, cases);
        il.Emit(OpCodes.Ldc_I4_5);
        il.Emit(OpCodes.Br, join);
        il.MarkLabel(cases[1]);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Br_S, join);
        il.MarkLabel(cases[0]);
        il.MarkLabel(cases[2]);
        il.Emit(OpCodes.Ldc_I4, -77);
        il.MarkLabel(join);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Ret);

        il = Define(type, "blocks", typeof(long), typeof(int), typeof(int));
        LocalBuilder p = il.DeclareLocal(typeof(byte*));
        il.Emit(OpCodes.Ldc_I4, 64);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Localloc);
        il.Emit(OpCodes.Stloc, p);
        Pointer(il, p, 0);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, 64);
        il.Emit(OpCodes.Initblk);
        Pointer(il, p, 5);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Unaligned, (byte)1);
        il.Emit(OpCodes.Volatile);
        il.Emit(OpCodes.Stind_I4);
        Pointer(il, p, 21);
        Pointer(il, p, 3);
        il.Emit(OpCodes.Ldc_I4, 13);
        il.Emit(OpCodes.Unaligned, (byte)1);
        il.Emit(OpCodes.Cpblk);
        Pointer(il, p, 40);
        Pointer(il, p, 22);
        il.Emit(OpCodes.Cpobj, typeof(long));
        Pointer(il, p, 48);
        Pointer(il, p, 24);
        il.Emit(OpCodes.Unaligned, (byte)1);
        il.Emit(OpCodes.Ldobj, typeof(long));
        il.Emit(OpCodes.Stobj, typeof(long));
        Pointer(il, p, 51);
        il.Emit(OpCodes.Initobj, typeof(short));
        Pointer(il, p, 40);
        il.Emit(OpCodes.Ldind_I8);
        Pointer(il, p, 46);
        il.Emit(OpCodes.Ldind_I8);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Sizeof, typeof(decimal));
        il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ret);

        // Native integers mix with int32 on the stack.
        il = Define(type, "native", typeof(int), typeof(int), typeof(int));
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Conv_I);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Ldc_I4_3);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Xor);
        il.Emit(OpCodes.Conv_I4);
        il.Emit(OpCodes.Ret);

        MethodBuilder callee = type.DefineMethod("Callee", MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int), typeof(int)]);
        ILGenerator inner = callee.GetILGenerator();
        inner.Emit(OpCodes.Ldarg_0);
        inner.Emit(OpCodes.Ldarg_1);
        inner.Emit(OpCodes.Sub);
        inner.Emit(OpCodes.Ret);
        il = Define(type, "calls", typeof(int), typeof(int), typeof(int));
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldftn, callee);
        il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, typeof(int), [typeof(int), typeof(int)], null);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Tailcall);
        il.Emit(OpCodes.Call, callee);
        il.Emit(OpCodes.Ret);

        // Leaves out of two protected regions, into code before them.
        il = Define(type, "leaves", typeof(int), typeof(int));
        LocalBuilder sum = il.DeclareLocal(typeof(int));
        Label again = il.DefineLabel();
        Label end = il.DefineLabel();
        il.MarkLabel(again);
        Bump(il, sum, 1);
        il.BeginExceptionBlock();
        il.BeginExceptionBlock();
        il.Emit(OpCodes.Ldloc, sum);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, 255);
        il.Emit(OpCodes.And);
        Label over = il.DefineLabel();
        il.Emit(OpCodes.Bgt, over);
        il.Emit(OpCodes.Leave, again);
        il.MarkLabel(over);
        il.Emit(OpCodes.Leave, end);
        il.BeginFinallyBlock();
        Bump(il, sum, 10);
        il.EndExceptionBlock();
        il.BeginFinallyBlock();
        Bump(il, sum, 100);
        il.EndExceptionBlock();
        il.MarkLabel(end);
        il.Emit(OpCodes.Ldloc, sum);
        il.Emit(OpCodes.Ret);

        il = Define(type, "arrays", typeof(int), typeof(int), typeof(int));
        il.Emit(OpCodes.Ldc_I4_4);
        il.Emit(OpCodes.Newarr, typeof(int));
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4_3);
        il.Emit(OpCodes.And);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Stelem, typeof(int));
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Readonly);
        il.Emit(OpCodes.Ldelema, typeof(int));
        il.Emit(OpCodes.Ldind_I4);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, il.DeclareLocal(typeof(int)));
        il.Emit(OpCodes.Ldc_I4_2);
        il.Emit(OpCodes.Ldelem, typeof(int));
        il.Emit(OpCodes.Ldloc_0);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Ret);
    }

    // Elements of arrays and what pointers point to, in the forms that carry the type in the opcode.
    private static void Elements(TypeBuilder type)
    {
        (string Name, Type Element, Type Operand, OpCode Store, OpCode Load, OpCode StoreTo, OpCode LoadFrom)[] forms =
        [
            ("i1", typeof(sbyte), typeof(int), OpCodes.Stelem_I1, OpCodes.Ldelem_I1, OpCodes.Stind_I1, OpCodes.Ldind_I1),
            ("u1", typeof(byte), typeof(int), OpCodes.Stelem_I1, OpCodes.Ldelem_U1, OpCodes.Stind_I1, OpCodes.Ldind_U1),
            ("i2", typeof(short), typeof(int), OpCodes.Stelem_I2, OpCodes.Ldelem_I2, OpCodes.Stind_I2, OpCodes.Ldind_I2),
            ("u2", typeof(ushort), typeof(int), OpCodes.Stelem_I2, OpCodes.Ldelem_U2, OpCodes.Stind_I2, OpCodes.Ldind_U2),
            ("i4", typeof(int), typeof(int), OpCodes.Stelem_I4, OpCodes.Ldelem_I4, OpCodes.Stind_I4, OpCodes.Ldind_I4),
            ("u4", typeof(uint), typeof(int), OpCodes.Stelem_I4, OpCodes.Ldelem_U4, OpCodes.Stind_I4, OpCodes.Ldind_U4),
            ("i8", typeof(long), typeof(long), OpCodes.Stelem_I8, OpCodes.Ldelem_I8, OpCodes.Stind_I8, OpCodes.Ldind_I8),
            ("i", typeof(nint), typeof(int), OpCodes.Stelem_I, OpCodes.Ldelem_I, OpCodes.Stind_I, OpCodes.Ldind_I),
            ("r4", typeof(float), typeof(float), OpCodes.Stelem_R4, OpCodes.Ldelem_R4, OpCodes.Stind_R4, OpCodes.Ldind_R4),
            ("r8", typeof(double), typeof(double), OpCodes.Stelem_R8, OpCodes.Ldelem_R8, OpCodes.Stind_R8, OpCodes.Ldind_R8),
        ];
        foreach (var form in forms)
        {
            // One element by its opcode, its neighbour through its address; indexes beyond 0 to 3 trap.
            ILGenerator il = Define(type, "element_" + form.Name, form.Operand, typeof(int), form.Operand);
            LocalBuilder array = il.DeclareLocal(form.Element.MakeArrayType());
            il.Emit(OpCodes.Ldc_I4_4);
            il.Emit(OpCodes.Newarr, form.Element);
            il.Emit(OpCodes.Stloc, array);
            il.Emit(OpCodes.Ldloc, array);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg_1);
            if (form.Name == "i") il.Emit(OpCodes.Conv_I);
            il.Emit(form.Store);
            il.Emit(OpCodes.Ldloc, array);
            il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Ldelema, form.Element);
            il.Emit(OpCodes.Ldarg_1);
            if (form.Name == "i") il.Emit(OpCodes.Conv_I);
            il.Emit(form.StoreTo);
            il.Emit(OpCodes.Ldloc, array);
            il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Ldelema, form.Element);
            il.Emit(form.LoadFrom);
            il.Emit(OpCodes.Ldloc, array);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(form.Load);
            il.Emit(OpCodes.Add);
            if (form.Name == "i") il.Emit(OpCodes.Conv_I4);
            il.Emit(OpCodes.Ret);
        }

        ILGenerator refs = Define(type, "element_ref", typeof(int), typeof(int));
        LocalBuilder objects = refs.DeclareLocal(typeof(int[][]));
        refs.Emit(OpCodes.Ldc_I4_2);
        refs.Emit(OpCodes.Newarr, typeof(int[]));
        refs.Emit(OpCodes.Stloc, objects);
        refs.Emit(OpCodes.Ldloc, objects);
        refs.Emit(OpCodes.Ldc_I4_0);
        refs.Emit(OpCodes.Ldc_I4_3);
        refs.Emit(OpCodes.Newarr, typeof(int));
        refs.Emit(OpCodes.Stelem_Ref);
        refs.Emit(OpCodes.Ldloc, objects);
        refs.Emit(OpCodes.Ldc_I4_1);
        refs.Emit(OpCodes.Ldelema, typeof(int[]));
        refs.Emit(OpCodes.Ldloc, objects);
        refs.Emit(OpCodes.Ldc_I4_0);
        refs.Emit(OpCodes.Ldelema, typeof(int[]));
        refs.Emit(OpCodes.Ldind_Ref);
        refs.Emit(OpCodes.Stind_Ref);
        refs.Emit(OpCodes.Ldloc, objects);
        refs.Emit(OpCodes.Ldarg_0);
        refs.Emit(OpCodes.Ldelem_Ref);
        refs.Emit(OpCodes.Ldlen);
        refs.Emit(OpCodes.Conv_I4);
        refs.Emit(OpCodes.Ret);

        foreach ((Type operand, string name) in Types)
        {
            // Native integers have 64 bits on CoreCLR, 32 here: there the instruction for 32 bits tells what is right.
            foreach ((OpCode code, OpCode oracle) in new[]
            {
                (OpCodes.Conv_Ovf_I, OpCodes.Conv_Ovf_I4), (OpCodes.Conv_Ovf_U, OpCodes.Conv_Ovf_U4),
                (OpCodes.Conv_Ovf_I_Un, OpCodes.Conv_Ovf_I4_Un), (OpCodes.Conv_Ovf_U_Un, OpCodes.Conv_Ovf_U4_Un),
            })
            {
                ILGenerator il = Define(type, $"{Clean(code)}_{name}", typeof(int), operand);
                Label native = il.DefineLabel();
                il.Emit(OpCodes.Call, typeof(WasmTarget).GetProperty(nameof(WasmTarget.IsWebAssembly))!.GetMethod!);
                il.Emit(OpCodes.Brtrue, native);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(oracle);
                il.Emit(OpCodes.Ret);
                il.MarkLabel(native);
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(code);
                il.Emit(OpCodes.Conv_I4);
                il.Emit(OpCodes.Ret);
            }
        }

        foreach ((OpCode code, Type result) in Conversions.Where(entry => entry.Code.Name!.StartsWith("conv.ovf", StringComparison.Ordinal)))
        {
            // From a native integer, made from 32 bits in the way that gives both widths the same number.
            ILGenerator il = Define(type, $"{Clean(code)}_native", result, typeof(int));
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(code.Name!.EndsWith(".un", StringComparison.Ordinal) ? OpCodes.Conv_U : OpCodes.Conv_I);
            il.Emit(code);
            il.Emit(OpCodes.Ret);
        }

        foreach ((Type operand, string name) in Types.Where(entry => entry.Type == typeof(int) || entry.Type == typeof(long)))
        {
            foreach (OpCode code in new[] { OpCodes.Brtrue, OpCodes.Brfalse, OpCodes.Brtrue_S, OpCodes.Brfalse_S })
            {
                ILGenerator il = Define(type, $"{Clean(code)}_{name}", typeof(int), operand);
                Label taken = il.DefineLabel();
                il.Emit(OpCodes.Ldarg_0);
                il.Emit(code, taken);
                il.Emit(OpCodes.Ldc_I4_1);
                il.Emit(OpCodes.Ret);
                il.MarkLabel(taken);
                il.Emit(OpCodes.Ldc_I4_2);
                il.Emit(OpCodes.Ret);
            }
        }
    }

    private static void Pointer(ILGenerator il, LocalBuilder pointer, int offset)
    {
        il.Emit(OpCodes.Ldloc, pointer);
        il.Emit(OpCodes.Ldc_I4, offset);
        il.Emit(OpCodes.Add);
    }

    private static void Bump(ILGenerator il, LocalBuilder sum, int amount)
    {
        il.Emit(OpCodes.Ldloc, sum);
        il.Emit(OpCodes.Ldc_I4, amount);
        il.Emit(OpCodes.Add);
        il.Emit(OpCodes.Stloc, sum);
    }

    private static string Clean(OpCode code) => code.Name!.Replace('.', '_');
}
